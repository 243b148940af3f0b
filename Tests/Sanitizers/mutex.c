// Tells the thread sanitizer of the locks that it can't see. `Synchronization.Mutex` takes a lock that is
// free by an atomic operation in the caller's code, which the sanitizer knows; one that is taken it
// waits for within the standard library, which isn't built for the sanitizer. `make test-sanitized`
// preloads this library, which stands before the standard library's two functions and calls them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SYNCHRONIZATION(name) __asm__("$s15Synchronization12_MutexHandleV" name)

// Missing in processes that aren't built for the sanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void Lock(uint32_t, __attribute__((swift_context)) void *handle);
typedef __attribute__((swiftcall)) void Unlock(__attribute__((swift_context)) void *handle);

Lock nabla_lock_slow SYNCHRONIZATION("9_lockSlowyys6UInt32VF");
Unlock nabla_unlock_slow SYNCHRONIZATION("11_unlockSlowyyF");

static Lock *lock;
static Unlock *unlock;

__attribute__((constructor)) static void find(void) {
    lock = (Lock *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
    unlock = (Unlock *)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
}

__attribute__((swiftcall)) void nabla_lock_slow(
    uint32_t owner, __attribute__((swift_context)) void *handle) {
    lock(owner, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

__attribute__((swiftcall)) void nabla_unlock_slow(__attribute__((swift_context)) void *handle) {
    if (__tsan_release) __tsan_release(handle);
    unlock(handle);
}
