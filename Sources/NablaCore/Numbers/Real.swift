import CBLAS
import Glibc
import NablaNetworks

/// What the mathematics needs of a number type: `Float` and `Double` have it, and `Dual`, by which
/// derivatives are differentiated once more.
protocol Real: SignedNumeric, Comparable, ExpressibleByFloatLiteral, BitwiseCopyable, Sendable {
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
    static func / (left: Self, right: Self) -> Self
    static func /= (left: inout Self, right: Self)
    func squareRoot() -> Self
    /// The nearest whole number.
    func rounded() -> Self
    /// eˣ, written without branches so that loops over it are vectorised.
    static func exponential(_ x: Self) -> Self
    /// ln x.
    static func logarithm(_ x: Self) -> Self
    /// ln(1 + x) for x from 0 to 1, without branches, exact where x is small.
    static func logarithmOfOnePlus(_ x: Self) -> Self
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
    /// Transposes 4 × 4 numbers between rows that lie `stride`s apart; see `Transposition`.
    static func transposeBlock(
        _ source: UnsafePointer<Self>, stride: Int, into target: UnsafeMutablePointer<Self>,
        stride targetStride: Int)
    /// The part of a workspace that is of this type.
    static func memory(of workspace: Workspace) -> WorkspaceMemory<Self>
}

/// The number types of requests and tensors.
///
/// `Codable` because the compiler asks for it beside `SIMDScalar`.
protocol FloatingReal: Real, Scalar, SIMDScalar, Codable {}

extension FloatingReal {
    @inline(__always)
    var wide: Double { Double(self) }
    @inline(__always)
    var index: Int { Int(self) }
    static var carriesTangents: Bool { false }
    static var compilesProducts: Bool { true }

    @inline(__always)
    static func areFinite(_ values: UnsafePointer<Self>, count: Int) -> Bool {
        Finiteness.vectorsHold(values, count: count)
    }

    @inline(__always)
    static func transposeBlock(
        _ source: UnsafePointer<Self>, stride: Int, into target: UnsafeMutablePointer<Self>,
        stride targetStride: Int
    ) {
        Transposition.transposeVectors(source, stride: stride, into: target, stride: targetStride)
    }
}

extension Float: FloatingReal {
    typealias Four = SIMD4<Float>

    /// Cody–Waite reduction to |r| ≤ ½ ln 2 and the Taylor polynomial of degree 7.
    @inline(__always)
    static func exponential(_ x: Float) -> Float {
        // Comparisons that are false for NaN let it through; beyond the bounds eˣ is 0 or ∞.
        let low: Float = x < -104 ? -104 : x
        let clamped: Float = low > 89 ? 89 : low
        // Adding 1.5·2²³ rounds to an integer and leaves it in the lowest bits.
        let shifter: Float = 0x1.8p23
        let n = (clamped * 1.442_695_04 + shifter) - shifter
        let r = (clamped - n * 0x1.62e4p-1) - n * 0x1.7f7d_1cp-20
        var p: Float = 1 / 5040
        p = p * r + 1 / 720
        p = p * r + 1 / 120
        p = p * r + 1 / 24
        p = p * r + 1 / 6
        p = p * r + 0.5
        // eʳ = 1 + (r + r²·p): the sum of small terms first keeps the last bit.
        p = 1 + (p * (r * r) + r)
        // 2ⁿ in two factors, so that subnormal results and ∞ come out by themselves.
        let halved = n * 0.5 + shifter
        let rest = (n - (halved - shifter)) + shifter
        let one: UInt32 = 0x3f80_0000
        let first = Float(bitPattern: (halved.bitPattern &<< 23) &+ one)
        let second = Float(bitPattern: (rest.bitPattern &<< 23) &+ one)
        return p * first * second
    }

