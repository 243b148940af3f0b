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
/// For steps so short that waking a thread for each would take longer than the step. A member has the
/// same parts each time, every `members`th, so that what they read and write stays in its caches. It
/// takes them one by one, since it may lose its processor at any time, and the leader never depends on
/// one that has: it takes whatever part nobody has begun, at once while the member it belongs to is
/// away, and else after a moment, in which it is mostly done and which costs less than bringing what
/// it needs from one processor's caches to another's and back.
///
/// Where processors share no cache, a line that one wrote and another reads takes longer than a
/// hundred multiplications of vectors. So what the leader publishes is one line, which members
/// read; and what is known of a member's parts is one line, which it writes alone as a rule, and the
/// leader reads when it has done its own.
///
/// Unchecked because the task changes. It is safe: the leader alone writes it, before it publishes
/// the parts; a member reads it once it has claimed a part, and until that part is done the leader
/// waits.
final class Team: @unchecked Sendable {
    /// The most parts of a piece of work.
    static var mostParts: Int { 32 }
    /// How often a member looks in vain before it leaves: some hundred microseconds.
    private static var patience: Int { 10_000 }
    /// After so many looks in vain a thread lets others have the processor.
    private static var looksBetweenYields: Int { 64 }
    /// How often a thread looks in vain before it takes what belongs to another: some ten microseconds.
    private static var looksBeforeTaking: Int { 2_000 }

    private struct Task {
        let work: UnsafeRawPointer
        let run: (UnsafeRawPointer, _ part: Int, _ member: Int) -> Void
    }

    /// What the leader publishes.
    private struct Board: ~Copyable {
        var task: Task?
        /// The number of the piece of work, from 1, and how many parts it has; or that nothing more comes.
        let work = Atomic<UInt64>(0)
    }

    /// What is known of a member's parts.
    private struct Desk: ~Copyable {
        /// The piece of work, and how many of the member's parts of it are claimed, by whomever.
        let claimed = Atomic<UInt64>(0)
        /// How many parts the member has done, of all pieces of work, its own or others'.
        let done = Atomic<Int>(0)
        /// The last batch that the member has copied; it touches that alone.
        var copied = 0
    }

    /// How many threads there are, with the leader.
    let members: Int
    private let memory: UnsafeMutableRawPointer
    /// The number of the piece of work, of the leader alone.
    private var work: UInt64 = 0
    /// How many parts the leader has seen each member do; its own it doesn't count there.
    private let seen: UnsafeMutablePointer<Int>
    /// Members that have done nothing since the leader had to take a part of theirs, a bit each.
    private var away: UInt64 = .max
    /// Counts the batches whose inputs are copied.
    private var batches = 0

    /// Two cache lines, so that no two threads write to the same, and a processor that fetches pairs of
    /// lines doesn't fetch another's.
    private static var lineLength: Int { 128 }
    private static var end: UInt64 { .max }
    /// The bits of a count of parts, below the number of a piece of work.
    private static var countBits: Int { 6 }
    private static var countMask: UInt64 { (1 << countBits) - 1 }

    init(members: Int) {
        self.members = members
        memory = .allocate(
            byteCount: (1 + members) * Team.lineLength, alignment: Team.lineLength)
        seen = .allocate(capacity: members)
        seen.initialize(repeating: 0, count: members)
        memory.bindMemory(to: Board.self, capacity: 1).initialize(to: Board())
        for member in 0..<members {
            (memory + (1 + member) * Team.lineLength).bindMemory(to: Desk.self, capacity: 1)
                .initialize(to: Desk())
        }
    }

    deinit {
        for member in 0..<members { desk(of: member).deinitialize(count: 1) }
        board.deinitialize(count: 1)
        seen.deallocate()
        memory.deallocate()
    }

    @inline(__always)
    private var board: UnsafeMutablePointer<Board> { memory.assumingMemoryBound(to: Board.self) }

    @inline(__always)
    private func desk(of member: Int) -> UnsafeMutablePointer<Desk> {
        (memory + (1 &+ member) &* Team.lineLength).assumingMemoryBound(to: Desk.self)
    }

    /// Counts another batch, whose inputs no member has copied yet; called by the leader alone.
    func beginBatch() -> Int {
        batches &+= 1
        return batches
    }

