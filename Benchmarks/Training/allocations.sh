#!/bin/bash
# Shows that a training step allocates nothing: the number of allocations of a whole process, counted
# by a preloaded malloc, doesn't change when an epoch has ten times the steps.
# usage: allocations.sh [PROGRAM], after `swift build -c release --product nabla-bench-training`
set -eu
program=${1:-.build/release/nabla-bench-training}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
gcc -x c -O2 -shared -fPIC -o "$folder/count.so" - <<'END'
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
static atomic_long calls;
void *malloc(size_t size) { calls++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { calls++; return __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { calls++; return __libc_realloc(memory, size); }
__attribute__((destructor)) static void report(void) { fprintf(stderr, "%ld\n", calls); }
END
count() {
    LD_PRELOAD="$folder/count.so" "$program" --epochs 1 --samples "$1" --batch "$2" 2>&1 >/dev/null
}
for batch in 32 600; do
    few=$(count 1200 $batch)
    many=$(count 12000 $batch)
    echo "batch $batch: $few allocations with 1,200 samples, $many with 12,000"
    [ "$few" = "$many" ] || { echo "a step allocates" >&2; exit 1; }
done
