// A C face for simdjson's DOM parser, which is C++.
//
// What it gives out is the tape: an array of 64-bit words, one or two for each token, documented in
// simdjson's doc/tape.md. Reading it needs no further calls, which is why this header is so short.
#ifndef NABLA_CSIMDJSON_H
#define NABLA_CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many readable bytes simdjson wants behind a text that it is to read in place.
#define NABLA_JSON_PADDING 64

typedef struct nabla_json_parser nabla_json_parser;

typedef enum {
    NABLA_JSON_PARSED = 0,
    NABLA_JSON_REFUSED,
    // No memory, or a text of 4 GiB or more.
    NABLA_JSON_TOO_LARGE,
} nabla_json_outcome;

// NULL when there is no memory.
nabla_json_parser *_Nullable nabla_json_parser_create(void);
void nabla_json_parser_destroy(nabla_json_parser *_Nonnull parser);

// How long a text the parser can hold without growing.
size_t nabla_json_parser_capacity(const nabla_json_parser *_Nonnull parser);

// Parses a whole text. `padded` promises NABLA_JSON_PADDING readable bytes behind it; else it is
// copied. The text is not needed afterwards.
nabla_json_outcome nabla_json_parse(nabla_json_parser *_Nonnull parser,
                                    const uint8_t *_Nonnull text, size_t count, bool padded,
                                    size_t maximum_depth);

// The tape and the decoded strings of the last text parsed; valid until the next.
const uint64_t *_Nonnull nabla_json_tape(const nabla_json_parser *_Nonnull parser);
const uint8_t *_Nonnull nabla_json_strings(const nabla_json_parser *_Nonnull parser);

typedef struct {
    bool complete;
    // Where reading stopped: the word on the tape, and how many arrays deep it was expected to be.
    size_t index;
    size_t depth;
    // Whether it was a number that the type can't hold.
    bool out_of_range;
} nabla_json_numbers;

// Reads the array of numbers that starts at tape[index] and must have exactly this shape (1 axis or
// more), rounding to nearest. `values` needs room for the product of the shape, or for as many
// numbers as half the words of the array where that is less.
nabla_json_numbers nabla_json_read_f32(const uint64_t *_Nonnull tape, size_t index,
                                       const size_t *_Nonnull shape, size_t axes,
                                       float *_Nonnull values);
nabla_json_numbers nabla_json_read_f64(const uint64_t *_Nonnull tape, size_t index,
                                       const size_t *_Nonnull shape, size_t axes,
                                       double *_Nonnull values);

#ifdef __cplusplus
}
#endif

#endif
