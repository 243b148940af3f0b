import Foundation
import Synchronization

/// What a number of callers got out of a call that each makes again as soon as it is answered.
struct Load: Sendable {
    /// How many callers there were.
    let callers: Int
    /// How long they were counted, in seconds.
    let seconds: Double
    /// How long each call took, in seconds, the shortest first.
    let latencies: [Double]

    /// How many calls were answered each second.
    var perSecond: Double { Double(latencies.count) / seconds }

    /// The least time that a share of all calls took at most, by nearest rank, in seconds.
    func percentile(_ share: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        let rank = Int((share * Double(latencies.count)).rounded(.up))
        return latencies[min(max(rank, 1), latencies.count) - 1]
    }

    /// What share of the time goes by before calls are counted, for connections to be made and caches
    /// to fill.
    private static let warmUp = 0.1

    /// What the callers have come to.
    private final class Tally: Sendable {
        let latencies = Mutex<[Double]>([])
        let error = Mutex<(any Error)?>(nil)
    }

    /// Makes calls from threads of their own; returns when the last has ended.
    ///
    /// - Parameters:
    ///   - callers: How many threads.
    ///   - seconds: How long calls are counted.
    ///   - call: Makes one call.
    /// - Throws: What a call threw: then there is nothing to measure.
    init(callers: Int, seconds: Double, _ call: @escaping @Sendable () throws -> Void) throws {
        let tally = Tally()
        let group = DispatchGroup()
        let start = Load.now() + seconds * Load.warmUp
        let end = start + seconds
        for _ in 0..<callers {
            group.enter()
            Thread {
                Load.callAgainAndAgain(from: start, to: end, tally, call)
                group.leave()
            }.start()
        }
        group.wait()
        if let error = tally.error.withLock({ $0 }) { throw error }
        self.callers = callers
        self.seconds = seconds
        latencies = tally.latencies.withLock { $0 }.sorted()
    }

    private static func callAgainAndAgain(
        from start: Double, to end: Double, _ tally: Tally, _ call: () throws -> Void
    ) {
        var latencies: [Double] = []
        var began = now()
        while began < end {
            do {
                try call()
            } catch {
                tally.error.withLock { $0 = $0 ?? error }
                return
            }
            let ended = now()
            // What ends too late was begun by more than the time that is counted.
            if began >= start, ended <= end { latencies.append(ended - began) }
            began = ended
        }
        tally.latencies.withLock { [latencies] in $0 += latencies }
    }

    /// Seconds since some fixed moment.
    static func now() -> Double {
        Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    }
}
