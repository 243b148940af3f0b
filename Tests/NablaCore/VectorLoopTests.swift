import Testing

@testable import NablaCore

/// The loops in C, which differ from processor to processor in nothing but their speed.
@Suite("Loops over long rows of numbers")
struct VectorLoopTests {
    /// Nothing, parts of vectors, whole ones, and what is left over.
    static let counts = [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000]

    @Test(
        "a matrix is transposed, with its edges",
        arguments: [
            (1, 1), (4, 4), (5, 7), (6, 19), (8, 8), (9, 17), (32, 30), (32, 300), (300, 32),
        ])
    func transposition(rows: Int, columns: Int) {
        func check<S: FloatingReal>(_ type: S.Type) {
            let source = (0..<rows * columns).map { S($0) }
            // Rows that follow one another, and rows with a gap, which stays as it is.
            for stride in [rows, rows + 3] {
                var target = [S](repeating: -1, count: columns * stride + 1)
                let sum = S.transpose(
                    source, rows: rows, columns: columns, into: &target, stride: stride)
                let exact = Double(source.count * (source.count - 1) / 2)
                #expect(abs(Double(sum) - exact) <= exact / 1e5)
                let expected = (0..<columns * stride).map { place in
                    let (column, row) = (place / stride, place % stride)
                    return row < rows ? source[row * columns + column] : -1
                }
                #expect(target == expected + [-1])
            }
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("gradient descent has the bits of its formula", arguments: counts, [0, 0.25])
    func descent(count: Int, decay: Double) {
        func check<S: FloatingReal>(_ type: S.Type) {
            let (old, gradients) = (numbers(count + 2, S.self, seed: 1), numbers(count, S.self))
            var parameters = old
            let sum = parameters.withUnsafeMutableBufferPointer {
                // From the second number on, where no vector begins.
                S.descend(
                    $0.baseAddress.unsafelyUnwrapped + 1, with: gradients, count: count, rate: 0.3,
                    decay: S(decay))
            }
            var expected = old
            for index in 0..<count {
                let parameter = old[index + 1]
                expected[index + 1] =
                    parameter - 0.3 * (gradients[index] + S(decay) * parameter)
            }
            #expect(parameters == expected)
            #expect(abs(sum - gradients.reduce(0, +)) < 1e-3)
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("numbers are added to sums, and summed", arguments: counts)
    func sums(count: Int) {
        func check<S: FloatingReal>(_ type: S.Type) {
            let (terms, first) = (numbers(count, S.self), numbers(count + 1, S.self, seed: 1))
            var sums = first
            #expect(S.add(terms, to: &sums, count: count))
            #expect(sums == zip(first, terms).map(+) + [first[count]])
            #expect(abs(S.sum(terms, count: count) - terms.reduce(0, +)) < 1e-3)
        }
        check(Float.self)
        check(Double.self)
    }

    @Test("relu and its derivative have the bits of their formulas", arguments: counts)
    func rectifiers(count: Int) {
        func check<S: FloatingReal>(_ type: S.Type) {
            let relu = ReLU<S>()
            var z = numbers(count, S.self)
            let special: [S] = [.nan, -0.0, 0, .infinity, -.infinity]
            for (index, value) in special.enumerated() where index < count {
                z[count - 1 - index] = value
            }
            let gradients = numbers(count + 1, S.self, seed: 1)
            let expected = z.map { relu.value(at: $0) }
            var a = [S](repeating: -1, count: count + 1)
            S.rectify(z, into: &a, count: count)
            #expect(bits(a) == bits(expected + [-1]))
            // Where they are.
            z.withUnsafeMutableBufferPointer {
                guard let z = $0.baseAddress else { return }
                S.rectify(z, into: z, count: count)
            }
            #expect(bits(z) == bits(expected))
            var pulled = gradients
            S.rectifyBack(&pulled, a, count: count)
            let slopes = expected.map { relu.slope(at: 0, value: $0) } + [1]
            #expect(pulled == zip(gradients, slopes).map(*))
        }
        check(Float.self)
        check(Double.self)
    }

    /// Which number, or which kind, each is.
    private func bits<S: FloatingReal>(_ values: [S]) -> [UInt64] {
        values.map { $0 == $0 ? Double($0).bitPattern : Double.nan.bitPattern }
    }

    @Test("a sum that isn't finite is seen, and one whose total alone overflows isn't")
    func finiteSums() {
        for count in [3, 40, 100] {
            var sums = [Float](repeating: 1e38, count: count)
            #expect(Float.add([Float](repeating: 1e38, count: count), to: &sums, count: count))
            for (place, spoilt) in [(0, Float.nan), (count - 1, .infinity)] {
                var terms = [Float](repeating: 0, count: count)
                terms[place] = spoilt
                var sums = terms
                sums[place] = 0
                #expect(!Float.add(terms, to: &sums, count: count))
            }
        }
    }

    @Test(
        "a panel is multiplied term after term, and rows are copied meanwhile",
        .enabled(if: Float.multipliesPanels && Double.multipliesPanels),
        arguments: [16, 19, 64, 7], [0, 1, 4, 6, 11, 12, 13, 31])
    func panelProducts(inputs: Int, rows: Int) {
        func check<S: FloatingReal>(_ type: S.Type, rowsAtATime: Int, copiedAtATime: Int) {
            let units = 40
            let (x, weights) = (
                numbers(rows * inputs + 1, S.self), numbers(32 * inputs, S.self, seed: 1)
            )
            let (former, table) = (
                numbers(rows * units + 1, S.self, seed: 2), numbers(9 * inputs, S.self, seed: 3)
            )
            let order: [Int32] = [3, 8, 0, 5, 7, 1]
            for count in 0...order.count {
                var z = former
                var target = [S](repeating: -1, count: order.count * inputs + 1)
                let copied = z.withUnsafeMutableBufferPointer { z in
                    target.withUnsafeMutableBufferPointer { target in
                        table.withUnsafeBufferPointer { table in
                            order.withUnsafeBufferPointer { order in
                                S.multiplyPanel(
                                    // From the second number on, where no vector begins.
                                    Array(x.dropFirst()), inputs: inputs, weights,
                                    into: z.baseAddress.unsafelyUnwrapped + 1, units: units,
                                    rows: rows,
                                    making: RowCopies(
                                        table: table.baseAddress, order: order.baseAddress,
                                        target: target.baseAddress.unsafelyUnwrapped + 1,
                                        count: count))
                            }
                        }
                    }
                }
                var expected = former
                for row in 0..<rows {
                    for unit in 0..<32 {
                        for input in 0..<inputs {
                            expected[1 + row * units + unit].addProduct(
                                x[1 + row * inputs + input], weights[input * 32 + unit])
                        }
                    }
                }
                #expect(z == expected)
                // Whole steps, one with each of the larger tiles.
                #expect(
                    copied
                        == min(rows / rowsAtATime, count / copiedAtATime) * copiedAtATime)
                let rows = order.prefix(copied).flatMap {
                    table[Int($0) * inputs..<(Int($0) + 1) * inputs]
                }
                #expect(
                    target
                        == [-1] + rows + Array(repeating: -1, count: target.count - 1 - rows.count))
            }
        }
        check(Float.self, rowsAtATime: 12, copiedAtATime: 4)
        check(Double.self, rowsAtATime: 6, copiedAtATime: 2)
    }

    /// Numbers from −1 to 1, the same for the same seed.
    private func numbers<S: FloatingReal>(
        _ count: Int, _ type: S.Type, seed: UInt64 = 0
    ) -> [S] {
        var generator = Generator(seed: seed)
        return (0..<count).map { _ in S(2 * generator.uniform() - 1) }
    }
}
