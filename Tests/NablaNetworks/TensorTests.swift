import NablaNetworks
import Testing

@Suite struct TensorTests {
    @Test func numbersFillTheShape() throws {
        let tensor = try Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(tensor.count == 6)
        #expect(tensor.dtype == .float64)
        #expect(throws: InvalidValue.self) { _ = try Tensor([1.0, 2, 3], shape: [2, 2]) }
        let huge = 1 << 40
        #expect(throws: InvalidValue.self) { _ = try Tensor([Float](), shape: [huge, huge]) }
    }

    @Test func aShapeWithZeroHoldsNothing() throws {
        #expect(try Tensor([Double](), shape: [0, 5]).count == 0)
    }

    @Test func conversionRoundsToNearest() throws {
        let third = Tensor([1.0 / 3])
        #expect(third.converted(to: .float32).values(as: Float.self) == [Float(1.0 / 3)])
        #expect(third.converted(to: .float64) == third)
        let float = Tensor([Float(0.1)])
        #expect(float.values(as: Double.self) == [Double(Float(0.1))])
    }

    @Test func valuesOfTheSameTypeAreNotCopied() {
        let values = [Float](repeating: 1, count: 1000)
        let address = values.withUnsafeBufferPointer(\.baseAddress)
        let seen = Tensor(values).values(as: Float.self).withUnsafeBufferPointer(\.baseAddress)
        #expect(seen == address)
    }
}
