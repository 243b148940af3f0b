import Testing

@testable import NablaService

@Suite struct QueueTests {
    @Test func givesInTheOrderOfTakingHoweverTheTwoMix() {
        var queue = Queue<Int>()
        var given: [Int] = []
        for number in 0..<100 {
            queue.append(number)
            if number % 3 == 2, let first = queue.popFirst() { given.append(first) }
        }
        #expect(queue.count == 67)
        while let first = queue.popFirst() { given.append(first) }
        #expect(given == Array(0..<100))
        #expect(queue.count == 0 && queue.popFirst() == nil)
    }

    @Test func removesFromBothEnds() {
        var queue = Queue<Int>()
        for number in 0..<6 { queue.append(number) }
        // Taking one turns the older half over.
        #expect(queue.popFirst() == 0)
        for number in 6..<10 { queue.append(number) }
        queue.removeAll { $0 % 2 == 0 }
        #expect(queue.count == 5)
        var left: [Int] = []
        while let first = queue.popFirst() { left.append(first) }
        #expect(left == [1, 3, 5, 7, 9])
    }
}
