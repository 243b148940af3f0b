import Foundation
import NablaNetworks
import Testing

@testable import NablaCore

@Suite("Numbers")
struct NumberTests {
    @Test("eˣ is within 1.5 ulp in float32, over its whole range")
    func exponentialFloat() {
        var worst = 0.0
        for step in 0...400_000 {
            let x = Float(-103.9 + 192.6 * Double(step) / 400_000)
            let exact = exp(Double(x))
            let ulp = Double(max(Float(exact), Float.leastNormalMagnitude).ulp)
            guard exact < Double(Float.greatestFiniteMagnitude) else { continue }
            worst = max(worst, abs(Double(Float.exponential(x)) - exact) / ulp)
        }
        #expect(worst < 1.5)
    }

    @Test("eˣ is within 2 ulp of the C library in float64, over its whole range")
    func exponentialDouble() {
        var worst = 0.0
        for step in 0...400_000 {
            let x = -745 + 1454.7 * Double(step) / 400_000
            let exact = exp(x)
            let ulp = max(exact, Double.leastNormalMagnitude).ulp
            worst = max(worst, abs(Double.exponential(x) - exact) / ulp)
        }
        #expect(worst < 2)
    }

    @Test("e⁻ˣ has the bits of eˣ at −x, down to 0")
    func decay() {
        for step in 0...100_000 {
            let x = 760 * Double(step) / 100_000
            #expect(Double.decay(x) == Double.exponential(-x))
            #expect(Float.decay(Float(x)) == Float.exponential(-Float(x)))
        }
        #expect(Double.decay(.infinity) == 0 && Float.decay(.infinity) == 0)
        #expect(Double.decay(.nan).isNaN && Float.decay(.nan).isNaN)
    }

    @Test("ln(1 + x) for x from 0 to 1 is within 3 ulp of the C library, tanh x within 5")
    func logarithmAndTangent() {
        var worst = (0.0, 0.0, 0.0, 0.0)
        for step in 1...200_000 {
            let x = pow(2, -40 * Double(step) / 200_000)
            worst.0 = max(worst.0, abs(Double.logarithmOfOnePlus(x) - log1p(x)) / log1p(x).ulp)
            let single = Float(x)
            let exact = log1p(Double(single))
            let logarithm = Double(Float.logarithmOfOnePlus(single))
            worst.1 = max(worst.1, abs(logarithm - exact) / Double(Float(exact).ulp))
            let z = 20 * x
            let tangent = HyperbolicTangent<Double>().value(at: -z)
            worst.2 = max(worst.2, abs(tangent + tanh(z)) / tanh(z).ulp)
            let singleTangent = Double(HyperbolicTangent<Float>().value(at: Float(z)))
            let exactTangent = tanh(Double(Float(z)))
            worst.3 = max(
                worst.3, abs(singleTangent - exactTangent) / Double(Float(exactTangent).ulp))
        }
        #expect(worst.0 < 3 && worst.1 < 3 && worst.2 < 5 && worst.3 < 5, "\(worst)")
        #expect(Double.logarithmOfOnePlus(0) == 0)
        #expect(HyperbolicTangent<Double>().value(at: 0) == 0)
        #expect(HyperbolicTangent<Float>().value(at: .infinity) == 1)
    }

    @Test("eˣ at 0, at both ends and for NaN")
    func exponentialEnds() {
        #expect(Float.exponential(0) == 1 && Double.exponential(0) == 1)
        #expect(Float.exponential(-0.0) == 1)
        for x in [90, 1000, Double.infinity] {
            #expect(Float.exponential(Float(x)) == .infinity)
            #expect(Double.exponential(x * 8) == .infinity)
            #expect(Float.exponential(Float(-x - 20)) == 0)
            #expect(Double.exponential(-x * 9) == 0)
        }
        #expect(Double.exponential(-745) > 0 && Float.exponential(-103) > 0)
        #expect(Float.exponential(.nan).isNaN && Double.exponential(.nan).isNaN)
    }

    @Test(
        "products by loops and by OpenBLAS are those of the definition",
        arguments: [1, 3, 7, 8, 40])
    func products(_ size: Int) {
        var generator = Generator(seed: UInt64(size))
        let (m, n, k) = (size, size + 2, size + 1)
        let product = MatrixProduct(m: m, n: n, k: k)
        let a = generator.normals(m * k)
        let b = generator.normals(n * k)
        func check(
            _ c: [Double], adding: Double = 0, _ a: (Int, Int) -> Double, _ b: (Int, Int) -> Double
        ) {
            for i in 0..<m {
                for j in 0..<n {
                    let sum = (0..<k).reduce(adding) { $0 + a(i, $1) * b($1, j) }
                    #expect(abs(c[i * n + j] - sum) < 1e-12)
                }
            }
        }
        var c = [Double](repeating: .nan, count: m * n)
        product.rowsByRows(a, b, into: &c)
        check(c, { a[$0 * k + $1] }, { b[$1 * k + $0] })
        c = [Double](repeating: .nan, count: m * n)
        product.rowsByColumns(a, b, into: &c)
        check(c, { a[$0 * k + $1] }, { b[$0 * n + $1] })
        c = [Double](repeating: .nan, count: m * n)
        product.columnsByColumns(a, stride: m, b, into: &c, adding: false)
        check(c, { a[$1 * m + $0] }, { b[$0 * n + $1] })
        c = [Double](repeating: 1, count: m * n)
        product.columnsByColumns(a, stride: m, b, into: &c, adding: true)
        check(c, adding: 1, { a[$1 * m + $0] }, { b[$0 * n + $1] })
    }

