import NablaJSON
import Testing

/// Nested arrays of numbers, read into one flat array.
@Suite struct NumbersTests {
    @Test(arguments: [
        ("[]", [0], []), ("[1]", [1], [1]), ("[1,2.5,-3]", [3], [1, 2.5, -3]),
        ("[[]]", [1, 0], []),
        ("[[],[]]", [2, 0], []), ("[[[]]]", [1, 1, 0], []),
        ("[[1,2],[3,4],[5,6]]", [3, 2], [1, 2, 3, 4, 5, 6]),
        ("[[1],[2]]", [2, 1], [1, 2]), ("[[[1,2]],[[3,4]]]", [2, 1, 2], [1, 2, 3, 4]),
        ("[[[[7]]]]", [1, 1, 1, 1], [7]), ("[9223372036854775808,-1,1e2]", [3], [0x1p63, -1, 100]),
        (" [ [ 0.5 ] , [ -0.5 ] ] ", [2, 1], [0.5, -0.5]),
    ])
    func readsAnyShape(_ text: String, _ shape: [Int], _ values: [Double]) throws {
        let wide = try document(text).root.shaped(Double.self)
        #expect(wide.shape == shape)
        #expect(wide.values == values)
        let narrow = try document("{\"a\":\(text),\"b\":[1]}").root.anyObject().required("a")
            .shaped(Float.self)
        #expect(narrow.shape == shape)
        #expect(narrow.values == values.map(Float.init))
    }

    @Test(arguments: [
        ("[[1,2],[3]]", "/1"), ("[[1],[2,3]]", "/1"), ("[[1,2],3]", "/1"), ("[1,[2]]", "/1"),
        ("[1,2,[]]", "/2"),
        ("[[],[1]]", "/1"), ("[[1],[]]", "/1"), ("[[],1]", "/1"), ("[[1],[[2]]]", "/1/0"),
        ("[[[1]],[2]]", "/1/0"),
        ("[[[1,2],[3,4]],[[5,6],[7]]]", "/1/1"), ("[[[1],[2]],[[3]]]", "/1"),
        ("[[[1],[2]],[[3],[4],[5]]]", "/1"),
        ("[[[[1]],[[2]]],[[[3]],[[4,5]]]]", "/1/1/0"), ("[[1,2],[3,4],[5,6,7],[8]]", "/2"),
        ("[[1,[2]]]", "/0/1"),
        ("[[1,2,3,4,5,6,7,8],1,1,1,1,1,1,1]", "/1"),
    ])
    func pointsAtTheFirstRowThatIsOdd(_ text: String, _ pointer: String) throws {
        let root = try document(text).root
        let error = #expect(throws: JSONError.self) { try root.numbers(Double.self) }
        #expect(error?.kind == .ragged)
        #expect(error?.pointer == pointer)
        #expect(#expect(throws: JSONError.self) { try root.numbers(Float.self) } == error)
    }

    @Test func saysHowLongTheRowIs() throws {
        let error = #expect(throws: JSONError.self) {
            try document("[[1,2],[3]]").root.numbers(Double.self)
        }
        #expect(error?.detail == "the row has 1 values, but the first of its kind has 2")
    }

    @Test(arguments: [
        (#"["a"]"#, "/0", JSONKind.number, JSONKind.string), ("[null]", "/0", .number, .null),
        ("[1,true]", "/1", .number, .boolean), ("[1,{}]", "/1", .number, .object),
        ("[[1,2],[3,null]]", "/1/1", .number, .null), (#"[[1],"a"]"#, "/1", .array, .string),
        ("[[1],null]", "/1", .array, .null), ("[[[1]],[{}]]", "/1/0", .array, .object),
        (#"[["x"]]"#, "/0/0", .number, .string),
    ])
    func pointsAtTheFirstValueThatIsNoNumber(
        _ text: String, _ pointer: String, _ expected: JSONKind, _ found: JSONKind
    ) throws {
        let error = #expect(throws: JSONError.self) { try document(text).root.numbers(Double.self) }
        #expect(error?.kind == .wrongType(expected: expected, found: found))
        #expect(error?.pointer == pointer)
    }

    @Test(arguments: ["1e39", "-3.5e38", "3.402823567797337e38", "1e308"])
    func refusesNumbersBeyondFloat32(_ text: String) throws {
        let root = try document("[[0,1],[\(text),2]]").root
        let error = #expect(throws: JSONError.self) { try root.numbers(Float.self) }
        #expect(error?.kind == .outOfRange)
        #expect(error?.pointer == "/1/0")
        #expect(throws: Never.self) { try root.numbers(Double.self) }
    }

    @Test func roundsToFloat32FromTheNearestFloat64() throws {
        let text =
            "[0.1,16777217,16777219,3.4028235677973362e38,1e-45,7e-46,8e-46,9007199791611905]"
        #expect(
            try document(text).root.numbers(Float.self) == [
                0.1, 16_777_216, 16_777_220, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 0,
                .leastNonzeroMagnitude,
                9_007_200_328_482_816,
            ])
    }

    @Test func roundsOnceWhereTheNearestFloat64IsHalfWayBetweenTwoFloat32() throws {
        let text = "[7.038531e-26,-7.038531e-26,16777217.0,16777219.0,3.4028235677973366e38]"
        let nearest = try #require(Float("7.038531e-26"))
        #expect(nearest != Float(7.038531e-26 as Double))
        #expect(
            try document(text).root.numbers(Float.self) == [
                nearest, -nearest, 16_777_216, 16_777_220, .greatestFiniteMagnitude,
            ])
    }

    @Test(arguments: [1, 2, 63, 64, 65, 200])
    func readsFewAndMany(_ count: Int) throws {
        let row = (0..<count).map { "\($0).5" }.joined(separator: ",")
        let (shape, values) = try document("[[[\(row)],[\(row)]]]").root.shaped(Double.self)
        #expect(shape == [1, 2, count])
        #expect(values == (0..<2 * count).map { Double($0 % count) + 0.5 })
        let error = #expect(throws: JSONError.self) {
            try document("[[[\(row)],[\(row),1]]]").root.numbers(Float.self)
        }
        #expect(error?.kind == .ragged)
        #expect(error?.pointer == "/0/1")
    }
}
