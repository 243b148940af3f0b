#!/bin/bash
# Shows that a training step allocates nothing: the number of allocations of a whole process, counted
# by a preloaded malloc, doesn't change when an epoch has about ten times the steps. The last batches are
# as long as one another, since how a batch is cut says which products it has, and OpenBLAS allocates at
# the first one.
# usage: allocations.sh [PROGRAM], after `swift build -c release --product nabla-bench-training`
set -eu
program=${1:-.build/release/nabla-bench-training}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
gcc -x c -O2 -shared -fPIC -o "$folder/count.so" - <<'C'
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
static atomic_long calls;
void *malloc(size_t size) { calls++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { calls++; return __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { calls++; return __libc_realloc(memory, size); }
void *aligned_alloc(size_t alignment, size_t size) { calls++; return __libc_memalign(alignment, size); }
void *memalign(size_t alignment, size_t size) { calls++; return __libc_memalign(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
    calls++;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
__attribute__((destructor)) static void report(void) { fprintf(stderr, "%ld\n", calls); }
C
count() { LD_PRELOAD="$folder/count.so" "$program" --epochs 1 --samples "$@" 2>&1 >/dev/null; }
failed=0
while read -r batch flags; do
    samples=$((2400 + 21600 / batch * batch))
    # shellcheck disable=SC2086 — the flags are words
    few=$(count 2400 --batch "$batch" $flags)
    # shellcheck disable=SC2086
    many=$(count "$samples" --batch "$batch" $flags)
    echo "--batch $batch $flags: $few allocations with 2400 samples, $many with $samples"
    [ "$few" = "$many" ] || failed=1
done <<'FLAGS'
32
600
1024
32 --optimizer adam
1024 --optimizer adam
32 --network dropout
1024 --network dropout
32 --network normalised
32 --network convolution
32 --dtype f64
FLAGS
[ "$failed" = 0 ] || { echo "a step allocates" >&2; exit 1; }
