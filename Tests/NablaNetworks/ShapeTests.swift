import NablaNetworks
import Testing

@Suite struct ShapeTests {
    @Test(arguments: [
        [], [0], [7], [3, 4], [1 << 59, 1 << 59], [2, 0, 5], [1, 2, 3], [1 << 29, 1, 1 << 29, 3],
        [9, 8, 7, 6, 5], [1, 1 << 19, 3, 4, 1 << 19, 6], [1, 2, 3, 4, 5, 6, 7],
        [32_767, 1, 32_767, 2, 32_767, 3, 32_767, 4],
    ])
    func keepsItsLengths(_ lengths: [Int]) throws {
        let shape = try Shape(lengths)
        #expect(Array(shape) == lengths)
        #expect(shape.count == lengths.count)
        #expect(shape.description == lengths.description)
        #expect(shape.withContiguousStorageIfAvailable(Array.init) == lengths)
        #expect(try shape == Shape(lengths))
    }

    @Test(arguments: [
        [-1], [2, -1], [1 << 60], [1, 1 << 30, 1], [1 << 20, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1, 1 << 15], [1, 1, 1, 1, 1, 1, 1, 1, 1],
    ])
    func refusesWhatHasNoRoom(_ lengths: [Int]) throws {
        let error = #expect(throws: InvalidValue.self) { try Shape(lengths) }
        #expect(error?.reason == .outOfRange)
    }

    @Test func samplesMayHaveTargetsOfSeveralAxes() throws {
        let inputs = try Tensor([1.0, 2, 3], shape: [3, 1])
        for shape: Shape in [[3], [3, 2], [3, 2, 1], [3, 1, 1, 1, 2]] {
            let targets = try Tensor([Double](repeating: 0, count: shape.size ?? 0), shape: shape)
            #expect(try Samples(inputs: inputs, targets: targets).count == 3)
        }
        #expect(throws: InvalidValue.self) {
            try Samples(inputs: inputs, targets: Tensor([1.0, 2], shape: [2, 1, 1]))
        }
    }

    @Test func tellsShapesApart() {
        #expect(Shape() != [0])
        #expect(Shape(3) == [3] && Shape(3) != [3, 1] && Shape(3) != [4])
        #expect(Shape(2, 3) == [2, 3] && Shape(2, 3) != [3, 2])
        #expect([1, 2, 3] as Shape != [1, 2, 4])
    }

    @Test func countsTheNumbersOfATensor() {
        #expect(Shape().size == 1)
        #expect(([2, 3, 4] as Shape).size == 24)
        #expect(([1 << 40, 0] as Shape).size == 0)
        #expect(([1 << 40, 1 << 40] as Shape).size == nil)
    }
}
