// Two hints to the processor that Swift has no words for.

/// Asks for the cache line at `address`, which will be read soon.
static inline void nabla_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Tells the processor that the thread spins until another one writes.
static inline void nabla_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#endif
}
