// Two hints to the processor that Swift has no words for, and which one it is.

// glibc's; sched.h shows it to GNU sources alone, of which Swift's Glibc module is none.
int sched_getcpu(void);

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
