import Testing

@testable import NablaJSON

/// Texts of a length that isn't right were once decoded a byte past their room.
@Suite struct Base64RoomTests {
    @Test func decodingKeepsToItsRoom() {
        for characters in 0..<40 {
            for padding in 0..<5 {
                let text =
                    [UInt8](repeating: UInt8(ascii: "A"), count: characters)
                    + [UInt8](repeating: UInt8(ascii: "="), count: padding)
                // Zeros are decoded, so any other byte shows what was left alone.
                var memory = [UInt8](repeating: 0xEE, count: 64)
                let room = text.withUnsafeBufferPointer { text in
                    memory.withUnsafeMutableBytes { memory in
                        _ = Base64.decode(text, into: memory)
                        return Base64.decodedCount(of: text)
                    }
                }
                #expect(
                    memory[room...].allSatisfy { $0 == 0xEE },
                    "\(characters) characters and \(padding) of padding")
            }
        }
    }

    /// Long texts are decoded many characters at a time; what is wrong is found all the same.
    @Test func findsTheWrongCharacterOfALongText() {
        for place in [0, 1, 31, 32, 63, 100, 195, 199] {
            for byte in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: UInt8(ascii: "A"), count: 200)
                text[place] = byte
                var memory = [UInt8](repeating: 0, count: 150)
                let wrong = text.withUnsafeBufferPointer { text in
                    memory.withUnsafeMutableBytes { Base64.decode(text, into: $0) }
                }
                let isAllowed =
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
                    .contains(byte)
                let isPadding = byte == UInt8(ascii: "=") && place == 199
                #expect(wrong == (isAllowed || isPadding ? nil : place), "\(byte) at \(place)")
            }
        }
    }
}
