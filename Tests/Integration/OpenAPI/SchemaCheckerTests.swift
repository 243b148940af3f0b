import Testing

/// The checker that the other tests of the document rely on: each keyword accepts and refuses.
@Suite struct SchemaCheckerTests {
    private static let document = ##"""
        {"small": {"type": "integer", "maximum": 3},
         "pair": {"type": "array", "items": {"$ref": "#/small"}, "minItems": 2, "maxItems": 2}}
        """##

    private func complaints(
        _ value: String, _ schema: String, isClosed: Bool = false
    ) throws -> [String] {
        let checker = SchemaChecker(document: try JSON(Self.document), isClosed: isClosed)
        return try checker.complaints(JSON(value), JSON(schema))
    }

    static let cases: [(schema: String, good: [String], bad: [String])] = [
        (#"{"type": "object"}"#, ["{}"], ["[]", "null", "1"]),
        (#"{"type": "array"}"#, ["[1]"], ["{}", "\"\""]),
        (#"{"type": "string"}"#, ["\"x\""], ["1", "true"]),
        (#"{"type": "number"}"#, ["1", "1.5"], ["\"1\"", "true"]),
        (#"{"type": "integer"}"#, ["1", "1.0", "-3"], ["1.5"]),
        (#"{"type": "boolean"}"#, ["true", "false"], ["0", "1"]),
        (#"{"type": "null"}"#, ["null"], ["0", "\"\""]),
        (#"{"const": "ok"}"#, ["\"ok\""], ["\"no\"", "1"]),
        (#"{"enum": [1, "a"]}"#, ["1", "\"a\""], ["2", "\"b\"", "true"]),
        (#"{"minimum": 2}"#, ["2", "3"], ["1.9"]), (#"{"maximum": 2}"#, ["2"], ["2.1"]),
        (#"{"exclusiveMinimum": 2}"#, ["2.1"], ["2"]),
        (#"{"exclusiveMaximum": 2}"#, ["1.9"], ["2"]),
        (##"{"$ref": "#/small"}"##, ["3"], ["4", "2.5"]),
        (##"{"$ref": "#/pair"}"##, ["[1, 2]"], ["[1]", "[1, 2, 3]", "[1, 4]"]),
        (##"{"$ref": "#/small", "minimum": 1}"##, ["1"], ["0", "4"]),
        (#"{"uniqueItems": true}"#, ["[1, 2]"], ["[1, 1]"]),
        (#"{"required": ["a", "b"]}"#, [#"{"a": 1, "b": null}"#, "3"], [#"{"a": 1}"#]),
        (#"{"properties": {"a": {"type": "string"}}}"#, [#"{"a": "x", "b": 1}"#], [#"{"a": 1}"#]),
        (
            #"{"properties": {"a": {}}, "additionalProperties": false}"#, [#"{"a": 1}"#, "{}"],
            [#"{"a": 1, "b": 2}"#]
        ),
        (
            #"{"properties": {"a": {}}, "additionalProperties": {"type": "number"}}"#,
            [#"{"a": "x", "b": 2}"#], [#"{"b": "x"}"#]
        ),
        (#"{"propertyNames": {"pattern": "^t\\."}}"#, [#"{"t.a": 1}"#], [#"{"a": 1}"#]),
        (#"{"pattern": "^\\d{2}$"}"#, ["\"12\"", "12"], ["\"123\"", "\"ab\""]),
        (#"{"oneOf": [{"minimum": 2}, {"maximum": 4}]}"#, ["1", "5"], ["3"]),
        (#"{"oneOf": [{"type": "string"}, {"type": "array"}]}"#, ["\"\""], ["1"]),
        (#"{"not": {"required": ["a", "b"]}}"#, [#"{"a": 1}"#], [#"{"a": 1, "b": 2}"#]),
        (
            #"{"format": "uuid"}"#, [#""0190a0a0-0000-7000-8000-000000000000""#],
            [#""0190a0a0""#]
        ),
        (#"{"format": "date-time"}"#, [#""2026-01-02T03:04:05.678Z""#], [#""2026-01-02""#]),
        (#"{"format": "json-pointer"}"#, ["\"\"", "\"/a/0\""], ["\"a\""]),
        (#"{"format": "int64"}"#, ["7"], ["1e30", "0.5"]),
    ]

    @Test(arguments: cases) func accepts(_ schema: String, good: [String], bad: [String]) throws {
        for value in good {
            let found = try complaints(value, schema)
            #expect(found.isEmpty, "\(value): \(found)")
        }
        for value in bad {
            let found = try complaints(value, schema)
            #expect(found.count >= 1, "\(value)")
        }
    }

    @Test func aClosedCheckRefusesWhatIsNotNamed() throws {
        let schema = #"{"properties": {"a": {"properties": {}}}}"#
        let value = #"{"a": {"b": 1}}"#
        let (open, closed) = (
            try complaints(value, schema), try complaints(value, schema, isClosed: true)
        )
        #expect(open.isEmpty)
        #expect(closed == ["/a/b is not named"])
    }

    @Test(
        "what it doesn't know is an error, not a pass",
        arguments: [
            (#"{"minLength": 3}"#, "\"\""), (#"{"type": "any"}"#, "null"),
            (#"{"format": "email"}"#, "\"\""), (#"{"format": "float"}"#, "1"),
            (##"{"$ref": "#/other"}"##, "1"), (#"{"$ref": "other.json"}"#, "1"), ("true", "1"),
            (#"{"items": {"patternProperties": {}}}"#, "[1]"),
        ])
    func unknown(_ schema: String, _ value: String) {
        #expect(throws: SchemaChecker.UnknownSchema.self) { try complaints(value, schema) }
    }
}
