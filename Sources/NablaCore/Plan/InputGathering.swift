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

    /// Whether products copy the next block's inputs, by `copyAhead`.
    @inline(__always)
    var areCopiedAhead: Bool { gathering?.ahead != nil }

    /// Gives `body` what that member of the team is still to copy of the next block's inputs; it returns how
    /// many rows it copied.
    @inline(__always)
    func copyAhead(as member: Int, _ body: (RowCopies<S>) -> Int) {
        gathering?.copyAhead(as: member, body)
    }
}

/// Copies samples' inputs from where they lie into consecutive rows.
///
/// Each member of a team copies all of them for itself. Were each to copy a share for all, it would
/// overwrite what the other one's caches hold and read what they have just written: where processors
/// share no cache, that takes several times as long as copying twice.
///
/// Samples in a random order are in no cache: each is asked for a few rows ahead of its turn, where it
/// wasn't copied before; see `CopiedAhead`.
struct InputGathering<S: Real>: PartedWork {
    private let source: SampleSource<S>
    private let inputs: UnsafePointer<S>
    /// The position of the first row's sample.
    private let first: Int
    /// How many rows: n.
    private let count: Int
    /// The leader's memory: for (n, i), or twice that, `stride` apart, where samples are copied ahead.
    private let target: UnsafeMutablePointer<S>
    /// The other members' memory, as much for each.
    private let copies: UnsafeMutablePointer<S>?
    private let stride: Int
    fileprivate let ahead: CopyingAhead?
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
        into target: UnsafeMutablePointer<S>, copies: UnsafeMutablePointer<S>?, stride: Int,
        _ team: Team?, ahead: CopyingAhead?
    ) {
        (self.source, self.inputs) = (source, inputs)
        (first, count) = (positions.lowerBound, positions.count)
        (self.target, self.copies, self.stride) = (target, copies, stride)
        self.ahead = ahead
        let team = copies == nil ? nil : team
        unmanaged = team.map(Unmanaged.passUnretained)
        batch = team?.beginBatch() ?? 0
    }

    /// Copies the inputs, for all members of the team that are there.
    func run() -> BatchInputs<S> {
        if let team {
            run(parts: team.members, team)
        } else {
            copyRest(into: target, as: 0)
        }
        return BatchInputs(self)
    }

    func run(part: Int, as member: Int) { _ = rows(for: member) }

    /// The member's copy, made now where it isn't there: (n, i).
    fileprivate func rows(for member: Int) -> UnsafePointer<S> {
        let own = memory(of: member)
        if let team, team.beginsCopy(of: batch, as: member) {
            copyRest(into: own, as: member, of: team.members)
        }
        return UnsafePointer(isSecond(member) ? own + stride : own)
    }

    /// What the member has for copies.
    private func memory(of member: Int) -> UnsafeMutablePointer<S> {
        guard member > 0, let copies else { return target }
        return copies + (member &- 1) &* (ahead == nil ? stride : 2 &* stride)
    }

    private func isSecond(_ member: Int) -> Bool {
        ahead.map { CopiedAhead.place(of: member, in: $0.copied).pointee.isSecond } ?? false
    }

    /// Copies what the member hasn't copied ahead, to its memory.
    private func copyRest(
        into own: UnsafeMutablePointer<S>, as member: Int, of members: Int = 1
    ) {
        var known = 0
        if let ahead {
            known = CopiedAhead.place(of: member, in: ahead.copied).pointee
                .begin(first..<first &+ count, of: ahead.epoch, next: ahead.next)
        }
        let target = isSecond(member) ? own + stride : own
        // Each from another row on, so that no two ask for the same sample at a time.
        let first = known &+ member &* (count &- known) / members
        copy(first..<count, into: target)
        copy(known..<first, into: target)
    }

    /// See `BatchInputs.copyAhead`.
    @inline(__always)
    fileprivate func copyAhead(as member: Int, _ body: (RowCopies<S>) -> Int) {
        guard let ahead else { return }
        let copied = CopiedAhead.place(of: member, in: ahead.copied)
        let own = memory(of: member)
        copied.pointee.copy(source, to: copied.pointee.isSecond ? own : own + stride, body)
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
