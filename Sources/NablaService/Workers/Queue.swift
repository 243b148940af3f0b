/// A first-in, first-out queue with both ends in constant amortised time.
struct Queue<Element> {
    private var front: [Element] = []
    private var back: [Element] = []

    /// How many elements there are.
    var count: Int { front.count + back.count }

    /// Adds an element at the end.
    mutating func append(_ element: Element) {
        back.append(element)
    }

    /// Takes the oldest element.
    mutating func popFirst() -> Element? {
        if front.isEmpty {
            front = back.reversed()
            back.removeAll(keepingCapacity: true)
        }
        return front.popLast()
    }

    /// Removes every element that `shouldBeRemoved`.
    mutating func removeAll(where shouldBeRemoved: (Element) -> Bool) {
        front.removeAll(where: shouldBeRemoved)
        back.removeAll(where: shouldBeRemoved)
    }
}
