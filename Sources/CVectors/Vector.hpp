#ifndef NABLA_VECTOR_HPP
#define NABLA_VECTOR_HPP
#include <stddef.h>
#include <string.h>

// Compiled as part of each function that calls it, for that one's kind of processor.
#define IN_EACH inline __attribute__((always_inline))

namespace {

/// So many bytes of numbers; the memory they come from and go to may begin anywhere.
template <typename Number, size_t bytes> struct Vector {
    typedef Number Numbers __attribute__((vector_size(bytes)));
    static constexpr size_t count = bytes / sizeof(Number);

    Numbers numbers = {};

    IN_EACH Vector() {}
    IN_EACH explicit Vector(const Number *place) { memcpy(&numbers, place, bytes); }
    IN_EACH void store(Number *place) const { memcpy(place, &numbers, bytes); }

    IN_EACH Number sum() const {
        Number sum = 0;
        for (size_t i = 0; i < count; i++) sum += numbers[i];
        return sum;
    }
};

/// As many numbers as a cache line has.
template <typename Number> using Line = Vector<Number, 64>;
/// Half as many: a square of them stays in registers.
template <typename Number> using Half = Vector<Number, 32>;

}  // namespace
#endif
