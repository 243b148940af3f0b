#define _GNU_SOURCE
#include "CEpoll.h"
#include <sys/syscall.h>
#include <unistd.h>

ssize_t nabla_receive(int descriptor, void *buffer, size_t count) {
    return syscall(SYS_recvfrom, descriptor, buffer, count, 0, NULL, NULL);
}

ssize_t nabla_send(int descriptor, const void *buffer, size_t count, int flags) {
    return syscall(SYS_sendto, descriptor, buffer, count, flags, NULL, 0);
}
