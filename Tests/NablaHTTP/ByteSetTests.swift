import Testing

@testable import NablaHTTP

@Suite struct ByteSetTests {
    private static let alphanumeric =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let regName = alphanumeric + "-._~!$&'()*+,;="
    private static let pchar = regName + "%:@"
    private static let grammars: [(ByteSet, String)] = [
        (.token, "!#$%&'*+-.^_`|~" + alphanumeric),
        (.path, pchar + "/"),
        (.query, pchar + #"/?[]\^`{|}"#),
        (.registeredName, regName),
        (.addressIPv6, "0123456789abcdefABCDEF:."),
        (.host, regName + "%:[]"),
    ]

    @Test("each set holds exactly the characters of its grammar", arguments: grammars)
    func holdsItsGrammar(_ set: ByteSet, _ characters: String) {
        let wanted = Set(characters.utf8)
        for byte in UInt8.min...UInt8.max {
            #expect(set.contains(byte) == wanted.contains(byte), "byte \(byte)")
        }
    }

    @Test("a control byte is found wherever it stands, and nothing else is taken for one")
    func findsControls() {
        for byte in UInt8.min...UInt8.max {
            for position in 0..<35 {
                // Neighbours that a sum over whole words could mistake: the lowest and highest
                // bytes.
                for neighbour: UInt8 in [0x20, 0x7E, 0x80, 0xFF, 0x09] {
                    var bytes = [UInt8](repeating: neighbour, count: 35)
                    bytes[position] = byte
                    let isControl = (byte < 0x20 && byte != 0x09) || byte == 0x7F
                    let found = bytes.span.firstControl(from: 0)
                    #expect(found == (isControl ? position : nil))
                }
            }
        }
    }

    @Test("what lies before the start is not looked at, wherever the start is")
    func findsControlsFromTheStartOn() {
        for count in 0..<35 {
            for start in 0...count {
                var bytes = [UInt8](repeating: 0x0A, count: start)
                bytes += [UInt8](repeating: 0x20, count: count - start)
                #expect(bytes.span.firstControl(from: start) == nil)
                guard start < count else { continue }
                bytes[count - 1] = 0x7F
                #expect(bytes.span.firstControl(from: start) == count - 1)
            }
        }
    }

    @Test("comparing without case folds letters alone")
    func foldsLettersAlone() {
        func same(_ text: String, _ lowercased: StaticString) -> Bool {
            Array(text.utf8).span.spellsIgnoringCase(lowercased)
        }
        #expect(same("CoNTent-LENgth", "content-length"))
        #expect(!same("content\u{0D}length", "content-length"))
        #expect(!same("@", "`"))
    }
}
