import CBLAS
import CVectors
import Glibc
import NablaNetworks

/// What the mathematics needs of a number type: `Float` and `Double` have it, and `Dual`, by which
/// derivatives are differentiated once more.
protocol Real: Numbers, SignedNumeric, Comparable, BitwiseCopyable, Sendable {
    /// Four of them side by side; see `Lanes`.
    associatedtype Four: FourNumbers where Four.Number == Self

    init(_ value: Double)
    init(_ value: Int)
    /// The number as float64; of a dual number its value alone.
    var wide: Double { get }
    /// The whole number, of one that counts something, such as a token or a class.
    var index: Int { get }
    var isFinite: Bool { get }
    /// Whether numbers carry a derivative along, which formulas that fold cases together would lose.
    static var carriesTangents: Bool { get }
    // Again, so that it is clear which of two protocols' is meant.
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    static prefix func - (number: Self) -> Self
    static func /= (left: inout Self, right: Self)
    func squareRoot() -> Self
    /// The nearest whole number.
    func rounded() -> Self
    static func exponential(ofLanes x: Lanes<Self>) -> Lanes<Self>
    static func decay(ofLanes x: Lanes<Self>) -> Lanes<Self>
    static func logarithm(ofLanesPlusOne x: Lanes<Self>) -> Lanes<Self>
    /// eˣ − 1, exact where x is small.
    static func exponentialMinusOne(_ x: Self) -> Self
    /// 1 − erf x, exact in the upper tail.
    static func complementaryError(_ x: Self) -> Self
    /// OpenBLAS's product C = op(A)·op(B) + β·C of row-major matrices; see `MatrixProduct`.
    static func multiply(
        _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ size: MatrixProduct,
        _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafePointer<Self>, _ ldb: Int, beta: Self,
        _ c: UnsafeMutablePointer<Self>)
    /// The code of a product compiled by libxsmm, or nil; see `ProductKernel`.
    static func compile(_ size: MatrixProduct, _ form: ProductForm) -> UnsafeRawPointer?
    /// Runs such code on column-major matrices.
    static func run(
        _ kernel: UnsafeRawPointer, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>,
        _ c: UnsafeMutablePointer<Self>)
    /// Whether products may be compiled for this type.
    static var compilesProducts: Bool { get }
    /// Whether all of `count` numbers are finite; see `Finiteness`.
    static func areFinite(_ values: UnsafePointer<Self>, count: Int) -> Bool
    /// Adds a number to each of as many sums: whether all sums are finite then.
    static func add(
        _ terms: UnsafePointer<Self>, to sums: UnsafeMutablePointer<Self>, count: Int
    ) -> Bool
    /// Writes relu of numbers, as `ReLU` has it, to `a`, which may be the same memory.
    static func rectify(
        _ z: UnsafePointer<Self>, into a: UnsafeMutablePointer<Self>, count: Int)
    /// Multiplies gradients by relu′, given a = relu(z).
    static func rectifyBack(
        _ gradients: UnsafeMutablePointer<Self>, _ a: UnsafePointer<Self>, count: Int)
    /// Writes a row-major (rows, columns) matrix as (columns, rows), whose rows lie `stride` apart: the
    /// sum of its numbers, in whatever order.
    @discardableResult
    static func transpose(
        _ source: UnsafePointer<Self>, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Self>, stride: Int
    ) -> Self
    /// Whether `multiplyPanel` is there for this type on this processor.
    static var multipliesPanels: Bool { get }
    /// z (n, 32) + x (n, i) · W (i, 32), with z's rows `units` apart, for the weights of a whole panel, while
    /// some of `copies` are made.
    ///
    /// - Returns: How many.
    static func multiplyPanel(
        _ x: UnsafePointer<Self>, inputs: Int, _ weights: UnsafePointer<Self>,
        into z: UnsafeMutablePointer<Self>, units: Int, rows: Int, making copies: RowCopies<Self>
    ) -> Int
    /// The part of a workspace that is of this type.
    static func memory(of workspace: Workspace) -> WorkspaceMemory<Self>
}

/// The number types of requests and tensors.
///
/// `Codable` because the compiler asks for it beside `SIMDScalar`.
protocol FloatingReal: Real, FloatingNumbers, VectorScalar, Scalar
where Four == SIMD4<Self> {
    /// eˣ of numbers of this type.
    static func exponential<N: FloatingNumbers>(of x: N) -> N
    /// e⁻ˣ of numbers of this type from 0.
    static func decay<N: FloatingNumbers>(of x: N) -> N
    /// ln(1 + x) of numbers of this type from 0 to 1.
    static func logarithm<N: FloatingNumbers>(ofOnePlus x: N) -> N
    /// The sum of numbers, in whatever order.
    static func sum(_ values: UnsafePointer<Self>, count: Int) -> Self
    /// Adds a number to each of as many sums: the sum of those, in whatever order.
    static func sum(
        adding terms: UnsafePointer<Self>, to sums: UnsafeMutablePointer<Self>, count: Int
    ) -> Self
    /// θ ← θ − η·(g + λθ) for as many parameters: the sum of their gradients, in whatever order.
    static func descend(
        _ parameters: UnsafeMutablePointer<Self>, with gradients: UnsafePointer<Self>, count: Int,
        rate: Self, decay: Self
    ) -> Self
}

