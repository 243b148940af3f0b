/// The sums of the shards' gradients, in the first shard's place, given to a sink piece after piece.
struct ShardSums<S: Real, Sink: GradientSink<S>>: PartedWork {
    /// Numbers that stay in an innermost cache until all shards are added and the sink has them.
    private static var piece: Int { 1 << 11 }
    /// The parts of a member: some, since it may lose its processor at any time.
    private static var partsOfMember: Int { 4 }

    /// P numbers of each shard.
    let gradients: UnsafeMutablePointer<S>
    /// How far those of two shards are apart.
    let stride: Int
    let shards: Int
    /// P.
    let count: Int
    /// How many parts there are.
    let parts: Int
    let sink: Sink
    /// Set where the sink refused a part.
    let refusals: UnsafeMutablePointer<Bool>

    /// How many parts P numbers have for so many threads.
    static func parts(of count: Int, members: Int) -> Int {
        min((count + piece - 1) / piece, members * partsOfMember, Team.mostParts)
    }

    func run(part: Int, as member: Int) {
        let pieces = (count + Self.piece - 1) / Self.piece
        for piece in pieces * part / parts..<pieces * (part + 1) / parts {
            let start = piece * Self.piece
            let range = start..<min(start + Self.piece, count)
            let sum = gradients + start
            for shard in 1..<shards { _ = S.add(sum + shard * stride, to: sum, count: range.count) }
            if !sink.apart(from: start).take(range) { refusals[part] = true }
        }
    }
}
