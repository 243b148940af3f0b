/// softmax(z)ₖ = e^zₖ / Σⱼ e^zⱼ over the last axis of a sample; ∂aₖ/∂zⱼ = aₖ(δₖⱼ − aⱼ), so that
/// ∂L/∂zₖ = aₖ(∂L/∂aₖ − Σⱼ ∂L/∂aⱼ·aⱼ).
///
/// - Source: Bridle 1990. The largest z is taken off first: the result is the same, and nothing
///   overflows.
struct Softmax<S: Real> {
    /// The length of that axis.
    let width: Int

    /// The largest of a row.
    @inline(__always)
    static func largest(_ row: UnsafePointer<S>, width: Int) -> S {
        var largest = row[0]
        for index in 1..<max(width, 1) where row[index] > largest { largest = row[index] }
        return largest
    }

    /// Writes e^(z − m) for the largest m of a row, and gives their sum.
    @inline(__always)
    static func exponentials(
        of z: UnsafePointer<S>, lessThan largest: S, into a: UnsafeMutablePointer<S>, width: Int
    ) -> S {
        for index in 0..<width { a[index] = S.decay(largest - z[index]) }
        var sum: S = 0
        for index in 0..<width { sum += a[index] }
        return sum
    }

    /// Writes softmax(z) for `rows` rows; `z` and `a` may be the same memory.
    @inline(__always)
    func apply(to z: UnsafePointer<S>, into a: UnsafeMutablePointer<S>, rows: Int) {
        for row in 0..<rows {
            let (source, target) = (z + row * width, a + row * width)
            let largest = Softmax.largest(source, width: width)
            let sum = Softmax.exponentials(
                of: source, lessThan: largest, into: target, width: width)
            for index in 0..<width { target[index] /= sum }
        }
    }

    /// Turns ∂L/∂a into ∂L/∂z, row by row, in place.
    @inline(__always)
    func pullBack(_ gradient: UnsafeMutablePointer<S>, a: UnsafePointer<S>, rows: Int) {
        for row in 0..<rows {
            let (target, value) = (gradient + row * width, a + row * width)
            var sum: S = 0
            for index in 0..<width { sum += target[index] * value[index] }
            for index in 0..<width { target[index] = value[index] * (target[index] - sum) }
        }
    }
}
