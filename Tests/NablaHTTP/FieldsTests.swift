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
        #expect(fields["x-request-id"] == "a  Set-Cookie: b ")
        #expect(fields.count == 1)
    }
}
