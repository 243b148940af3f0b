// OpenBLAS serves the large matrix products: it reaches 80 % of the machine's peak, which loops of
// ours don't. Its own threads are turned off with openblas_set_num_threads: parallelism is ours.
#include <cblas.h>
