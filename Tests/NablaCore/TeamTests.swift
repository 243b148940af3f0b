import Dispatch
import Synchronization
import Testing

@testable import NablaCore

@Suite("A team")
struct TeamTests {
    /// Counts how often each part was done.
    private struct Counting: PartedWork {
        let counts: UnsafeMutablePointer<Int>

        func run(part: Int) { counts[part] += 1 }
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

    @Test("is there only where there is work for two")
    func size() {
        ShardRunner.workers(4).withTeam(of: 1) { #expect($0 == nil) }
        ShardRunner.serial.withTeam(of: 4) { #expect($0 == nil) }
        ShardRunner.workers(4).withTeam(of: 3) { #expect($0?.members == 3) }
        ShardRunner.workers(2).withTeam(of: 30) { #expect($0?.members == 2) }
    }
}
