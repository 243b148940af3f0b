// For sched_getcpu and processor sets.
#define _GNU_SOURCE
#include "CBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW_MAJOR = 101 };
// What the dynamic linker ends a process with that lacks a library.
enum { LIBRARY_MISSING = 127 };

typedef void sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                   const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha,
                   const double *a, int lda, const double *b, int ldb, double beta, double *c,
                   int ldc);

static const char name[] = "libopenblas.so.0";
static pthread_once_t is_loaded = PTHREAD_ONCE_INIT;
static sgemm *single_product;
static dgemm *double_product;

// OpenBLAS starts a thread for each further processor that the loading thread may run on, which then
// spins for 30 ms; so that is one meanwhile. (Its variable OPENBLAS_NUM_THREADS can't be set safely beside
// other threads, nor before main, where Swift finds the program's arguments by the environment.)
static void *open_library(void) {
    cpu_set_t allowed, current;
    CPU_ZERO(&current);
    const int processor = sched_getcpu();
    const bool is_bound = processor >= 0 && processor < CPU_SETSIZE &&
                          sched_getaffinity(0, sizeof allowed, &allowed) == 0;
    if (is_bound) {
        CPU_SET(processor, &current);
        sched_setaffinity(0, sizeof current, &current);
    }
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (is_bound) sched_setaffinity(0, sizeof allowed, &allowed);
    return library;
}

static void load(void) {
    void *library = open_library();
    void (*set_threads)(int) = NULL;
    if (library != NULL) {
        single_product = (sgemm *)dlsym(library, "cblas_sgemm");
        double_product = (dgemm *)dlsym(library, "cblas_dgemm");
        set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    }
    if (single_product == NULL || double_product == NULL || set_threads == NULL) {
        fprintf(stderr, "Error: OpenBLAS can't be loaded: %s\n", dlerror());
        _Exit(LIBRARY_MISSING);
    }
    // For where the environment asks for more.
    set_threads(1);
}

const char *nabla_blas_failure(void) {
    void *library = open_library();
    if (library == NULL) return dlerror();
    dlclose(library);
    return NULL;
}

void nabla_sgemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, int m, int n, int k,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c) {
    pthread_once(&is_loaded, load);
    single_product(ROW_MAJOR, transpose_a, transpose_b, m, n, k, 1, a, lda, b, ldb, beta, c, n);
}

void nabla_dgemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, int m, int n, int k,
                 const double *a, int lda, const double *b, int ldb, double beta, double *c) {
    pthread_once(&is_loaded, load);
    double_product(ROW_MAJOR, transpose_a, transpose_b, m, n, k, 1, a, lda, b, ldb, beta, c, n);
}
