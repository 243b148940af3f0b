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

// How deep an array of numbers may be nested to be read apart.
#define NABLA_JSON_AXES 8

// An array of numbers that is read apart from the text around it, straight from its bytes. That it is
// one, and has this shape, is what its brackets and commas tell as long as it's whole: reading it checks
// that. Or a string that may be packed numbers, which has no axes and no parts.
typedef struct {
    // Its bytes in the text: from the first bracket or quote to behind the last.
    size_t start;
    size_t end;
    // How many arrays begin before it, of those that lie apart only the axes; before a string, how many
    // strings.
    size_t before;
    size_t axes;
    size_t shape[NABLA_JSON_AXES];
    // How many numbers it has: the product of the shape.
    size_t count;
    // The first of its parts, and how many there are.
    size_t first_part;
    size_t part_count;
} nabla_json_region;

// Where a part of a region begins: the byte, behind a comma where it isn't the first, and how many
// numbers are before it.
typedef struct {
    size_t start;
    size_t first;
} nabla_json_part;

// Finds the arrays of numbers and the strings of `least` bytes or more, up to the capacities given, and
// cuts the arrays into parts of some `part_size` bytes. Gives their number; 0 also where it can't tell what the text is.
size_t nabla_json_find_regions(const uint8_t *_Nonnull text, size_t count, size_t least,
                               size_t part_size, nabla_json_region *_Nonnull regions,
                               size_t region_capacity, nabla_json_part *_Nonnull parts,
                               size_t part_capacity);

// Reads a part's numbers, those from `first` up to `last` of the region, and stores them from
// `values` on, which has room for as many; `end` is the byte behind the part. Gives false where the
// text isn't that, or has a number that isn't read here: one beyond the type's range, and some that are
// written at length.
bool nabla_json_read_part_f32(const uint8_t *_Nonnull text, size_t count,
                              const nabla_json_region *_Nonnull region, nabla_json_part part,
                              size_t end, size_t last, float *_Nonnull values);
bool nabla_json_read_part_f64(const uint8_t *_Nonnull text, size_t count,
                              const nabla_json_region *_Nonnull region, nabla_json_part part,
                              size_t end, size_t last, double *_Nonnull values);

// How many readable bytes there must be behind the literals of a form.
#define NABLA_JSON_LITERAL_PADDING 8

// Reads the numbers of a text that has `lengths[k]` bytes of the literals, which are `literal_count`,
// before number k and `lengths[numbers]` behind the last, which end the text, and stores them in
// `values`. Gives false where it is another text, or has a number that isn't read here, as above.
bool nabla_json_read_form_f32(const uint8_t *_Nonnull text, size_t count,
                              const uint8_t *_Nonnull literals, size_t literal_count,
                              const uint32_t *_Nonnull lengths, size_t numbers,
                              float *_Nonnull values);
bool nabla_json_read_form_f64(const uint8_t *_Nonnull text, size_t count,
                              const uint8_t *_Nonnull literals, size_t literal_count,
                              const uint32_t *_Nonnull lengths, size_t numbers,
                              double *_Nonnull values);

// Decodes base64 from the front, as far as the processor can do it many characters at a time: stops
// before the first group of them that has any other character in it, and before the last bytes of
// `room`. Gives how many characters it decoded, a multiple of 4, 0 where the processor has no such
// instructions; each four have filled three bytes.
size_t nabla_json_decode_base64(const uint8_t *_Nonnull text, size_t count,
                                uint8_t *_Nonnull bytes, size_t room);

// Encodes bytes as base64 from the front in the same way. Gives how many bytes it encoded, a multiple
// of 3; each three have become four characters.
size_t nabla_json_encode_base64(const uint8_t *_Nonnull bytes, size_t count,
                                uint8_t *_Nonnull text, size_t room);

#ifdef __cplusplus
}
#endif

#endif
