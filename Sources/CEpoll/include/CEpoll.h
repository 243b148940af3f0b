// Swift's Glibc module leaves out sys/epoll.h and sys/eventfd.h; this header brings them in, and
// accept4, which sys/socket.h shows to GNU sources alone.
#ifndef NABLA_CEPOLL_H
#define NABLA_CEPOLL_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// As recv and send, but no places where a thread can be cancelled: nobody does that here, and the C library's take
// four atomic operations for it.
ssize_t nabla_receive(int descriptor, void *buffer, size_t count);
ssize_t nabla_send(int descriptor, const void *buffer, size_t count, int flags);
#endif
