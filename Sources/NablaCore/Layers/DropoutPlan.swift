/// Dropout compiled: in training each number is kept with probability 1 − p and divided by it, or 0.
///
/// Whether a number is kept depends on the key of the step, the layer and the number's place in the
/// batch alone, so that the way back needs no mask and shards may run in any order.
struct DropoutPlan: Sendable {
    private let keeping: Double
    private let layer: Int
    /// A number is dropped when its 32 bits are below.
    private let threshold: UInt32

    init(rate: Double, layer: Int) {
        keeping = 1 - rate
        self.layer = layer
        threshold = UInt32(rate * 0x1p32)
    }

    /// Writes `count` numbers of x, which begin at place `first` of the batch, or 0 for those that are
    /// dropped; the same for ∂L/∂a on the way back.
    func apply<S: Real>(
        _ x: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, count: Int, first: Int, key: UInt64
    ) {
        let factor = S(1 / keeping)
        let key = DropoutPlan.mix(key &+ UInt64(layer) &* 0x9e37_79b9_7f4a_7c15)
        for index in 0..<count {
            let draw = DropoutPlan.mix(key &+ UInt64(first &+ index) &* 0x9e37_79b9_7f4a_7c15)
            a[index] = UInt32(truncatingIfNeeded: draw >> 32) < threshold ? 0 : x[index] * factor
        }
    }

    /// The finaliser of splitmix64: every bit of the result depends on every bit of the word.
    ///
    /// - Source: Steele et al. 2014, "Fast splittable pseudorandom number generators".
    @inline(__always)
    private static func mix(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
