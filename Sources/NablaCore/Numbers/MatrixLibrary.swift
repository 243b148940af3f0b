import CBLAS

/// OpenBLAS, which is loaded with the first product that is large enough for it.
public enum MatrixLibrary {
    /// Tries whether it can be loaded, which takes 3 ms.
    ///
    /// - Returns: Why it can't; nil where it can. The first product that needs it then ends the process.
    public static func failure() -> String? {
        nabla_blas_failure().map { String(cString: $0) }
    }
}
