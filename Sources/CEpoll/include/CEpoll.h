// Swift's Glibc module leaves out sys/epoll.h and sys/eventfd.h; this header brings them in, and
// accept4, which sys/socket.h shows to GNU sources alone.
#ifndef NABLA_CEPOLL_H
#define NABLA_CEPOLL_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
#endif
