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
}
