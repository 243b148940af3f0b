import Dispatch
import Glibc
import Synchronization
import Testing

@testable import NablaCore

@Suite("A team")
struct TeamTests {
    /// Counts how often each part was done.
    private struct Counting: PartedWork {
        let counts: UnsafeMutablePointer<Int>

        func run(part: Int, as member: Int) { counts[part] += 1 }
    }

    private func counts(of parts: Int, times: Int, _ shards: ShardRunner, members: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: parts)
        counts.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return }
            shards.withTeam(of: members) { team in
                for _ in 0..<times { Counting(counts: first).run(parts: parts, team) }
            }
        }
        return counts
    }

    @Test("does every part once", arguments: [1, 2, 3, 8], [1, 2, 5, Team.mostParts])
    func parts(threads: Int, parts: Int) {
        let times = 2_000
        let counts = counts(of: parts, times: times, .workers(threads), members: threads)
        #expect(counts == Array(repeating: times, count: parts))
    }

    /// Notes who did each part.
    private struct Noting: PartedWork {
        let members: UnsafeMutablePointer<Int>

        func run(part: Int, as member: Int) { members[part] = member }
    }

    @Test("gives a member beyond the number of parts none")
    func tooManyMembers() {
        var members = [0, 0]
        members.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return }
            ShardRunner.workers(4).withTeam(of: 4) { team in
                for _ in 0..<2_000 {
                    Noting(members: first).run(parts: 2, team)
                    #expect(buffer.allSatisfy { $0 < 2 })
                }
            }
        }
    }

    /// A leader and a member that is wanted elsewhere when the flags say so, and that notes when it has left.
    private func pair(_ flags: Flags) -> ShardRunner {
        let queue = DispatchQueue(label: "member")
        let group = DispatchGroup()
        return ShardRunner(
            threads: 2, isWantedElsewhere: { flags.isWanted.load(ordering: .relaxed) }
        ) { _, shard in
            withoutActuallyEscaping(shard) { shard in
                queue.async(group: group) {
                    shard(1)
                    flags.hasLeft.store(true, ordering: .releasing)
                }
                shard(0)
                group.wait()
            }
        }
    }

    /// Has the leader take as long as a thread that has nothing to do would never wait, and then look
    /// whether the other one has left.
    private struct Sleeping: PartedWork {
        let flags: Flags

        func run(part: Int, as member: Int) {
            guard member == 0 else { return }
            usleep(100_000)
            let hasLeft = flags.hasLeft.load(ordering: .acquiring)
            #expect(!hasLeft)
        }
    }

    @Test("keeps a member that waits for others' parts")
    func longParts() {
        let flags = Flags()
        pair(flags).withTeam(of: 2) { team in
            Sleeping(flags: flags).run(parts: 2, team)
        }
        let hasLeft = flags.hasLeft.load(ordering: .acquiring)
        #expect(hasLeft)
    }

    @Test("needs nobody but its leader")
    func alone() {
        // Members that come when all is over, or before anything begins.
        let late = ShardRunner(threads: 3) { count, shard in (0..<count).forEach(shard) }
        let early = ShardRunner(threads: 3) { count, shard in (0..<count).reversed().forEach(shard)
        }
        for shards in [late, early] {
            #expect(
                counts(of: 7, times: 100, shards, members: 3) == Array(repeating: 100, count: 7))
        }
    }

    @Test("has each member copy each batch once")
    func copies() {
        let team = Team(members: 3)
        for _ in 0..<2 {
            let batch = team.beginBatch()
            for member in 0..<3 {
                #expect(team.beginsCopy(of: batch, as: member))
                #expect(!team.beginsCopy(of: batch, as: member))
            }
        }
    }

    @Test("is there only where there is work for two")
    func size() {
        ShardRunner.workers(4).withTeam(of: 1) { #expect($0 == nil) }
        ShardRunner.serial.withTeam(of: 4) { #expect($0 == nil) }
        ShardRunner.workers(4).withTeam(of: 3) { #expect($0?.members == 3) }
        ShardRunner.workers(2).withTeam(of: 30) { #expect($0?.members == 2) }
    }

    @Test("lets a member go that is wanted elsewhere")
    func leaving() {
        let flags = Flags()
        var counts = [0, 0]
        var rounds = 0
        counts.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return }
            pair(flags).withTeam(of: 2) { team in
                // As long as there is work a member doesn't leave for want of it.
                while !flags.hasLeft.load(ordering: .acquiring), rounds < 10_000_000 {
                    if rounds == 1000 { flags.isWanted.store(true, ordering: .relaxed) }
                    Counting(counts: first).run(parts: 2, team)
                    rounds += 1
                }
            }
        }
        #expect(flags.hasLeft.load(ordering: .acquiring) && rounds < 10_000_000)
        #expect(counts == [rounds, rounds])
    }
}

private final class Flags: Sendable {
    let isWanted = Atomic(false)
    let hasLeft = Atomic(false)
}
