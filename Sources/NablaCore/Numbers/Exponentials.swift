// Polynomials are minimax ones of their degree, found by Remez's algorithm in 50 digits. Where an
// error is given, it is that of a polynomial with exact coefficients, relative to the result.

extension Float {
    /// e⁻ˣ as f·2ⁿ, where what is given in place of n has it in its lowest bits.
    ///
    /// Cody–Waite reduction to |r| ≤ ½ ln 2, and a polynomial of degree 6 whose error is 0.05·2⁻²⁴.
    @inline(__always)
    private static func parts<N: FloatingNumbers>(ofDecay x: N) -> (f: N, shifted: N) {
        // Adding 1.5·2²³ rounds to an integer and leaves it in the lowest bits.
        let shifter: N = 0x1.8p23
        let shifted = x * -1.442_695_04 + shifter
        let n = shifted - shifter
        let r = (x + n * 0x1.62e4p-1) + n * 0x1.7f7d_1cp-20
        let square = r * r
        // Even and odd terms apart: two short chains of operations in place of a long one.
        var even: N = 0.001_381_469_761_63
        even = even * square + 0.041_668_385_904_4
        even = even * square + 0.499_999_934_574
        let odd: N = 0.008_368_711_215_75 * square + 0.166_665_206_773
        // e⁻ʳ = 1 + (r²·p − r): the sum of small terms first keeps the last bit.
        return (1 + ((even - odd * r) * square - r), shifted)
    }

    @inline(__always)
    static func exponential<N: FloatingNumbers>(of x: N) -> N {
        // Comparisons that are false for NaN let it through; beyond the bounds eˣ is 0 or ∞.
        let low = N.choose(where: x, isLessThan: -104, -104, else: x)
        let (f, shifted) = parts(
            ofDecay: -N.choose(where: 89, isLessThan: low, 89, else: low))
        // 2ⁿ in two factors, so that subnormal results and ∞ come out by themselves.
        let shifter: N = 0x1.8p23
        let n = shifted - shifter
        let halved = n * 0.5 + shifter
        let rest = (n - (halved - shifter)) + shifter
        return f * N.powerOfTwo(halved) * N.powerOfTwo(rest)
    }

    @inline(__always)
    static func decay<N: FloatingNumbers>(of x: N) -> N {
        let (f, shifted) = parts(ofDecay: N.choose(where: 104, isLessThan: x, 104, else: x))
        // 2ⁿ⁺³⁰ is normal for all n; times 2⁻³⁰, subnormal results come out by themselves.
        return f * N.powerOfTwo(shifted + 30) * 0x1p-30
    }

    /// 2·artanh s = 2s + 2s³·p(s²) with s = x/(2 + x) ≤ ⅓; p has 4 terms, and an error of 0.07·2⁻²⁴.
    @inline(__always)
    static func logarithm<N: FloatingNumbers>(ofOnePlus x: N) -> N {
        let s = x / (2 + x)
        let t = s * s
        var p: N = 0.140_060_134_844
        p = p * t + 0.140_009_023_744
        p = p * t + 0.200_107_632_757
        p = p * t + 0.333_332_081_587
        let doubled = s + s
        return doubled + doubled * (t * p)
    }

    @inline(__always)
    static func powerOfTwo(_ shifted: Float) -> Float {
        Float(bitPattern: (shifted.bitPattern &<< 23) &+ 0x3f80_0000)
    }

    @inline(__always)
    static func powerOfTwo(_ shifted: SIMD4<Float>) -> SIMD4<Float> {
        let bits = unsafeBitCast(shifted, to: SIMD4<UInt32>.self)
        return unsafeBitCast(
            (bits &<< SIMD4(repeating: 23)) &+ SIMD4(repeating: 0x3f80_0000),
            to: SIMD4<Float>.self)
    }

    @inline(__always)
    static func choose(
        where left: SIMD4<Float>, isLessThan right: SIMD4<Float>, _ first: SIMD4<Float>,
        else second: SIMD4<Float>
    ) -> SIMD4<Float> {
        second.replacing(with: first, where: left .< right)
    }
}

