// Swift's Glibc module leaves out sys/epoll.h and sys/eventfd.h; this header brings them in.
#ifndef NABLA_CEPOLL_H
#define NABLA_CEPOLL_H
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