    /// 2·artanh s = 2(s + s³/3 + s⁵/5 + …) with s = x/(2 + x) ≤ ⅓, up to s¹⁵.
    @inline(__always)
    static func logarithmOfOnePlus(_ x: Float) -> Float {
        let s = x / (2 + x)
        let t = s * s
        var p: Float = 1 / 15
        p = p * t + 1 / 13
        p = p * t + 1 / 11
        p = p * t + 1 / 9
        p = p * t + 1 / 7
        p = p * t + 1 / 5
        p = p * t + 1 / 3
        return 2 * s + 2 * s * (t * p)
    }

    static func logarithm(_ x: Float) -> Float { log(x) }
    static func exponentialMinusOne(_ x: Float) -> Float { expm1(x) }
    static func complementaryError(_ x: Float) -> Float { erfc(x) }

    static func multiply(
        _ transposeA: CBLAS_TRANSPOSE, _ transposeB: CBLAS_TRANSPOSE, _ size: MatrixProduct,
        _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int, beta: Float,
        _ c: UnsafeMutablePointer<Float>
    ) {
        cblas_sgemm(
            CblasRowMajor, transposeA, transposeB, Int32(size.m), Int32(size.n), Int32(size.k),
            1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(size.n))
    }

    static func memory(of workspace: Workspace) -> WorkspaceMemory<Float> { workspace.single }
}

extension Double: FloatingReal {
    typealias Four = SIMD4<Double>

    /// Cody–Waite reduction to |r| ≤ ½ ln 2 and the Taylor polynomial of degree 13.
    @inline(__always)
    static func exponential(_ x: Double) -> Double {
        let low: Double = x < -746 ? -746 : x
        let clamped: Double = low > 710 ? 710 : low
        let shifter: Double = 0x1.8p52
        let n = (clamped * 1.442_695_040_888_963_4 + shifter) - shifter
        let r = (clamped - n * 0x1.62e4_2fee_0000_0p-1) - n * 0x1.a39e_f357_93c7_6p-33
        var p: Double = 1 / 6_227_020_800
        p = p * r + 1 / 479_001_600
        p = p * r + 1 / 39_916_800
        p = p * r + 1 / 3_628_800
        p = p * r + 1 / 362_880
        p = p * r + 1 / 40_320
        p = p * r + 1 / 5040
        p = p * r + 1 / 720
        p = p * r + 1 / 120
        p = p * r + 1 / 24
        p = p * r + 1 / 6
        p = p * r + 0.5
        p = 1 + (p * (r * r) + r)
        let halved = n * 0.5 + shifter
        let rest = (n - (halved - shifter)) + shifter
        let one: UInt64 = 0x3ff0_0000_0000_0000
        let first = Double(bitPattern: (halved.bitPattern &<< 52) &+ one)
        let second = Double(bitPattern: (rest.bitPattern &<< 52) &+ one)
        return p * first * second
    }

    /// 2·artanh s = 2(s + s³/3 + s⁵/5 + …) with s = x/(2 + x) ≤ ⅓, up to s³¹.
    @inline(__always)
    static func logarithmOfOnePlus(_ x: Double) -> Double {
        let s = x / (2 + x)
        let t = s * s
        var p: Double = 1 / 31
        p = p * t + 1 / 29
        p = p * t + 1 / 27
        p = p * t + 1 / 25
        p = p * t + 1 / 23
        p = p * t + 1 / 21
        p = p * t + 1 / 19
        p = p * t + 1 / 17
        p = p * t + 1 / 15
        p = p * t + 1 / 13
        p = p * t + 1 / 11
        p = p * t + 1 / 9
        p = p * t + 1 / 7
        p = p * t + 1 / 5
        p = p * t + 1 / 3
        return 2 * s + 2 * s * (t * p)
    }

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
        cblas_dgemm(
            CblasRowMajor, transposeA, transposeB, Int32(size.m), Int32(size.n), Int32(size.k),
            1, a, Int32(lda), b, Int32(ldb), beta, c, Int32(size.n))
    }

    static func memory(of workspace: Workspace) -> WorkspaceMemory<Double> { workspace.double }
}
