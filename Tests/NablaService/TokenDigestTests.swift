import Testing

@testable import NablaService

@Suite struct TokenDigestTests {
    /// FIPS 180-4's examples, as NIST publishes them.
    @Test(arguments: [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func isSHA256(_ text: String, _ expected: String) {
        let digits = TokenDigest(of: text).bytes.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        #expect(digits.joined() == expected)
    }

    @Test func equalsOnlyTheSameBits() throws {
        let digest = TokenDigest(of: "abc")
        #expect(try #require(TokenDigest(bytes: digest.bytes)) == digest)
        for bit in 0..<256 {
            var bytes = digest.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(try #require(TokenDigest(bytes: bytes)) != digest, "bit \(bit)")
        }
    }

    @Test func hasThirtyTwoBytes() {
        for count in [0, 31, 33] {
            #expect(TokenDigest(bytes: [UInt8](repeating: 0, count: count)) == nil)
        }
    }
}

@Suite struct TokenTextTests {
    @Test func is256BitsInBase64URL() {
        let alphabet = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        for _ in 0..<100 {
            let text = TokenText.draw()
            #expect(text.hasPrefix("nabla_"))
            // 42 digits of 6 bits and one of the last 4.
            let digits = text.dropFirst(6)
            #expect(digits.count == 43 && digits.allSatisfy(alphabet.contains))
        }
    }

    /// A bit that never changed would show in its digit: each but the last takes all 64 values.
    @Test func everyDigitIsDrawn() {
        var seen = [Set<Character>](repeating: [], count: 43)
        for _ in 0..<4000 {
            for (place, digit) in TokenText.draw().dropFirst(6).enumerated() {
                seen[place].insert(digit)
            }
        }
        // A value is missed by 4,000 draws once in 10²⁷.
        #expect(seen.dropLast().allSatisfy { $0.count == 64 })
        #expect(seen[42].count == 16)
    }
}
