import CProcessor

/// The inputs of a batch, for whoever reads them.
struct BatchInputs<S: Real> {
    /// (n, i).
    let rows: UnsafePointer<S>
    /// Where each member of a team has a copy of its own.
    private let gathering: InputGathering<S>?
    /// Not counted as a reference, since a pass is over before its team.
    private let unmanaged: Unmanaged<Team>?

    /// Who shares a layer's work.
    @inline(__always)
    var team: Team? { unmanaged?._withUnsafeGuaranteedRef { $0 } }

    /// Inputs that all read where they are.
    init(rows: UnsafePointer<S>, team: Team?) {
        self.rows = rows
        unmanaged = team.map(Unmanaged.passUnretained)
        gathering = nil
    }

    /// Inputs that each member of a team copies before it reads them.
    fileprivate init(_ gathering: InputGathering<S>) {
        rows = gathering.rows(for: 0)
        unmanaged = gathering.unmanaged
        self.gathering = gathering
    }

    /// The inputs as that member of the team has them: (n, i).
    @inline(__always)
    func rows(for member: Int) -> UnsafePointer<S> {
        member == 0 ? rows : gathering?.rows(for: member) ?? rows
    }
}

/// Copies samples' inputs from where they lie into consecutive rows.
///
/// Each member of a team copies all of them for itself. Were each to copy a share for all, it would
/// overwrite what the other one's caches hold and read what they have just written: where processors
/// share no cache, that takes several times as long as copying twice.
///
/// Samples in a random order are in no cache: each is asked for a few rows ahead of its turn.
struct InputGathering<S: Real>: PartedWork {
    private let source: SampleSource<S>
    private let inputs: UnsafePointer<S>
    /// The position of the first row's sample.
    private let first: Int
    /// How many rows: n.
    private let count: Int
    /// The leader's copy: (n, i).
    private let target: UnsafeMutablePointer<S>
    /// The other members' copies: (members − 1, n, i).
    private let copies: UnsafeMutablePointer<S>?
    /// What the team calls the batch.
    private let batch: Int
    fileprivate let unmanaged: Unmanaged<Team>?

    private var team: Team? { unmanaged?._withUnsafeGuaranteedRef { $0 } }

    /// How many rows ahead of its turn a sample is asked for.
    private static var lead: Int { 4 }
    /// How many bytes are asked for, and copied, at a time.
    private static var piece: Int { 2048 }
    private static var cacheLine: Int { 64 }

    /// Prepares copying the inputs of samples at `positions`.
    init(
        _ source: SampleSource<S>, _ inputs: UnsafePointer<S>, at positions: Range<Int>,
        into target: UnsafeMutablePointer<S>, copies: UnsafeMutablePointer<S>?, _ team: Team?
    ) {
        (self.source, self.inputs) = (source, inputs)
        (first, count) = (positions.lowerBound, positions.count)
        (self.target, self.copies) = (target, copies)
        let team = copies == nil ? nil : team
        unmanaged = team.map(Unmanaged.passUnretained)
        batch = team?.beginBatch() ?? 0
    }

    /// Copies the inputs, for all members of the team that are there.
    func run() -> BatchInputs<S> {
        guard let team else {
            copy(0..<count, into: target)
            return BatchInputs(rows: target, team: nil)
        }
        run(parts: team.members, team)
        return BatchInputs(self)
    }

    func run(part: Int, as member: Int) { _ = rows(for: member) }

    /// The member's copy, made now where it isn't there: (n, i).
    fileprivate func rows(for member: Int) -> UnsafePointer<S> {
        var own = target
        if member > 0, let copies {
            own = copies + (member &- 1) &* count &* source.inputWidth
        }
        if let team, team.beginsCopy(of: batch, as: member) {
            // Each from another row on, so that no two ask for the same sample at a time.
            let first = member &* count / team.members
            copy(first..<count, into: own)
            copy(0..<first, into: own)
        }
        return UnsafePointer(own)
    }

    private func copy(_ rows: Range<Int>, into target: UnsafeMutablePointer<S>) {
        let width = source.inputWidth
        let bytes = width &* MemoryLayout<S>.stride
        for row in rows {
            let to = UnsafeMutableRawPointer(target + row &* width)
            let from = UnsafeRawPointer(numbers(at: row))
            let ahead = min(row &+ InputGathering.lead, rows.upperBound &- 1)
            let next = UnsafeRawPointer(numbers(at: ahead))
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