    @Test("one number that isn't finite is found at every place", arguments: [1, 7, 8, 9, 30])
    func finiteness(_ count: Int) {
        let values = [Float](repeating: .greatestFiniteMagnitude, count: count)
        #expect(Finiteness.holds(values))
        for place in 0..<count {
            for bad in [Float.nan, .infinity, -.infinity] {
                var spoilt = values
                spoilt[place] = bad
                #expect(!Finiteness.holds(spoilt))
                #expect(Finiteness.firstFailure(spoilt, count: count) == place)
            }
        }
    }

    @Test("a batch's blocks cover it once, in order, at most 256 samples each")
    func partition() {
        for count in [1, 32, 128, 256, 257, 1000, 1024, 4096, 4097, 60_000, 1_000_003] {
            for parameters in [1, 100_000, 1 << 24, 1 << 27] {
                let partition = Partition(count: count, numbers: parameters)
                var next = 0
                for positions in partition.allPositions {
                    #expect(positions.lowerBound == next && positions.count <= partition.rows)
                    next = positions.upperBound
                }
                #expect(next == count && partition.rows <= 256)
                #expect(partition.shards == 1 || partition.shards * parameters <= 1 << 25)
            }
        }
        #expect(Partition(count: 256, numbers: 100).shards == 1)
        #expect(Partition(count: 1024, numbers: 100).shards == 4)
    }

    @Test("blocks are shorter where a sample has very many numbers")
    func shorterBlocks() throws {
        func plan(width: Int) throws -> Plan<Float> {
            let layers = (0..<3).map { _ in Layer(.activation(.tanh)) }
            return try Plan(Network(inputShape: [width], layers: layers), samples: 600)
        }
        let wide = try plan(width: 1 << 18)
        let partition = Partition(count: 600, of: wide)
        #expect(partition.shards == 1 && partition.rows < 256)
        // As many as there is room for.
        #expect(partition.rows * wide.sizes.ofSample <= 1 << 28)
        #expect((partition.rows + 1) * wide.sizes.ofSample > 1 << 28)
        #expect(partition.allPositions.flatMap { Array($0) } == Array(0..<600))
        #expect(Partition(count: 256, of: try plan(width: 100)).rows == 256)
    }
}

@Suite("The generator of pseudo-random numbers")
struct GeneratorTests {
    @Test("xoshiro256** from a state of 1, 2, 3, 4, as its authors' code gives")
    func knownAnswers() {
        var generator = Generator(state: (1, 2, 3, 4))
        #expect(
            (0..<4).map { _ in generator.next() } == [
                11520, 0, 1_509_978_240, 1_215_971_899_390_074_240,
            ])
    }

    @Test("splitmix64 fills the state from the seed, as its author's code gives")
    func seeding() {
        #expect(Generator(seed: 0).state.0 == 0xe220_a839_7b1d_cdaf)
        #expect(Generator(seed: 0).state.1 == 0x6e78_9e6a_a1b9_65f4)
        #expect(Generator(seed: 1) != Generator(seed: 2))
    }

    @Test("uniform, normal and bounded numbers have their moments")
    func moments() {
        var generator = Generator(seed: 8)
        let count = 20_000
        let uniform = (0..<count).map { _ in generator.uniform() }
        #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(uniform.reduce(0, +) / Double(count) - 0.5) < 0.01)
        let normal = generator.normals(count)
        #expect(abs(normal.reduce(0, +) / Double(count)) < 0.03)
        #expect(abs(normal.reduce(0) { $0 + $1 * $1 } / Double(count) - 1) < 0.05)
        var hits = [0, 0, 0]
        for _ in 0..<count { hits[generator.index(below: 3)] += 1 }
        #expect(hits.allSatisfy { abs($0 - count / 3) < 300 })
    }

    @Test("an order holds each position once and is drawn anew")
    func orders() {
        var generator = Generator(seed: 2)
        var orders = [[Int32]](repeating: [Int32](repeating: 0, count: 100), count: 2)
        for index in orders.indices { generator.fill(&orders[index]) }
        #expect(orders[0] != orders[1])
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<100) })
    }

    @Test(
        "initializers draw within their limits and with their variances",
        arguments: Initializer.allCases)
    func initializers(_ initializer: Initializer) throws {
        var generator = Generator(seed: 6)
        let layer = Layer(.dense(try Dense(units: 20, activation: .identity)))
        let shapes = try #require(layer.parameterShapes(reading: [30]))
        let values = (0..<20_000).map { _ in initializer.draw(shapes, from: &generator) }
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        let largest = values.map { abs($0) }.max() ?? 0
        // A uniform distribution on [−l, l] has the variance l²/3.
        let (wantedMean, wantedVariance, limit): (Double, Double, Double) =
            switch initializer {
            case .glorotUniform: (0, 2.0 / 50, (6.0 / 50).squareRoot())
            case .glorotNormal: (0, 2.0 / 50, .infinity)
            case .heUniform: (0, 2.0 / 30, (6.0 / 30).squareRoot())
            case .heNormal: (0, 2.0 / 30, .infinity)
            case .lecunNormal: (0, 1.0 / 30, .infinity)
            case .standardNormal: (0, 1, .infinity)
            case .zeros: (0, 0, 0)
            case .ones: (1, 0, 1)
            case .normal: (0, 0.0025, .infinity)
            case .uniform: (0, 0.0025 / 3, 0.05)
            }
        #expect(abs(mean - wantedMean) < 0.01)
        #expect(abs(variance - wantedVariance) <= 0.05 * wantedVariance)
        #expect(largest <= limit)
    }
}