    /// Whether the member, which asks, is still to copy the batch's inputs; it takes that upon itself.
    func beginsCopy(of batch: Int, as member: Int) -> Bool {
        let desk = desk(of: member)
        guard desk.pointee.copied != batch else { return false }
        desk.pointee.copied = batch
        return true
    }

    /// Does all parts, and returns when they are done; called by the leader alone.
    ///
    /// - Parameters:
    ///   - work: What is done.
    ///   - parts: How many parts it has, up to `mostParts`.
    func run<Work: PartedWork>(_ work: Work, parts: Int) {
        withUnsafePointer(to: work) { pointer in
            self.work &+= 1
            let published = self.work << Team.countBits | UInt64(parts)
            board.pointee.task = Task(work: UnsafeRawPointer(pointer)) { work, part, member in
                work.assumingMemoryBound(to: Work.self).pointee.run(part: part, as: member)
            }
            board.pointee.work.store(published, ordering: .releasing)
            var others = parts
            while let part = claim(of: 0, published) {
                run(part: part, as: 0)
                others -= 1
            }
            var looks = 0
            while others > 0 {
                others -= newlyDone()
                guard others > 0 else { break }
                if let part = claimOthers(published, looks: looks) {
                    run(part: part, as: 0)
                    others -= 1
                } else {
                    Team.wait(&looks)
                }
            }
        }
    }

    /// How many parts members other than the leader have done since it was asked last.
    private func newlyDone() -> Int {
        var sum = 0
        for member in 1..<members {
            let done = desk(of: member).pointee.done.load(ordering: .acquiring)
            guard done != seen[member] else { continue }
            sum += done &- seen[member]
            seen[member] = done
            away &= ~(1 << UInt64(member))
        }
        return sum
    }

    /// Claims a part that belongs to a member which is away, or of which it was waited for long.
    private func claimOthers(_ published: UInt64, looks: Int) -> Int? {
        for member in 1..<members {
            let bit: UInt64 = 1 << UInt64(member)
            guard looks >= Team.looksBeforeTaking || away & bit != 0 else { continue }
            guard let part = claim(of: member, published) else { continue }
            away |= bit
            return part
        }
        return nil
    }

    /// Tells the members that nothing more comes.
    func end() { board.pointee.work.store(Team.end, ordering: .releasing) }

    /// Does parts as a member other than the leader, until the end, until none came for long or until
    /// it is wanted elsewhere.
    func help(as member: Int, unless isWantedElsewhere: () -> Bool) {
        let desk = desk(of: member)
        var done = desk.pointee.done.load(ordering: .relaxed)
        var looks = 0
        while looks < Team.patience, !isWantedElsewhere() {
            let published = board.pointee.work.load(ordering: .acquiring)
            guard published != Team.end else { return }
            if let part = claim(of: member, published) ?? claimAny(published, looks: looks) {
                run(part: part, as: member)
                done &+= 1
                desk.pointee.done.store(done, ordering: .releasing)
                looks = 0
            } else {
                Team.wait(&looks)
            }
        }
    }

    /// Claims a part that anybody hasn't begun, once in so many looks.
    private func claimAny(_ published: UInt64, looks: Int) -> Int? {
        guard looks % Team.looksBeforeTaking == Team.looksBeforeTaking - 1 else { return nil }
        for member in 0..<members {
            if let part = claim(of: member, published) { return part }
        }
        return nil
    }

    private func run(part: Int, as member: Int) {
        if let task = board.pointee.task { task.run(task.work, part, member) }
    }

    /// Claims a part of the published work that belongs to a member and that nobody has begun.
    ///
    /// Where the work is over, none is left: so whoever claims one may be late, but never too late.
    private func claim(of member: Int, _ published: UInt64) -> Int? {
        let desk = desk(of: member)
        let (work, parts) = (published >> Team.countBits, Int(published & Team.countMask))
        var current = desk.pointee.claimed.load(ordering: .relaxed)
        while true {
            // Another's look at the work may be older than the desk.
            guard current >> Team.countBits <= work else { return nil }
            let claimed =
                current >> Team.countBits == work ? Int(current & Team.countMask) : 0
            let part = member &+ claimed &* members
            guard part < parts else { return nil }
            let (isClaimed, seen) = desk.pointee.claimed.weakCompareExchange(
                expected: current, desired: work << Team.countBits | UInt64(claimed &+ 1),
                successOrdering: .acquiring, failureOrdering: .relaxed)
            if isClaimed { return part }
            current = seen
        }
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
