// Swift's Glibc module leaves out malloc.h, which has mallopt: how much freed memory is kept.
#include <malloc.h>
