import NablaAPI
import Testing

@testable import NablaService

@Suite struct RunQueueTests {
    private func live(_ id: String, _ owner: String? = nil, priority: Int = 0) -> LiveRun {
        LiveRun(
            Run(
                id: id, status: .queued, createdAt: .now, request: "{}", parameters: 1,
                progress: Run.Progress(epoch: 0, epochs: 1)),
            training: nil, turn: RunTurn(priority: priority, owner: owner), sliceSeconds: 0.02)
    }

    /// Takes all out that wait.
    private func order(_ queue: inout RunQueue) -> [String] {
        var ids: [String] = []
        while let live = queue.takeNext() { ids.append(live.id) }
        return ids
    }

    @Test func anOwnersRunsComeInTheirOrder() {
        var queue = RunQueue()
        for id in ["1", "2", "3"] { queue.append(live(id, "a")) }
        let ids = order(&queue)
        #expect(ids == ["1", "2", "3"])
        #expect(queue.count == 0 && queue.training == 3)
    }

    @Test func aHigherPriorityComesFirst() {
        var queue = RunQueue()
        for (id, priority) in [("1", 0), ("2", -1), ("3", 5), ("4", 0), ("5", 5)] {
            queue.append(live(id, priority: priority))
        }
        let ids = order(&queue)
        #expect(ids == ["3", "5", "1", "4", "2"])
    }

    @Test func whoSendsManyRunsKeepsNobodyElseWaiting() {
        var queue = RunQueue()
        for id in ["a1", "a2", "a3", "a4"] { queue.append(live(id, "a")) }
        queue.append(live("b1", "b"))
        queue.append(live("c1"))
        queue.append(live("b2", "b"))
        // One of each, then the second of those who have as many that train, who was served first.
        let ids = order(&queue)
        #expect(ids == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
    }

    @Test func itIsTheTurnOfWhoeverHasTheFewestThatTrain() {
        var queue = RunQueue()
        for id in ["a1", "a2", "a3"] { queue.append(live(id, "a")) }
        let (first, second) = (queue.takeNext(), queue.takeNext())
        queue.append(live("b1", "b"))
        queue.append(live("b2", "b"))
        let third = queue.takeNext()
        #expect(third?.id == "b1")
        for live in [first, second] { if let live { queue.end(live) } }
        #expect(queue.training == 1)
        // b has one that trains, a none.
        let ids = order(&queue)
        #expect(ids == ["a3", "b2"])
    }

    @Test func aPriorityGoesBeforeFairness() {
        var queue = RunQueue()
        queue.append(live("a1", "a", priority: 1))
        queue.append(live("b1", "b"))
        queue.append(live("a2", "a", priority: 1))
        let ids = order(&queue)
        #expect(ids == ["a1", "a2", "b1"])
    }

    @Test func whatIsTakenOutNeverHasItsTurn() {
        var queue = RunQueue()
        let (first, second) = (live("1"), live("2"))
        queue.append(first)
        queue.append(second)
        let removed = [queue.remove(first), queue.remove(first)]
        #expect(removed == [true, false])
        let ids = order(&queue)
        #expect(ids == ["2"])
        queue.append(first)
        let all = queue.removeAll()
        let rest = order(&queue)
        #expect(all.map(\.id) == ["1"] && rest == [])
    }
}
