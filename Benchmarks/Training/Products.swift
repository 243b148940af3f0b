import CBLAS

#if canImport(CXSMM)
    import CXSMM
#endif

/// What the machine's matrix products reach on one thread, in billions of operations a second:
/// OpenBLAS on 1024³, and libxsmm on the best of the shapes that 784-128-10 has in tiles of 32.
func benchmarkProducts(_ options: Options) {
    let size = 1024
    let a = filled(size * size)
    let b = filled(size * size)
    var c = filled(size * size)
    let openBLAS = rate(m: size, n: size, k: size) {
        nabla_sgemm(
            CblasNoTrans, CblasNoTrans, Int32(size), Int32(size), Int32(size), a, Int32(size), b,
            Int32(size), 0, &c)
    }
    var compiled = 0.0
    #if canImport(CXSMM)
        // (m, n, k) as libxsmm sees them: pre-activations, weight gradients, input gradients.
        for (m, n, k) in [(32, 128, 784), (784, 128, 32), (784, 32, 128), (784, 10, 32)] {
            guard
                let kernel = nabla_xsmm_compile_float(
                    Int32(m), Int32(n), Int32(k), Int32(m), Int32(k), Int32(m), false, false)
            else { continue }
            compiled = max(
                compiled, rate(m: m, n: n, k: k) { nabla_xsmm_call_float(kernel, a, b, &c) })
        }
    #endif
    report(options, ["openblas_gigaflops": openBLAS, "libxsmm_gigaflops": compiled])
}

private func filled(_ count: Int) -> [Float] {
    var drawing = Drawing(seed: 1)
    return (0..<count).map { _ in drawing.next() - 0.5 }
}

/// The best of nine measurements of at least 20 ms each, in billions of operations a second.
private func rate(m: Int, n: Int, k: Int, _ product: () -> Void) -> Double {
    let operations = 2 * Double(m * n * k)
    let repeats = max(1, Int(2e9 / operations))
    let times = (0..<9).map { _ in seconds { for _ in 0..<repeats { product() } } }
    return operations * Double(repeats) / (times.min() ?? .nan) / 1e9
}
