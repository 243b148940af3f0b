import CBLAS

/// The size of a product of row-major matrices, and the products themselves: C is (m, n), k is
/// summed over.
///
/// Large ones go to OpenBLAS, whose own threads are off: parallelism is ours, over shards. Small
/// ones go to loops here, because a call of OpenBLAS costs more than they do.
struct MatrixProduct {
    let m: Int
    let n: Int
    let k: Int

    /// Products of up to so many multiplications are done by loops; at 256 both take 60 to 100 ns.
    private static let smallest = 256

    private var isSmall: Bool { m * n * k <= MatrixProduct.smallest }

    /// C = A·Bᵀ, or C + A·Bᵀ when `adding`, with A (m, k) and B (n, k).
    @inline(__always)
    func rowsByRows<S: Real>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, into c: UnsafeMutablePointer<S>,
        adding: Bool = false
    ) {
        guard isSmall else {
            return S.multiply(
                CblasNoTrans, CblasTrans, self, a, k, b, k, beta: adding ? 1 : 0, c)
        }
        for i in 0..<m {
            for j in 0..<n {
                var sum: S = 0
                for p in 0..<k { sum += a[i &* k &+ p] * b[j &* k &+ p] }
                c[i &* n &+ j] = adding ? c[i &* n &+ j] + sum : sum
            }
        }
    }

    /// C = A·B with A (m, k) and B (k, n).
    @inline(__always)
    func rowsByColumns<S: Real>(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, into c: UnsafeMutablePointer<S>
    ) {
        guard isSmall else {
            return S.multiply(CblasNoTrans, CblasNoTrans, self, a, k, b, n, beta: 0, c)
        }
        c.update(repeating: 0, count: m &* n)
        for i in 0..<m {
            for p in 0..<k {
                let factor = a[i &* k &+ p]
                for j in 0..<n { c[i &* n &+ j] += factor * b[p &* n &+ j] }
            }
        }
    }

    /// C = Aᵀ·B, or C + Aᵀ·B when `adding`, with B (k, n) and A (k, m), whose rows lie `stride`
    /// numbers apart.
    @inline(__always)
    func columnsByColumns<S: Real>(
        _ a: UnsafePointer<S>, stride: Int, _ b: UnsafePointer<S>,
        into c: UnsafeMutablePointer<S>, adding: Bool
    ) {
        guard isSmall else {
            return S.multiply(
                CblasTrans, CblasNoTrans, self, a, stride, b, n, beta: adding ? 1 : 0, c)
        }
        if !adding { c.update(repeating: 0, count: m &* n) }
        for p in 0..<k {
            for i in 0..<m {
                let factor = a[p &* stride &+ i]
                for j in 0..<n { c[i &* n &+ j] += factor * b[p &* n &+ j] }
            }
        }
    }
}
