import NablaHTTP
import Testing

@Suite struct FieldsTests {
    @Test("names are found whatever their case, values in order")
    func findsNames() {
        let fields: Fields = ["Accept": "a", "X-Tag": "1", "x-tag": "2"]
        #expect(fields["ACCEPT"] == "a")
        #expect(fields["X-TAG"] == "1")
        #expect(fields.values(of: "x-Tag") == ["1", "2"])
        #expect(fields["Accep"] == nil)
        #expect(fields.count == 3)
    }

    @Test("lines may be written byte by byte, between those added one by one")
    func writesLines() {
        var fields: Fields = ["A": "1"]
        fields.add(unchecked: 2, atMost: 32) { lines in
            lines.append("B: ")
            for byte in "1\t2".utf8 { lines.append(byte) }
            lines.append(3, of: 0x7A_35_34_33)
            lines.append("\r\nC:\r\n")
        }
        fields.add("D", "4")
        #expect(fields.all.map(\.name) == ["A", "B", "C", "D"])
        #expect(fields.all.map(\.value) == ["1", "1\t2345", "", "4"])
    }

    #if DEBUG
        @Test(
            "a line more than there may be, or a part of one, ends a program that is tested",
            arguments: ["A: 1\r\nB: 2\r\n", "A: 1", "A: 1\r", "A: \n1\r\n", ""])
        func refusesOtherLines(text: String) async {
            await #expect(processExitsWith: .failure) { [text] in
                var fields = Fields()
                fields.add(unchecked: 1, atMost: text.utf8.count) { lines in
                    for byte in text.utf8 { lines.append(byte) }
                }
            }
        }
    #endif

    @Test("setting replaces every line of that name")
    func setReplaces() {
        var fields: Fields = ["a": "1", "B": "2", "A": "3"]
        fields.set("A", to: "4")
        #expect(fields.all.map(\.name) == ["B", "A"])
        #expect(fields.all.map(\.value) == ["2", "4"])
    }

    @Test("a value can't begin another line")
    func refusesSplitting() {
        var fields = Fields()
        fields.add("X-Request-Id", "a\r\nSet-Cookie: b\u{0}")
        #expect(fields["x-request-id"] == "a  Set-Cookie: b")
        #expect(fields.count == 1)
    }

    @Test("white space around a value is no part of it, in whatever way the value came here")
    func trimsValues() {
        let fields: Fields = ["A": " \t1 2\t ", "B": " ", "C": ""]
        #expect(fields.all.map(\.value) == ["1 2", "", ""])
        #expect(fields["a"] == "1 2")
    }
}