extension Double {
    /// e⁻ˣ as f·2ⁿ, where what is given in place of n has it in its lowest bits.
    ///
    /// Cody–Waite reduction to |r| ≤ ½ ln 2, and a polynomial of degree 11 whose error is 0.03·2⁻⁵³.
    @inline(__always)
    private static func parts<N: FloatingNumbers>(ofDecay x: N) -> (f: N, shifted: N) {
        let shifter: N = 0x1.8p52
        let shifted = x * -1.442_695_040_888_963_4 + shifter
        let n = shifted - shifter
        let r = (x + n * 0x1.62e4_2fee_0000_0p-1) + n * 0x1.a39e_f357_93c7_6p-33
        let square = r * r
        var even: N = 2.763_023_444_951_515_966_22e-7
        even = even * square + 2.480_149_313_540_067_960_79e-5
        even = even * square + 1.388_888_894_359_789_786_95e-3
        even = even * square + 4.166_666_666_653_026_580_89e-2
        even = even * square + 0.500_000_000_000_001_061_718
        var odd: N = 2.500_002_140_589_220_490_75e-8
        odd = odd * square + 2.755_758_643_279_144_569_32e-6
        odd = odd * square + 1.984_126_950_659_225_438_43e-4
        odd = odd * square + 8.333_333_333_494_415_741_5e-3
        odd = odd * square + 0.166_666_666_666_664_126_661
        return (1 + ((even - odd * r) * square - r), shifted)
    }

    @inline(__always)
    static func exponential<N: FloatingNumbers>(of x: N) -> N {
        let low = N.choose(where: x, isLessThan: -746, -746, else: x)
        let (f, shifted) = parts(
            ofDecay: -N.choose(where: 710, isLessThan: low, 710, else: low))
        let shifter: N = 0x1.8p52
        let n = shifted - shifter
        let halved = n * 0.5 + shifter
        let rest = (n - (halved - shifter)) + shifter
        return f * N.powerOfTwo(halved) * N.powerOfTwo(rest)
    }

    @inline(__always)
    static func decay<N: FloatingNumbers>(of x: N) -> N {
        let (f, shifted) = parts(ofDecay: N.choose(where: 746, isLessThan: x, 746, else: x))
        return f * N.powerOfTwo(shifted + 60) * 0x1p-60
    }

    /// 2·artanh s = 2s + 2s³·p(s²) with s = x/(2 + x) ≤ ⅓; p has 10 terms, and an error of 0.01·2⁻⁵³.
    @inline(__always)
    static func logarithm<N: FloatingNumbers>(ofOnePlus x: N) -> N {
        let s = x / (2 + x)
        let t = s * s
        var p: N = 8.504_924_592_726_843_763_7e-2
        p = p * t + 4.172_461_390_329_475_435_73e-2
        p = p * t + 6.052_477_812_552_752_940_13e-2
        p = p * t + 6.650_560_052_056_551_741_67e-2
        p = p * t + 7.693_274_240_471_859_535_62e-2
        p = p * t + 9.090_872_237_760_852_661_28e-2
        p = p * t + 0.111_111_119_768_619_165_221
        p = p * t + 0.142_857_142_740_586_381_681
        p = p * t + 0.200_000_000_000_775_581_275
        p = p * t + 0.333_333_333_333_331_548_648
        let doubled = s + s
        return doubled + doubled * (t * p)
    }

    @inline(__always)
    static func powerOfTwo(_ shifted: Double) -> Double {
        Double(bitPattern: (shifted.bitPattern &<< 52) &+ 0x3ff0_0000_0000_0000)
    }

    @inline(__always)
    static func powerOfTwo(_ shifted: SIMD4<Double>) -> SIMD4<Double> {
        let bits = unsafeBitCast(shifted, to: SIMD4<UInt64>.self)
        return unsafeBitCast(
            (bits &<< SIMD4(repeating: 52)) &+ SIMD4(repeating: 0x3ff0_0000_0000_0000),
            to: SIMD4<Double>.self)
    }

    @inline(__always)
    static func choose(
        where left: SIMD4<Double>, isLessThan right: SIMD4<Double>, _ first: SIMD4<Double>,
        else second: SIMD4<Double>
    ) -> SIMD4<Double> {
        second.replacing(with: first, where: left .< right)
    }
}
