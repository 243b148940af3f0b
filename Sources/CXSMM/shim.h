// libxsmm compiles a kernel for the size of a small or middling matrix product at run time, which
// then runs near the machine's peak where OpenBLAS's packing costs too much. Its kernels are
// variadic functions, which Swift can't call: each wrapper below is one number type. For sizes it compiles
// nothing for it would call the BLAS; libxsmmnoblas stands in for that, since it is never asked to.
//
// All is column-major: C (m, n) = A (m, k) · B (k, n), with B stored as (n, k) where it is transposed;
// columns lie `lda`, `ldb` and `ldc` numbers apart.
#include <libxsmm.h>
#include <stdbool.h>

/// The kernel's code, or NULL where libxsmm has none for this machine or size; it is never freed.
static inline const void *nabla_xsmm_compile_float(int m, int n, int k, int lda, int ldb, int ldc,
                                                   bool transposes_b, bool adds) {
    const int flags = transposes_b ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    const float alpha = 1, beta = adds ? 1 : 0;
    return (const void *)libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags,
                                             &prefetch);
}

static inline const void *nabla_xsmm_compile_double(int m, int n, int k, int lda, int ldb, int ldc,
                                                    bool transposes_b, bool adds) {
    const int flags = transposes_b ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
    const double alpha = 1, beta = adds ? 1 : 0;
    return (const void *)libxsmm_dmmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags,
                                             &prefetch);
}

// Kernels leave the upper halves of the vector registers dirty, with which the SSE code that Swift
// compiles to runs four times slower (measured on Zen 4). There are kernels on machines with AVX alone.
static inline void nabla_xsmm_clean_registers(void) {
    __asm__ volatile("vzeroupper" ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static inline void nabla_xsmm_call_float(const void *kernel, const float *a, const float *b,
                                         float *c) {
    ((libxsmm_smmfunction)kernel)(a, b, c);
    nabla_xsmm_clean_registers();
}

static inline void nabla_xsmm_call_double(const void *kernel, const double *a, const double *b,
                                          double *c) {
    ((libxsmm_dmmfunction)kernel)(a, b, c);
    nabla_xsmm_clean_registers();
}
