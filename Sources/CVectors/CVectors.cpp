#include "CVectors.h"

#include "Vector.hpp"

#pragma clang fp contract(off)

namespace {

template <bool decays, typename Number>
IN_EACH Number descend(
    Number *parameters, const Number *gradients, size_t count, Number rate, Number decay) {
    const size_t whole = count - count % Line<Number>::count;
    Line<Number> sums;
    for (size_t i = 0; i < whole; i += Line<Number>::count) {
        Line<Number> parameter(parameters + i);
        const Line<Number> gradient(gradients + i);
        const auto &g = gradient.numbers;
        sums.numbers += g;
        parameter.numbers -= rate * (decays ? g + decay * parameter.numbers : g);
        parameter.store(parameters + i);
    }
    Number sum = sums.sum();
    for (size_t i = whole; i < count; i++) {
        const Number g = gradients[i];
        sum += g;
        parameters[i] -= rate * (decays ? g + decay * parameters[i] : g);
    }
    return sum;
}

template <typename Number>
IN_EACH Number descend(
    Number *parameters, const Number *gradients, size_t count, Number rate, Number decay) {
    return decay == 0 ? descend<false>(parameters, gradients, count, rate, decay)
                      : descend<true>(parameters, gradients, count, rate, decay);
}

template <typename Number> IN_EACH Number sum(const Number *values, size_t count) {
    // Two sums of lines, since an addition waits for the one before.
    const size_t step = 2 * Line<Number>::count, whole = count - count % step;
    Line<Number> first, second;
    for (size_t i = 0; i < whole; i += step) {
        first.numbers += Line<Number>(values + i).numbers;
        second.numbers += Line<Number>(values + i + Line<Number>::count).numbers;
    }
    first.numbers += second.numbers;
    Number sum = first.sum();
    for (size_t i = whole; i < count; i++) sum += values[i];
    return sum;
}

template <typename Number> IN_EACH Number add(Number *sums, const Number *terms, size_t count) {
    const size_t whole = count - count % Line<Number>::count;
    Line<Number> total;
    for (size_t i = 0; i < whole; i += Line<Number>::count) {
        Line<Number> sum(sums + i);
        sum.numbers += Line<Number>(terms + i).numbers;
        sum.store(sums + i);
        total.numbers += sum.numbers;
    }
    Number sum = total.sum();
    for (size_t i = whole; i < count; i++) sum += sums[i] += terms[i];
    return sum;
}

template <typename Number> IN_EACH void rectify(const Number *z, Number *a, size_t count) {
    const size_t whole = count - count % Line<Number>::count;
    const Line<Number> zero;
    const auto one = zero.numbers + 1;
    for (size_t i = 0; i < whole; i += Line<Number>::count) {
        Line<Number> line(z + i);
        // A product, which keeps NaN; adding 0 turns −0 into 0.
        line.numbers = line.numbers * (line.numbers < 0 ? zero.numbers : one) + 0;
        line.store(a + i);
    }
    for (size_t i = whole; i < count; i++) a[i] = z[i] * Number(z[i] < 0 ? 0 : 1) + 0;
}

template <typename Number>
IN_EACH void rectify_back(Number *gradients, const Number *a, size_t count) {
    const size_t whole = count - count % Line<Number>::count;
    const Line<Number> zero;
    const auto one = zero.numbers + 1;
    for (size_t i = 0; i < whole; i += Line<Number>::count) {
        Line<Number> line(gradients + i);
        line.numbers *= Line<Number>(a + i).numbers > 0 ? one : zero.numbers;
        line.store(gradients + i);
    }
    for (size_t i = whole; i < count; i++) gradients[i] *= Number(a[i] > 0 ? 1 : 0);
}

/// Transposes 4 rows of 4.
IN_EACH void transpose(Half<double> (&rows)[4]) {
    const auto &[a, b, c, d] = rows;
    Half<double> ab, ba, cd, dc;
    ab.numbers = __builtin_shufflevector(a.numbers, b.numbers, 0, 4, 2, 6);
    ba.numbers = __builtin_shufflevector(a.numbers, b.numbers, 1, 5, 3, 7);
    cd.numbers = __builtin_shufflevector(c.numbers, d.numbers, 0, 4, 2, 6);
    dc.numbers = __builtin_shufflevector(c.numbers, d.numbers, 1, 5, 3, 7);
    rows[0].numbers = __builtin_shufflevector(ab.numbers, cd.numbers, 0, 1, 4, 5);
    rows[1].numbers = __builtin_shufflevector(ba.numbers, dc.numbers, 0, 1, 4, 5);
    rows[2].numbers = __builtin_shufflevector(ab.numbers, cd.numbers, 2, 3, 6, 7);
    rows[3].numbers = __builtin_shufflevector(ba.numbers, dc.numbers, 2, 3, 6, 7);
}

/// Transposes 8 rows of 8.
IN_EACH void transpose(Half<float> (&rows)[8]) {
    Half<float> pairs[8], fours[8];
    for (size_t i = 0; i < 8; i += 2) {
        const auto &a = rows[i].numbers, &b = rows[i + 1].numbers;
        pairs[i].numbers = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1].numbers = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (size_t i = 0; i < 8; i += 4) {
        for (size_t j = 0; j < 2; j++) {
            const auto &a = pairs[i + j].numbers, &b = pairs[i + j + 2].numbers;
            fours[i + 2 * j].numbers = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
            fours[i + 2 * j + 1].numbers =
                __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        const auto &a = fours[i].numbers, &b = fours[i + 4].numbers;
        rows[i].numbers = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
        rows[i + 4].numbers = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

template <typename Number>
IN_EACH Number transpose(
    const Number *source, size_t rows, size_t columns, Number *target, size_t stride) {
    constexpr size_t side = Half<Number>::count, line = Line<Number>::count;
    const size_t full_rows = rows - rows % side, full_columns = columns - columns % side;
    Half<Number> sums;
    const auto square = [=, &sums](size_t row, size_t column) __attribute__((always_inline)) {
        Half<Number> lines[side];
        for (size_t i = 0; i < side; i++) {
            lines[i] = Half<Number>(source + (row + i) * columns + column);
            sums.numbers += lines[i].numbers;
        }
        transpose(lines);
        for (size_t i = 0; i < side; i++) lines[i].store(target + (column + i) * stride + row);
    };
    // Along the shorter side, so that lines of which a part is read or written stay in the caches.
    if (rows < columns) {
        for (size_t column = 0; column < full_columns; column += side) {
            for (size_t row = 0; row < full_rows; row += side) square(row, column);
        }
    } else {
        // The rows that are written are too many for a processor to see where each goes on: their
        // next lines are asked for.
        for (size_t row = 0; row < full_rows; row += side) {
            for (size_t column = 0; column < full_columns; column += side) {
                square(row, column);
                for (size_t i = 0; i < side; i++) {
                    __builtin_prefetch(target + (column + i) * stride + row + line, 1);
                }
            }
        }
    }
    Number sum = sums.sum();
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = row < full_rows ? full_columns : 0; column < columns; column++) {
            sum += target[column * stride + row] = source[row * columns + column];
        }
    }
    return sum;
}

}  // namespace

// Defines a function that runs a loop compiled for the processor's kind. (Clones that the loader
// chooses among would be chosen before the thread sanitizer is there, which they call.)
#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR(type, name, parameters, loop, arguments)                              \
    __attribute__((target("avx512f"))) static type name##_with_avx512f parameters {              \
        return loop arguments;                                                                   \
    }                                                                                            \
    __attribute__((target("avx2"))) static type name##_with_avx2 parameters {                    \
        return loop arguments;                                                                   \
    }                                                                                            \
    type name parameters {                                                                       \
        if (__builtin_cpu_supports("avx512f")) return name##_with_avx512f arguments;             \
        if (__builtin_cpu_supports("avx2")) return name##_with_avx2 arguments;                   \
        return loop arguments;                                                                   \
    }