extension FloatingReal {
    @inline(__always)
    var wide: Double { Double(self) }
    @inline(__always)
    var index: Int { Int(self) }
    static var carriesTangents: Bool { false }
    static var compilesProducts: Bool { true }
    static var multipliesPanels: Bool { nabla_multiplies_panels() }

    @inline(__always)
    static func areFinite(_ values: UnsafePointer<Self>, count: Int) -> Bool {
        Finiteness.vectorsHold(values, count: count)
    }

    static func add(
        _ terms: UnsafePointer<Self>, to sums: UnsafeMutablePointer<Self>, count: Int
    ) -> Bool {
        sum(adding: terms, to: sums, count: count).isFinite || areFinite(sums, count: count)
    }
}

extension Float: FloatingReal {
    typealias Four = SIMD4<Float>

    static func logarithm(_ x: Float) -> Float { log(x) }
    static func exponentialMinusOne(_ x: Float) -> Float { expm1(x) }
    static func complementaryError(_ x: Float) -> Float { erfc(x) }

    static func multiply(
        _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ size: MatrixProduct,
        _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, beta: Float,
        _ c: UnsafeMutablePointer<Float>
    ) {
        nabla_sgemm(
            transposeA, transposeB, Int32(size.m), Int32(size.n), Int32(size.k), a, Int32(lda), b,
            Int32(ldb), beta, c)
    }

    static func rectify(
        _ z: UnsafePointer<Float>, into a: UnsafeMutablePointer<Float>, count: Int
    ) { nabla_rectify_float(z, a, count) }

    static func rectifyBack(
        _ gradients: UnsafeMutablePointer<Float>, _ a: UnsafePointer<Float>, count: Int
    ) { nabla_rectify_back_float(gradients, a, count) }

    static func transpose(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Float>, stride: Int
    ) -> Float { nabla_transpose_float(source, rows, columns, target, stride) }

    static func sum(_ values: UnsafePointer<Float>, count: Int) -> Float {
        nabla_sum_float(values, count)
    }

    static func sum(
        adding terms: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, count: Int
    ) -> Float { nabla_add_float(sums, terms, count) }

    static func descend(
        _ parameters: UnsafeMutablePointer<Float>, with gradients: UnsafePointer<Float>, count: Int,
        rate: Float, decay: Float
    ) -> Float { nabla_descend_float(parameters, gradients, count, rate, decay) }

    static func multiplyPanel(
        _ x: UnsafePointer<Float>, inputs: Int, _ weights: UnsafePointer<Float>,
        into z: UnsafeMutablePointer<Float>, units: Int, rows: Int, making copies: RowCopies<Float>
    ) -> Int {
        nabla_multiply_panel_float(
            x, inputs, weights, z, units, rows, copies.table, copies.order, copies.target,
            copies.count)
    }

    static func memory(of workspace: Workspace) -> WorkspaceMemory<Float> { workspace.single }
}

extension Double: FloatingReal {
    typealias Four = SIMD4<Double>

    static func logarithm(_ x: Double) -> Double { log(x) }
    static func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }
    static func complementaryError(_ x: Double) -> Double { erfc(x) }
    /// cos x.
    static func cosine(_ x: Double) -> Double { cos(x) }

    static func multiply(
        _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ size: MatrixProduct,
        _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafePointer<Double>, _ ldb: Int,
        beta: Double, _ c: UnsafeMutablePointer<Double>
    ) {
        nabla_dgemm(
            transposeA, transposeB, Int32(size.m), Int32(size.n), Int32(size.k), a, Int32(lda), b,
            Int32(ldb), beta, c)
    }

    static func rectify(
        _ z: UnsafePointer<Double>, into a: UnsafeMutablePointer<Double>, count: Int
    ) { nabla_rectify_double(z, a, count) }

    static func rectifyBack(
        _ gradients: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Double>, count: Int
    ) { nabla_rectify_back_double(gradients, a, count) }

    static func transpose(
        _ source: UnsafePointer<Double>, rows: Int, columns: Int,
        into target: UnsafeMutablePointer<Double>, stride: Int
    ) -> Double { nabla_transpose_double(source, rows, columns, target, stride) }

    static func sum(_ values: UnsafePointer<Double>, count: Int) -> Double {
        nabla_sum_double(values, count)
    }

    static func sum(
        adding terms: UnsafePointer<Double>, to sums: UnsafeMutablePointer<Double>, count: Int
    ) -> Double { nabla_add_double(sums, terms, count) }

    static func descend(
        _ parameters: UnsafeMutablePointer<Double>, with gradients: UnsafePointer<Double>,
        count: Int, rate: Double, decay: Double
    ) -> Double { nabla_descend_double(parameters, gradients, count, rate, decay) }

    static func multiplyPanel(
        _ x: UnsafePointer<Double>, inputs: Int, _ weights: UnsafePointer<Double>,
        into z: UnsafeMutablePointer<Double>, units: Int, rows: Int,
        making copies: RowCopies<Double>
    ) -> Int {
        nabla_multiply_panel_double(
            x, inputs, weights, z, units, rows, copies.table, copies.order, copies.target,
            copies.count)
    }

    static func memory(of workspace: Workspace) -> WorkspaceMemory<Double> { workspace.double }
}
