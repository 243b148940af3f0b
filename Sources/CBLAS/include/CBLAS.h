// OpenBLAS serves the large matrix products: it reaches 80 % of the machine's peak, which loops of
// ours don't. It is loaded with the first of them, because a program that starts would wait 3 ms for it and
// keep 2.5 MiB, and most networks are too small to need it.
#ifndef NABLA_CBLAS_H
#define NABLA_CBLAS_H

#ifdef __cplusplus
extern "C" {
#endif

/// Whether a matrix is stored transposed; the values are those of the C interface to the BLAS.
typedef enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112 } CBLAS_TRANSPOSE;

/// Whether OpenBLAS can be loaded: why not, or NULL. It is let go of again, if it wasn't in use.
const char *nabla_blas_failure(void);

/// C (m, n) = A (m, k) · B (k, n) + beta · C, all row-major; rows lie lda, ldb and n numbers apart.
///
/// On one thread: parallelism is ours. Ends the process, as the dynamic linker does, where OpenBLAS
/// can't be loaded.
void nabla_sgemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, int m, int n, int k,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c);

/// Likewise in double precision.
void nabla_dgemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, int m, int n, int k,
                 const double *a, int lda, const double *b, int ldb, double beta, double *c);

#ifdef __cplusplus
}
#endif
#endif
