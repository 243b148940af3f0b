import CProcessor

/// Copies samples' inputs from where they lie into consecutive rows.
///
/// Samples in a random order are in no cache: each is asked for a few rows ahead of its turn.
struct InputGathering<S: Real>: PartedWork {
    let source: SampleSource<S>
    let inputs: UnsafePointer<S>
    /// The position of the first row's sample.
    let first: Int
    /// How many rows.
    let count: Int
    /// (count, i).
    let target: UnsafeMutablePointer<S>
    /// Rows of a part.
    private let rowsOfPart: Int

    /// Numbers below which the work isn't shared: handing it over would take as long.
    private static var fewest: Int { 1 << 13 }
    /// How many rows ahead of its turn a sample is asked for.
    private static var lead: Int { 4 }
    /// How many bytes are asked for, and copied, at a time.
    private static var piece: Int { 512 }
    private static var cacheLine: Int { 64 }

    /// Copies the inputs of samples at `positions` to `target`, with the team if it is worth it.
    static func run(
        _ source: SampleSource<S>, _ inputs: UnsafePointer<S>, at positions: Range<Int>,
        into target: UnsafeMutablePointer<S>, _ team: Team?
    ) {
        let count = positions.count
        let isShared = count &* source.inputWidth >= fewest
        let parts = isShared ? team?.members ?? 1 : 1
        InputGathering(
            source: source, inputs: inputs, first: positions.lowerBound, count: count,
            target: target, rowsOfPart: (count &+ parts &- 1) / parts
        ).run(parts: parts, team)
    }

    func run(part: Int) {
        let width = source.inputWidth
        let bytes = width &* MemoryLayout<S>.stride
        let end = min((part &+ 1) &* rowsOfPart, count)
        for row in min(part &* rowsOfPart, count)..<end {
            let to = UnsafeMutableRawPointer(target + row &* width)
            let from = UnsafeRawPointer(numbers(at: row))
            let next = UnsafeRawPointer(numbers(at: min(row &+ InputGathering.lead, end &- 1)))
            var byte = 0
            while byte < bytes {
                let length = min(InputGathering.piece, bytes &- byte)
                var line = 0
                while line < length {
                    nabla_prefetch(next + (byte &+ line))
                    line &+= InputGathering.cacheLine
                }
                (to + byte).copyMemory(from: from + byte, byteCount: length)
                byte &+= length
            }
        }
    }

    @inline(__always)
    private func numbers(at row: Int) -> UnsafePointer<S> {
        inputs + source.sample(at: first &+ row) &* source.inputWidth
    }
}
