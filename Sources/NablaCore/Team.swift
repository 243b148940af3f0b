import CProcessor
import Glibc
import Synchronization

/// Work cut into parts that may run at the same time.
protocol PartedWork {
    /// Does one of them, as that member of the team; 0 is its leader, or whoever works alone.
    func run(part: Int, as member: Int)
}

/// Threads that do the parts of one piece of work after another, and spin in between.
///
/// For steps so short that waking a thread for each would take longer than the step. The leader
/// never depends on the others: it takes whatever part nobody else has begun. A member takes the same
/// parts each time if it can, so that what they read stays in its caches. It takes them one by one,
/// since it may lose its processor at any time and the leader would have to wait for all of them.
/// Members are numbered, and those whose number is beyond the parts' take none: so each part can have
/// memory by its member's number, and there need be no more of it than of parts.
///
/// Unchecked because the task changes. It is safe: the leader alone writes it, before it publishes
/// the parts; a member reads it once it has claimed a part, and until that part is done the leader
/// waits.
final class Team: @unchecked Sendable {
    /// The most parts of a piece of work.
    static var mostParts: Int { 32 }
    /// How often a member looks while there is no work before it leaves: some hundred microseconds.
    private static var patience: Int { 10_000 }
    /// After so many looks in vain a thread lets others have the processor.
    private static var looksBetweenYields: Int { 64 }

    private struct Task {
        let work: UnsafeRawPointer
        let run: (UnsafeRawPointer, _ part: Int, _ member: Int) -> Void
    }

    /// How many threads there are, with the leader.
    let members: Int
    private var task: Task?
    /// The parts claimed, a bit each; above them how many parts there are, and whether it has ended.
    private let state = Atomic<UInt64>(0)
    /// How many parts members other than the leader have done, of all pieces of work.
    private let done: UnsafeMutablePointer<Atomic<Int>>
    /// How many of them the leader has waited for.
    private var awaited = 0
    /// Counts the batches whose inputs are copied.
    private var batches = 0
    /// The last batch that each member has copied; a member touches its own number alone.
    private let copied: UnsafeMutablePointer<Int>

    /// Numbers of two cache lines, so that no two members write to the same.
    private static var lineLength: Int { 16 }
    private static var endBit: UInt64 { 1 << 63 }

    init(members: Int) {
        self.members = members
        // Each is apart from what the leader writes, by the size of an allocation's header and more.
        done = .allocate(capacity: Team.lineLength)
        done.initialize(to: Atomic(0))
        copied = .allocate(capacity: members * Team.lineLength)
        copied.initialize(repeating: 0, count: members * Team.lineLength)
    }

    deinit {
        done.deinitialize(count: 1)
        done.deallocate()
        copied.deallocate()
    }

    /// Counts another batch, whose inputs no member has copied yet; called by the leader alone.
    func beginBatch() -> Int {
        batches &+= 1
        return batches
    }

    /// Whether the member, which asks, is still to copy the batch's inputs; it takes that upon itself.
    func beginsCopy(of batch: Int, as member: Int) -> Bool {
        let last = copied + member &* Team.lineLength
        guard last.pointee != batch else { return false }
        last.pointee = batch
        return true
    }

    /// Does all parts, and returns when they are done; called by the leader alone.
    ///
    /// - Parameters:
    ///   - work: What is done.
    ///   - parts: How many parts it has, up to `mostParts`.
    func run<Work: PartedWork>(_ work: Work, parts: Int) {
        withUnsafePointer(to: work) { pointer in
            task = Task(work: UnsafeRawPointer(pointer)) { work, part, member in
                work.assumingMemoryBound(to: Work.self).pointee.run(part: part, as: member)
            }
            let usual = usualParts(of: 0)
            state.store(UInt64(parts) << 32, ordering: .releasing)
            var others = parts
            while let part = claim(usual, as: 0) {
                run(part: part, as: 0)
                others -= 1
            }
            awaited &+= others
            var looks = 0
            while done.pointee.load(ordering: .acquiring) != awaited { Team.wait(&looks) }
            state.store(0, ordering: .relaxed)
        }
    }

    /// Tells the members that nothing more comes.
    func end() { state.store(Team.endBit, ordering: .releasing) }

    /// Does parts as a member other than the leader, until the end, until none came for long or until
    /// it is wanted elsewhere.
    func help(as member: Int, unless isWantedElsewhere: () -> Bool) {
        let usual = usualParts(of: member)
        var (looks, vain) = (0, 0)
        while vain < Team.patience, !isWantedElsewhere() {
            if let part = claim(usual, as: member) {
                run(part: part, as: member)
                done.pointee.add(1, ordering: .releasing)
                vain = 0
                continue
            }
            let current = state.load(ordering: .relaxed)
            if current == Team.endBit { return }
            // It isn't in vain while others are at their parts, which may be long.
            vain = current == 0 ? vain &+ 1 : 0
            Team.wait(&looks)
        }
    }

    private func run(part: Int, as member: Int) {
        if let task { task.run(task.work, part, member) }
    }

    /// Claims a part that nobody has begun, a usual one of whoever asks if there is one.
    private func claim(_ usual: UInt64, as member: Int) -> Int? {
        var current = state.load(ordering: .acquiring)
        while current != Team.endBit {
            let count = current >> 32
            let free = ~current & ((1 << count) - 1)
            guard free != 0, member < count else { return nil }
            let part = (free & usual != 0 ? free & usual : free).trailingZeroBitCount
            let (isClaimed, seen) = state.weakCompareExchange(
                expected: current, desired: current | 1 << UInt64(part),
                successOrdering: .acquiring, failureOrdering: .acquiring)
            if isClaimed { return part }
            current = seen
        }
        return nil
    }

    /// The parts a member takes first: each `members`th.
    private func usualParts(of member: Int) -> UInt64 {
        var mask: UInt64 = 0
        for part in stride(from: member, to: Team.mostParts, by: members) {
            mask |= 1 << UInt64(part)
        }
        return mask
    }

    private static func wait(_ looks: inout Int) {
        nabla_pause()
        looks += 1
        if looks % looksBetweenYields == 0 { sched_yield() }
    }
}

extension PartedWork {
    /// Does all parts: with the team, or one after another where there is none.
    @inline(__always)
    func run(parts: Int, _ team: Team?) {
        guard let team, parts > 1 else {
            for part in 0..<parts { run(part: part, as: 0) }
            return
        }
        team.run(self, parts: parts)
    }
}

extension ShardRunner {
    /// Calls `lead`, once, with a team as large as there are threads and parts of work for them; with
    /// nil for a single one.
    func withTeam(of parts: Int, _ lead: (Team?) -> Void) {
        let members = min(threads, parts)
        guard members > 1 else { return lead(nil) }
        let team = Team(members: members)
        withoutActuallyEscaping(lead) { lead in
            let lead = SharedByShards(value: lead)
            run(members) { member in
                if member == 0 {
                    lead.value(team)
                    team.end()
                } else {
                    team.help(as: member, unless: isWantedElsewhere)
                }
            }
        }
    }
}
