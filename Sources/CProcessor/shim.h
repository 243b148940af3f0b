// Hints to the processor and the kernel that Swift has no words for, and which processor it is.

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc's; sched.h shows it to GNU sources alone, of which Swift's Glibc module is none.
int sched_getcpu(void);

/// Asks for the cache line at `address`, which will be read soon.
static inline void nabla_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Makes the calling thread leave its processor to others readily: it gets that niceness, from 0 to 19,
/// and slices of that many nanoseconds, after which a thread that woke may take its place (Linux 6.12 and
/// newer; older ones look at the niceness alone).
static inline long nabla_be_nice(int32_t niceness, uint64_t slice) {
    // The first version of sched_setattr(2)'s structure, which glibc has no declaration of.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = 48, .nice = niceness, .runtime = slice};
    return syscall(SYS_sched_setattr, 0, &attributes, 0);
}

/// Tells the processor that the thread spins until another one writes.
static inline void nabla_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#endif
}
