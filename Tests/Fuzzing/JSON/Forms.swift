import FuzzSupport
import NablaJSON

/// Makes the form of a text whose arrays of numbers may have others, and reads and writes the text by it.
func checkForm(of bytes: [UInt8], _ document: JSONDocument) throws(JSONError) {
    var arrays: [JSONValue] = []
    collectNumbers(in: document.root, into: &arrays)
    guard !arrays.isEmpty else { return }
    let form = JSONForm(of: bytes, opening: arrays)
    // What is read is what the document says; some numbers are left to it.
    guard let numbers = form.numbers(of: bytes, as: Double.self) else { return }
    for (array, range) in zip(arrays, form.ranges) {
        let known = try array.numbers(Double.self)
        demand(known.map(\.bitPattern) == numbers[range].map(\.bitPattern), "a form reads numbers")
    }
    let text = form.text(with: numbers.span)
    demand(
        form.numbers(of: text, as: Double.self)?.map(\.bitPattern) == numbers.map(\.bitPattern),
        "\(String(decoding: text, as: UTF8.self)) is of the form")
    _ = try JSONDocument(parsing: text)
}

/// Finds the arrays that are in no other and hold numbers alone, in the order of the text.
private func collectNumbers(in value: JSONValue, into arrays: inout [JSONValue]) {
    if value.kind == .object {
        guard let object = try? value.anyObject() else { return }
        for (_, member) in object { collectNumbers(in: member, into: &arrays) }
    } else if value.kind == .array, (try? value.numbers(Double.self)) != nil {
        arrays.append(value)
    }
}

extension JSONForm {
    fileprivate func numbers(of text: [UInt8], as type: Double.Type) -> [Double]? {
        var numbers: [Double]?
        let isRead = withNumbers(of: text, as: type) { span in
            numbers = span.indices.map { span[$0] }
        }
        return isRead ? numbers : nil
    }
}
