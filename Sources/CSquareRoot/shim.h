// Swift's squareRoot() is C's sqrt, which tells of negative numbers through errno: a branch, which keeps
// loops over it from being vectorised. These give NaN for them and nothing else, one instruction.
static inline float nabla_square_root_float(float x) { return __builtin_elementwise_sqrt(x); }
static inline double nabla_square_root_double(double x) { return __builtin_elementwise_sqrt(x); }
