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

    @Test("a value may be written byte by byte")
    func writesValues() {
        var fields = Fields()
        fields.add(unchecked: "A", atMost: 12) { value in
            for byte in "1 2".utf8 { value.append(byte) }
            value.append(3, of: 0x7A_35_34_33)
        }
        fields.add(unchecked: "C", atMost: 8) { _ in }
        #expect(fields.all.map(\.name) == ["A", "C"])
        #expect(fields.all.map(\.value) == ["1 2345", ""])
    }

    @Test("a value that isn't checked is added as any other")
    func addsUncheckedValues() {
        var fields = Fields()
        fields.add(unchecked: "A", "1\t2")
        #expect(fields["A"] == "1\t2")
    }

    #if DEBUG
        @Test("a control character that nobody looks for ends a program that is tested")
        func refusesControls() async {
            await #expect(processExitsWith: .failure) {
                var fields = Fields()
                fields.add(unchecked: "A", "1\r\nB: 2")
            }
        }
    #endif

    @Test("constant lines are fields like those added one by one")
    func addsConstantLines() {
        var fields: Fields = ["A": "1"]
        fields.add(lines: "B: 2\r\nC: 3\r\n")
        fields.add("D", "4")
        #expect(fields.all.map(\.name) == ["A", "B", "C", "D"])
        #expect(fields["c"] == "3")
    }

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
