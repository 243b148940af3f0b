#include "CSimdJSON.h"

#include "Rounding.hpp"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>

struct nabla_json_parser {
    simdjson::dom::parser dom;
};

static_assert(NABLA_JSON_PADDING == simdjson::SIMDJSON_PADDING, "the header's copy is out of date");

nabla_json_parser *nabla_json_parser_create(void) { return new (std::nothrow) nabla_json_parser; }

void nabla_json_parser_destroy(nabla_json_parser *parser) { delete parser; }

size_t nabla_json_parser_capacity(const nabla_json_parser *parser) {
    return parser->dom.capacity();
}

// Makes room for `count` bytes: a power of two, so that ever longer texts don't reallocate each
// time.
static bool make_room(simdjson::dom::parser &dom, size_t count, size_t maximum_depth) {
    size_t capacity = 4096;
    while (capacity < count) capacity *= 2;
    if (capacity > simdjson::SIMDJSON_MAXSIZE_BYTES) capacity = count;
    if (dom.doc.capacity() < count && dom.doc.allocate(capacity)) return false;
    if (dom.capacity() < count || dom.max_depth() != maximum_depth) {
        if (dom.capacity() > capacity) capacity = dom.capacity();
        return dom.allocate(capacity, maximum_depth) == simdjson::SUCCESS;
    }
    return true;
}

nabla_json_outcome nabla_json_parse(nabla_json_parser *parser, const uint8_t *text, size_t count,
                                    bool padded, size_t maximum_depth) {
    simdjson::dom::parser &dom = parser->dom;
    // simdjson counts the document itself as one level and refuses the level that reaches its
    // maximum.
    if (count > simdjson::SIMDJSON_MAXSIZE_BYTES || !make_room(dom, count, maximum_depth + 1))
        return NABLA_JSON_TOO_LARGE;
    switch (dom.parse(text, count, !padded).error()) {
    case simdjson::SUCCESS: return NABLA_JSON_PARSED;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY: return NABLA_JSON_TOO_LARGE;
    default: return NABLA_JSON_REFUSED;
    }
}

const uint64_t *nabla_json_tape(const nabla_json_parser *parser) {
    return parser->dom.doc.tape.get();
}

const uint8_t *nabla_json_strings(const nabla_json_parser *parser) {
    return parser->dom.doc.string_buf.get();
}

namespace {

// A reader of one nested array, moving along the tape. On the tape a bracket is one word, a number
// two: its type, then its value.
template <class Number> struct array_reader {
    const uint64_t *tape;
    const size_t *shape;
    size_t axes;
    size_t index;
    Number *values;
    nabla_json_numbers result;

    static char type(uint64_t word) { return char(word >> 56); }

    bool stop(size_t at, size_t depth, bool out_of_range = false) {
        result = {false, at, depth, out_of_range};
        return false;
    }

    bool read_array(size_t depth) {
        size_t start = index;
        if (type(tape[index]) != '[') return stop(index, depth);
        index++;
        bool inner = depth + 1 < axes;
        if (!(inner ? read_arrays(start, depth) : read_row(start, depth))) return false;
        if (type(tape[index]) != ']') return stop(start, depth);
        index++;
        return true;
    }

    bool read_arrays(size_t start, size_t depth) {
        for (size_t k = 0; k < shape[depth]; k++) {
            if (type(tape[index]) == ']') return stop(start, depth);
            if (!read_array(depth + 1)) return false;
        }
        return true;
    }

    bool read_row(size_t start, size_t depth) {
        size_t count = shape[depth];
        for (size_t k = 0; k < count; k++, index += 2) {
            uint64_t word = tape[index + 1];
            Number value;
            switch (type(tape[index])) {
            case 'd': {
                double wide;
                std::memcpy(&wide, &word, sizeof wide);
                value = nabla::rounded<Number>(wide, word);
                break;
            }
            case 'l': value = Number(int64_t(word)); break;
            case 'u': value = Number(word); break;
            case ']': return stop(start, depth);
            default: return stop(index, axes);
            }
            if (!(std::fabs(value) <= std::numeric_limits<Number>::max()))
                return stop(index, axes, true);
            *values++ = value;
        }
        return true;
    }
};

template <class Number>
nabla_json_numbers read(const uint64_t *tape, size_t index, const size_t *shape, size_t axes,
                        Number *values) {
    array_reader<Number> reader{tape, shape, axes, index, values, {true, index, 0, false}};
    reader.read_array(0);
    return reader.result;
}

} // namespace

nabla_json_numbers nabla_json_read_f32(const uint64_t *tape, size_t index, const size_t *shape,
                                       size_t axes, float *values) {
    return read(tape, index, shape, axes, values);
}

nabla_json_numbers nabla_json_read_f64(const uint64_t *tape, size_t index, const size_t *shape,
                                       size_t axes, double *values) {
    return read(tape, index, shape, axes, values);
}
