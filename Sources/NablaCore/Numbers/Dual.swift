import CBLAS

/// A dual number v + t·ε with ε² = 0: a value and the derivative of it along one direction.
///
/// A computation in dual numbers gives its result and, in the tangents, the result's derivative,
/// exactly as its formulas have it: the passes, run in dual numbers at θ + ε·v, give the gradient and
/// the Hessian times v (forward over reverse).
/// - Source: Clifford 1873; Pearlmutter 1994, "Fast exact multiplication by the Hessian"; Griewank &
///   Walther 2008, chapter 5.
struct Dual: Real {
    typealias Four = FourDuals

    var value: Double
    var tangent: Double

    init(_ value: Double, tangent: Double) {
        self.value = value
        self.tangent = tangent
    }

    init(_ value: Double) { self.init(value, tangent: 0) }
    init(_ value: Int) { self.init(Double(value), tangent: 0) }
    init(floatLiteral value: Double) { self.init(value, tangent: 0) }
    init(integerLiteral value: Int) { self.init(Double(value), tangent: 0) }

    init?(exactly source: some BinaryInteger) {
        guard let value = Double(exactly: source) else { return nil }
        self.init(value)
    }

    var wide: Double { value }
    var index: Int { Int(value) }
    var isFinite: Bool { value.isFinite && tangent.isFinite }
    var magnitude: Dual { value < 0 ? -self : self }
    static var carriesTangents: Bool { true }
    static var compilesProducts: Bool { false }
    static var multipliesPanels: Bool { false }

    // MARK: Arithmetic

    static func + (left: Dual, right: Dual) -> Dual {
        Dual(left.value + right.value, tangent: left.tangent + right.tangent)
    }

    static func - (left: Dual, right: Dual) -> Dual {
        Dual(left.value - right.value, tangent: left.tangent - right.tangent)
    }

    static func * (left: Dual, right: Dual) -> Dual {
        Dual(
            left.value * right.value,
            tangent: left.tangent * right.value + left.value * right.tangent)
    }

    static func / (left: Dual, right: Dual) -> Dual {
        let quotient = left.value / right.value
        return Dual(quotient, tangent: (left.tangent - quotient * right.tangent) / right.value)
    }

    static func *= (left: inout Dual, right: Dual) { left = left * right }
    static func /= (left: inout Dual, right: Dual) { left = left / right }

    static prefix func - (number: Dual) -> Dual { Dual(-number.value, tangent: -number.tangent) }

    /// Numbers are ordered by their values: which case of a formula holds depends on nothing else.
    static func < (left: Dual, right: Dual) -> Bool { left.value < right.value }
    static func == (left: Dual, right: Dual) -> Bool { left.value == right.value }

    // MARK: Functions

    /// f(v) + f′(v)·t·ε; a tangent of 0 stays 0 where f′ is infinite.
    private func mapped(_ value: Double, slope: @autoclosure () -> Double) -> Dual {
        Dual(value, tangent: tangent == 0 ? 0 : slope() * tangent)
    }

    func squareRoot() -> Dual {
        let root = value.squareRoot()
        return mapped(root, slope: 0.5 / root)
    }

    func rounded() -> Dual { Dual(value.rounded()) }

    static func exponential(_ x: Dual) -> Dual {
        let power = Double.exponential(x.value)
        return x.mapped(power, slope: power)
    }

    static func logarithm(_ x: Dual) -> Dual {
        x.mapped(Double.logarithm(x.value), slope: 1 / x.value)
    }

    static func logarithmOfOnePlus(_ x: Dual) -> Dual {
        x.mapped(Double.logarithmOfOnePlus(x.value), slope: 1 / (1 + x.value))
    }

    static func exponentialMinusOne(_ x: Dual) -> Dual {
        x.mapped(Double.exponentialMinusOne(x.value), slope: Double.exponential(x.value))
    }

    static func complementaryError(_ x: Dual) -> Dual {
        // −2/√π
        let factor = -1.128_379_167_095_512_573_9
        return x.mapped(
            Double.complementaryError(x.value),
            slope: factor * Double.exponential(-x.value * x.value))
    }

    // MARK: Many numbers

    static func areFinite(_ values: UnsafePointer<Dual>, count: Int) -> Bool {
        (0..<count).allSatisfy { values[$0].isFinite }
    }

    static func add(
        _ terms: UnsafePointer<Dual>, to sums: UnsafeMutablePointer<Dual>, count: Int
    ) -> Bool {
        for index in 0..<count { sums[index] += terms[index] }
        return areFinite(sums, count: count)
    }

    static func rectify(
        _ z: UnsafePointer<Dual>, into a: UnsafeMutablePointer<Dual>, count: Int
    ) { ReLU<Dual>().apply(to: z, into: a, count: count) }

    static func rectifyBack(
        _ gradients: UnsafeMutablePointer<Dual>, _ a: UnsafePointer<Dual>, count: Int
    ) { ReLU<Dual>().pullBack(gradients, z: a, a: a, count: count) }

    static func transpose(
        _ source: UnsafePointer<Dual>, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Dual>, stride: Int
    ) -> Dual {
        var sum: Dual = 0
        for row in 0..<rows {
            for column in 0..<columns {
                let number = source[row &* columns &+ column]
                target[column &* stride &+ row] = number
                sum += number
            }
        }
        return sum
    }

    /// A·B + ε·(Ȧ·B + A·Ḃ): three products of float64.
    static func multiply(
        _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ size: MatrixProduct,
        _ a: UnsafePointer<Dual>, _ lda: Int, _ b: UnsafePointer<Dual>, _ ldb: Int, beta: Dual,
        _ c: UnsafeMutablePointer<Dual>
    ) {
        let (rowsOfA, rowsOfB) = (
            transposeA == CblasNoTrans ? size.m : size.k,
            transposeB == CblasNoTrans ? size.k : size.n
        )
        let (a, b) = (Parts(a, rowsOfA * lda), Parts(b, rowsOfB * ldb))
        var c0 = Parts(c, size.m * size.n)
        func add(_ left: [Double], _ right: [Double], _ beta: Double, _ result: inout [Double]) {
            Double.multiply(
                transposeA, transposeB, size, left, lda, right, ldb, beta: beta, &result)
        }
        add(a.values, b.values, beta.value, &c0.values)
        add(a.tangents, b.values, beta.value, &c0.tangents)
        add(a.values, b.tangents, 1, &c0.tangents)
        for index in c0.values.indices {
            c[index] = Dual(c0.values[index], tangent: c0.tangents[index])
        }
    }

    /// The values and the tangents of dual numbers, apart.
    private struct Parts {
        var values: [Double]
        var tangents: [Double]

        init(_ numbers: UnsafePointer<Dual>, _ count: Int) {
            values = (0..<count).map { numbers[$0].value }
            tangents = (0..<count).map { numbers[$0].tangent }
        }
    }

    static func compile(_ size: MatrixProduct, _ form: ProductForm) -> UnsafeRawPointer? { nil }

    static func run(
        _ kernel: UnsafeRawPointer, _ a: UnsafePointer<Dual>, _ b: UnsafePointer<Dual>,
        _ c: UnsafeMutablePointer<Dual>
    ) {}

    static func multiplyPanel(
        _ x: UnsafePointer<Dual>, inputs: Int, _ weights: UnsafePointer<Dual>,
        into z: UnsafeMutablePointer<Dual>, units: Int, rows: Int, making copies: RowCopies<Dual>
    ) -> Int { 0 }

    static func memory(of workspace: Workspace) -> WorkspaceMemory<Dual> { workspace.dual }
}
