import FuzzSupport
import NablaJSON

/// Reads every array that is in no other as numbers, which must succeed where it has the form of a
/// tensor; and what was read must come back when it is written.
func checkNumbers<N: JSONNumber>(_ type: N.Type, in value: JSONValue) throws(JSONError) {
    if value.kind == .object {
        guard let object = try? value.anyObject() else { return }
        for (_, member) in object { try checkNumbers(type, in: member) }
    }
    guard value.kind == .array else { return }
    let shape = try shape(of: value)
    let lengths = Array(try value.lengths)
    do {
        let numbers = try value.numbers(type)
        demand(shape == lengths, "\(lengths) is no tensor's shape")
        demand(numbers.count == shape?.reduce(1, *), "a tensor fills its shape")
        demand(numbers.allSatisfy(\.isFinite), "all numbers are finite")
        try checkReturning(numbers, shape: shape ?? [])
    } catch {
        demand(shape == nil || error.kind == .outOfRange, "\(error), but it is a tensor")
        demand(error.pointer?.hasPrefix(value.pointer) == true, "an error says where it is")
    }
}

private func checkReturning<N: JSONNumber>(_ numbers: [N], shape: [Int]) throws(JSONError) {
    var writer = JSONWriter()
    writer.numbers(numbers, shape: shape)
    let again = try JSONDocument(parsing: writer.finish()).root
    demand(Array(try again.lengths) == visible(shape), "a shape comes back")
    let numbersAgain = try again.numbers(N.self)
    demand(
        zip(numbers, numbersAgain).allSatisfy { $0 == $1 && $0.sign == $1.sign },
        "numbers come back to the last bit")
}

/// A shape up to its first length of 0, which hides those after it.
private func visible(_ shape: [Int]) -> [Int] {
    shape.firstIndex(of: 0).map { Array(shape[...$0]) } ?? shape
}

/// The shape of nested arrays of numbers; nil when they are no tensor.
private func shape(of value: JSONValue) throws(JSONError) -> [Int]? {
    switch value.kind {
    case .number: return []
    case .array:
        var inner: [Int]?
        var count = 0
        for element in try value.array() {
            guard let next = try shape(of: element), count == 0 || next == inner else { return nil }
            inner = next
            count += 1
        }
        return [count] + (inner ?? [])
    default: return nil
    }
}