#else
#define FOR_EACH_PROCESSOR(type, name, parameters, loop, arguments)                              \
    type name parameters { return loop arguments; }
#endif

extern "C" {

FOR_EACH_PROCESSOR(
    float, nabla_descend_float,
    (float *parameters, const float *gradients, size_t count, float rate, float decay), descend,
    (parameters, gradients, count, rate, decay))
FOR_EACH_PROCESSOR(
    float, nabla_sum_float, (const float *values, size_t count), sum, (values, count))
FOR_EACH_PROCESSOR(
    float, nabla_add_float, (float *sums, const float *terms, size_t count), add,
    (sums, terms, count))
FOR_EACH_PROCESSOR(
    void, nabla_rectify_float, (const float *z, float *a, size_t count), rectify, (z, a, count))
FOR_EACH_PROCESSOR(
    void, nabla_rectify_back_float, (float *gradients, const float *a, size_t count), rectify_back,
    (gradients, a, count))
FOR_EACH_PROCESSOR(
    float, nabla_transpose_float,
    (const float *source, size_t rows, size_t columns, float *target, size_t stride), transpose,
    (source, rows, columns, target, stride))

FOR_EACH_PROCESSOR(
    double, nabla_descend_double,
    (double *parameters, const double *gradients, size_t count, double rate, double decay), descend,
    (parameters, gradients, count, rate, decay))
FOR_EACH_PROCESSOR(
    double, nabla_sum_double, (const double *values, size_t count), sum, (values, count))
FOR_EACH_PROCESSOR(
    double, nabla_add_double, (double *sums, const double *terms, size_t count), add,
    (sums, terms, count))
FOR_EACH_PROCESSOR(
    void, nabla_rectify_double, (const double *z, double *a, size_t count), rectify, (z, a, count))
FOR_EACH_PROCESSOR(
    void, nabla_rectify_back_double, (double *gradients, const double *a, size_t count), rectify_back,
    (gradients, a, count))
FOR_EACH_PROCESSOR(
    double, nabla_transpose_double,
    (const double *source, size_t rows, size_t columns, double *target, size_t stride), transpose,
    (source, rows, columns, target, stride))
}
