import Synchronization

#if canImport(CXSMM)
    import CXSMM
#endif

/// A product of row-major matrices of one size, compiled for that size by libxsmm.
///
/// Unchecked because a pointer isn't `Sendable`. It is safe because it points to machine code, which
/// libxsmm neither changes nor frees.
struct ProductKernel<S: Real>: @unchecked Sendable {
    private let code: UnsafeRawPointer

    /// Compiles the product, or takes it from those compiled before.
    ///
    /// - Returns: nil where libxsmm doesn't serve this machine, or after
    ///   `CompiledProducts.maximumCount` sizes: OpenBLAS computes the product then.
    init?(_ size: MatrixProduct, _ form: ProductForm = ProductForm()) {
        guard let code = CompiledProducts.code(of: size, form, S.self) else { return nil }
        self.code = code
    }

    /// Computes C (m, n) from B (k, n) and A, which is (m, k), or (k, m) where it is transposed.
    @inline(__always)
    func callAsFunction(
        _ a: UnsafePointer<S>, _ b: UnsafePointer<S>, into c: UnsafeMutablePointer<S>
    ) {
        // Kernels are column-major: they see Bᵀ, Aᵀ and Cᵀ, and the factors change places.
        S.run(code, b, a, c)
    }
}

/// How the matrices of a compiled product lie, and whether it is added: C = A·B or C + A·B.
struct ProductForm: Hashable {
    /// Whether A is stored as (k, m).
    var transposes = false
    /// Whether the product is added to what C has.
    var adds = false
    /// How far A's rows are apart, as they are stored; nil where one follows another.
    var strideA: Int?
    /// Likewise of B.
    var strideB: Int?
    /// Likewise of C.
    var strideC: Int?
}

/// The kernels of this process.
///
/// libxsmm can't give one back, so there is a most.
private enum CompiledProducts {
    /// The most kernels, which then take 160 MB.
    static let maximumCount = 16_384

    private struct Key: Hashable {
        let m: Int
        let n: Int
        let k: Int
        let form: ProductForm
        let type: ObjectIdentifier
    }

    /// Unchecked, and safe, for the reason that `ProductKernel` is.
    private struct Code: @unchecked Sendable {
        let address: UnsafeRawPointer?
    }

    private static let kernels = Mutex<[Key: Code]>([:])

    static func code<S: Real>(
        of size: MatrixProduct, _ form: ProductForm, _ type: S.Type
    ) -> UnsafeRawPointer? {
        let key = Key(m: size.m, n: size.n, k: size.k, form: form, type: ObjectIdentifier(S.self))
        return kernels.withLock { kernels in
            if let known = kernels[key] { return known }
            guard kernels.count < maximumCount else { return Code(address: nil) }
            let code = Code(address: S.compile(size, form))
            kernels[key] = code
            return code
        }.address
    }
}

#if canImport(CXSMM)
    extension ProductForm {
        /// How far the rows of A, B and C are apart.
        fileprivate func strides(of size: MatrixProduct) -> (a: Int32, b: Int32, c: Int32) {
            (
                Int32(strideA ?? (transposes ? size.m : size.k)), Int32(strideB ?? size.n),
                Int32(strideC ?? size.n)
            )
        }
    }

    extension Float {
        static func compile(_ size: MatrixProduct, _ form: ProductForm) -> UnsafeRawPointer? {
            let strides = form.strides(of: size)
            return nabla_xsmm_compile_float(
                Int32(size.n), Int32(size.m), Int32(size.k), strides.b, strides.a, strides.c,
                form.transposes, form.adds)
        }

        @inline(__always)
        static func run(
            _ kernel: UnsafeRawPointer, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
            _ c: UnsafeMutablePointer<Float>
        ) { nabla_xsmm_call_float(kernel, a, b, c) }
    }

    extension Double {
        static func compile(_ size: MatrixProduct, _ form: ProductForm) -> UnsafeRawPointer? {
            let strides = form.strides(of: size)
            return nabla_xsmm_compile_double(
                Int32(size.n), Int32(size.m), Int32(size.k), strides.b, strides.a, strides.c,
                form.transposes, form.adds)
        }

        @inline(__always)
        static func run(
            _ kernel: UnsafeRawPointer, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
            _ c: UnsafeMutablePointer<Double>
        ) { nabla_xsmm_call_double(kernel, a, b, c) }
    }
#else
    // libxsmm knows x86-64 alone; elsewhere OpenBLAS computes all products.
    extension Real {
        static func compile(_ size: MatrixProduct, _ form: ProductForm) -> UnsafeRawPointer? { nil }

        static func run(
            _ kernel: UnsafeRawPointer, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>,
            _ c: UnsafeMutablePointer<Self>
        ) {}
    }
#endif
