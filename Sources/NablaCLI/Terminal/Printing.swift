import Glibc

/// Prints a text on standard output.
///
/// It stands in this module for Swift's own, which loses without a word what can't be written: here
/// the program ends as `checkOutput` says.
func print(_ text: String, terminator: String = "\n") {
    StandardStream.output.write(Array((text + terminator).utf8))
}

/// Prints the bytes of a text, and ends the line where they don't.
func printBytes(_ bytes: [UInt8]) {
    let newline = UInt8(ascii: "\n")
    StandardStream.output.write(bytes.last == newline ? bytes : bytes + [newline])
}

/// Prints an answer: as JSON for programs, or as text for people.
func printAnswer(
    asJSON: Bool, _ json: @autoclosure () -> [UInt8], else text: @autoclosure () -> String
) {
    if asJSON { printBytes(json()) } else { print(text()) }
}

/// Tells something in a line on standard error, beside what is asked for.
func printError(_ line: String) {
    StandardStream.errors.write(Array((line + "\n").utf8))
}

/// Looks whether all that was printed could be written.
///
/// - Throws: `LostOutput` when not.
func checkOutput() throws(LostOutput) {
    if let number = StandardStream.output.failure { throw LostOutput(number: number) }
}

/// Standard output could not be written.
struct LostOutput: Error {
    /// Why, in errno.h.
    let number: Int32

    /// The line that tells of it; nil where its reader has closed the pipe, as `head` does, and wants
    /// no more.
    var line: String? {
        guard number != EPIPE else { return nil }
        return "standard output can't be written: \(String(cString: strerror(number)))"
    }
}
