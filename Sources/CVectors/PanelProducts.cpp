#include "CVectors.h"

#include "Vector.hpp"

#if defined(__x86_64__)
#define FOR_WIDE_VECTORS __attribute__((target("avx512f")))
#else
#define FOR_WIDE_VECTORS
#endif

// Keeps loads and stores on their side. Compilers would load factors so far ahead of their products that
// they ran out of vectors, which takes twice as long.
#define IN_ORDER asm volatile("" ::: "memory")

namespace {

/// Units of a panel.
constexpr size_t panel_units = 32;
/// A line is copied for so many inputs that were multiplied.
constexpr size_t inputs_per_copy = 4;

/// Rows of a table, in an order, that are copied to where they follow one another.
template <typename Number> struct Copies {
    /// How many rows are copied at a time: of each as much as was multiplied of x.
    static constexpr size_t step = Line<Number>::count / inputs_per_copy;

    const Number *table;
    const int32_t *order;
    Number *target;
    size_t count;

    IN_EACH const Number *row(size_t i, size_t length) const {
        return table + static_cast<size_t>(order[i < count ? i : count - 1]) * length;
    }
};

/// Adds the product of some rows of x with the weights to as many rows of z, and meanwhile makes the first
/// of the copies where it is to. It also asks for the rows of the next ones, so that they are in a cache
/// at their turn.
template <bool makes_copies, size_t rows, typename Number>
FOR_WIDE_VECTORS __attribute__((noinline)) void multiply_tile(
    const Number *x, size_t inputs, const Number *weights, Number *z, size_t units,
    const Copies<Number> &copies) {
    typedef typename Line<Number>::Numbers Numbers;
    constexpr size_t line = Line<Number>::count, lines = panel_units / line;
    // Rows that one address serves, since there are fewer registers for addresses than rows.
    constexpr size_t group = rows % 3 == 0 ? 3 : 1;
    struct {
        const Number *source, *next;
        Number *target;
    } copied[Copies<Number>::step] = {};
    for (size_t i = 0; makes_copies && i < copies.step; i++) {
        copied[i] = {
            copies.row(i, inputs), copies.row(i + copies.step, inputs),
            copies.target + i * inputs};
    }
    // They stay in memory, too: it is as if it were read here.
    asm volatile("" : : "r"(copied) : "memory");
    const Number *places[rows / group];
    for (size_t g = 0; g < rows / group; g++) places[g] = x + g * group * inputs;
    Numbers sums[rows][lines];
    for (size_t r = 0; r < rows; r++) {
        for (size_t l = 0; l < lines; l++) {
            sums[r][l] = Line<Number>(z + r * units + l * line).numbers;
        }
    }
    const auto add = [&](size_t input) __attribute__((always_inline)) {
        Numbers w[lines];
        for (size_t l = 0; l < lines; l++) {
            w[l] = Line<Number>(weights + input * panel_units + l * line).numbers;
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            const Numbers factor = places[r / group][r % group * inputs + input] - Numbers{};
            for (size_t l = 0; l < lines; l++) {
                sums[r][l] = __builtin_elementwise_fma(w[l], factor, sums[r][l]);
            }
        }
        IN_ORDER;
    };
    const size_t whole = inputs - inputs % line;
    for (size_t first = 0; first < whole; first += line) {
        // As they are: not computed from one another.
        for (const Number *&place : places) asm("" : "+r"(place));
#pragma clang loop unroll(full)
        for (size_t i = 0; i < line; i++) {
            if (makes_copies && i % inputs_per_copy == 0) {
                const auto &copy = copied[i / inputs_per_copy];
                Line<Number>(copy.source + first).store(copy.target + first);
                __builtin_prefetch(copy.next + first, 0, 2);
            }
            add(i);
        }
        for (const Number *&place : places) place += line;
        weights += line * panel_units;
    }
    for (size_t i = whole; i < inputs; i++) {
        add(i - whole);
        for (size_t c = 0; makes_copies && c < copies.step; c++) {
            copied[c].target[i] = copied[c].source[i];
        }
    }
    for (size_t r = 0; r < rows; r++) {
        for (size_t l = 0; l < lines; l++) {
            memcpy(z + r * units + l * line, &sums[r][l], sizeof(Numbers));
        }
    }
}

template <typename Number>
FOR_WIDE_VECTORS size_t multiply_panel(
    const Number *x, size_t inputs, const Number *weights, Number *z, size_t units, size_t rows,
    Copies<Number> copies) {
    // So many that their sums, the weights and a factor take nearly all vectors there are.
    constexpr size_t many = 24 * Line<Number>::count / panel_units, few = 4;
    const size_t count = copies.count;
    size_t row = 0;
    for (; row + many <= rows; row += many) {
        if (copies.count < copies.step) {
            multiply_tile<false, many>(
                x + row * inputs, inputs, weights, z + row * units, units, copies);
            continue;
        }
        multiply_tile<true, many>(
            x + row * inputs, inputs, weights, z + row * units, units, copies);
        copies.order += copies.step;
        copies.target += copies.step * inputs;
        copies.count -= copies.step;
    }
    for (; row + few <= rows; row += few) {
        multiply_tile<false, few>(
            x + row * inputs, inputs, weights, z + row * units, units, copies);
    }
    for (; row < rows; row++) {
        multiply_tile<false, 1>(
            x + row * inputs, inputs, weights, z + row * units, units, copies);
    }
    return count - copies.count;
}

}  // namespace

extern "C" {

bool nabla_multiplies_panels(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

FOR_WIDE_VECTORS size_t nabla_multiply_panel_float(
    const float *x, size_t inputs, const float *weights, float *z, size_t units, size_t rows,
    const float *table, const int32_t *order, float *target, size_t count) {
    return multiply_panel(
        x, inputs, weights, z, units, rows, Copies<float>{table, order, target, count});
}

FOR_WIDE_VECTORS size_t nabla_multiply_panel_double(
    const double *x, size_t inputs, const double *weights, double *z, size_t units, size_t rows,
    const double *table, const int32_t *order, double *target, size_t count) {
    return multiply_panel(
        x, inputs, weights, z, units, rows, Copies<double>{table, order, target, count});
}
}
