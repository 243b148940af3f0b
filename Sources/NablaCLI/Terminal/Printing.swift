/// Prints the bytes of a text, and ends the line where they don't.
func printBytes(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    print(text, terminator: bytes.last == UInt8(ascii: "\n") ? "" : "\n")
}

/// Prints an answer: as JSON for programs, or as text for people.
func printAnswer(
    asJSON: Bool, _ json: @autoclosure () -> [UInt8], else text: @autoclosure () -> String
) {
    if asJSON { printBytes(json()) } else { print(text()) }
}
