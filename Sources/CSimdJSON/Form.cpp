// Reading texts that differ in numbers alone: see `JSONForm`.
#include "CSimdJSON.h"

#include "NumberReader.hpp"

#include <cstring>

namespace {

// Whether the text goes on with these bytes. Most are few: a comma, or brackets around one.
inline bool is_next(const uint8_t *text, const uint8_t *end, const uint8_t *literal, size_t count) {
    if (size_t(end - text) < count) return false;
    if (count > sizeof(uint64_t) || size_t(end - text) < sizeof(uint64_t))
        return std::memcmp(text, literal, count) == 0;
    uint64_t found, wanted;
    std::memcpy(&found, text, sizeof found);
    std::memcpy(&wanted, literal, sizeof wanted);
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");
    return count == 0 || (found ^ wanted) << (64 - 8 * count) == 0;
}

template <class Number>
bool read_form(const uint8_t *text, size_t count, const uint8_t *literals, size_t literal_count,
               const uint32_t *lengths, size_t numbers, Number *values) {
    // What most often tells texts of other forms apart without reading their numbers.
    size_t tail = lengths[numbers];
    if (count < tail || std::memcmp(text + count - tail, literals + literal_count - tail, tail) != 0)
        return false;
    // So the text's last byte ends every number.
    if (count == 0 || (text[count - 1] != '}' && text[count - 1] != ']')) return false;
    nabla::number_reader<Number> reader{text, text + count, text + count};
    for (size_t k = 0; k < numbers; k++) {
        if (!is_next(reader.next, reader.end, literals, lengths[k])) return false;
        reader.next += lengths[k];
        literals += lengths[k];
        if (!reader.take_short_decimal(values[k]) && !reader.take_long_decimal(values[k]) &&
            !reader.take_number(values[k]))
            return false;
    }
    // Which was compared before.
    return size_t(reader.end - reader.next) == tail;
}

} // namespace

bool nabla_json_read_form_f32(const uint8_t *text, size_t count, const uint8_t *literals,
                              size_t literal_count, const uint32_t *lengths, size_t numbers,
                              float *values) {
    return read_form(text, count, literals, literal_count, lengths, numbers, values);
}

bool nabla_json_read_form_f64(const uint8_t *text, size_t count, const uint8_t *literals,
                              size_t literal_count, const uint32_t *lengths, size_t numbers,
                              double *values) {
    return read_form(text, count, literals, literal_count, lengths, numbers, values);
}
