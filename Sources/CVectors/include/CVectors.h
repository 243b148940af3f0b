// Loops over long rows of numbers, compiled for each width of vectors that x86-64 processors have, of
// which the widest is run; Swift compiles for one kind of processor. No product is fused with
// a sum unless it is said, so that all kinds give the same bits. Pointers may lie anywhere, and
// mustn't overlap unless it is said.
#ifndef NABLA_CVECTORS_H
#define NABLA_CVECTORS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Subtracts rate · (g + decay · θ) from each parameter θ with the gradient g.
///
/// Returns the sum of the gradients, in whatever order.
float nabla_descend_float(
    float *parameters, const float *gradients, size_t count, float rate, float decay);
double nabla_descend_double(
    double *parameters, const double *gradients, size_t count, double rate, double decay);

/// The sum of the numbers, in whatever order.
float nabla_sum_float(const float *values, size_t count);
double nabla_sum_double(const double *values, size_t count);

/// Adds a number to each sum, and returns the sum of the sums, in whatever order.
float nabla_add_float(float *sums, const float *terms, size_t count);
double nabla_add_double(double *sums, const double *terms, size_t count);

/// Writes max(z, 0) of each number z to a, which may be the same memory; of NaN and −∞ NaN.
void nabla_rectify_float(const float *z, float *a, size_t count);
void nabla_rectify_double(const double *z, double *a, size_t count);

/// Multiplies each gradient by 1 where its number in a is above 0, else by 0.
void nabla_rectify_back_float(float *gradients, const float *a, size_t count);
void nabla_rectify_back_double(double *gradients, const double *a, size_t count);

/// Writes a row-major (rows, columns) matrix as (columns, rows), whose rows lie stride apart.
///
/// Returns the sum of its numbers, in whatever order.
float nabla_transpose_float(
    const float *source, size_t rows, size_t columns, float *target, size_t stride);
double nabla_transpose_double(
    const double *source, size_t rows, size_t columns, double *target, size_t stride);

/// Whether the products of panels below are compiled for this processor, which has vectors of 64 bytes.
bool nabla_multiplies_panels(void);

/// Adds the product of x (rows, inputs) with the weights of a panel of 32 units (inputs, 32) to z, whose
/// rows lie units apart: term after term, products and sums fused. While it computes, it copies rows of
/// a table (·, inputs), those whose numbers order begins with, one after another to target, as many as it
/// comes to and at most count.
///
/// Returns how many it copied.
size_t nabla_multiply_panel_float(
    const float *x, size_t inputs, const float *weights, float *z, size_t units, size_t rows,
    const float *table, const int32_t *order, float *target, size_t count);
size_t nabla_multiply_panel_double(
    const double *x, size_t inputs, const double *weights, double *z, size_t units, size_t rows,
    const double *table, const int32_t *order, double *target, size_t count);

#ifdef __cplusplus
}
#endif
#endif
