// Reading large arrays of numbers straight from their text, part by part, without a tape.
#include "CSimdJSON.h"

#include "NumberReader.hpp"

#include <algorithm>
#include <cstring>
#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace {

constexpr size_t block_size = 64;

typedef uint8_t bytes16 __attribute__((vector_size(16)));

// What a block of a region's bytes has: its commas, and whether there is something else than numbers,
// commas and space, most of all a bracket.
struct block {
    size_t commas;
    bool is_special;

    explicit block(const uint8_t *bytes) {
        bytes16 commas{}, special{};
        for (size_t k = 0; k < block_size; k += sizeof(bytes16)) {
            bytes16 b;
            std::memcpy(&b, bytes + k, sizeof b);
            commas -= (bytes16)(b == (bytes16){} + ',');
            special |= (bytes16)(b > (bytes16){} + 'Z') & (bytes16)(b != (bytes16){} + 'e');
            special |= (bytes16)(b == (bytes16){} + '"');
        }
        uint64_t halves[2];
        std::memcpy(halves, &special, sizeof halves);
        is_special = (halves[0] | halves[1]) != 0;
        // At most 4 in each byte.
        std::memcpy(halves, &commas, sizeof halves);
        this->commas = ((halves[0] + halves[1]) * 0x0101010101010101) >> 56;
    }
};

// How many blocks in a row, up to `most`, have nothing special; `commas` grows by theirs.
size_t plain_blocks_anywhere(const uint8_t *bytes, size_t most, size_t &commas) {
    for (size_t k = 0; k < most; k++) {
        block next(bytes + k * block_size);
        if (next.is_special) return k;
        commas += next.commas;
    }
    return most;
}

#ifdef __x86_64__
// The same, 32 bytes at a time.
__attribute__((target("avx2,popcnt"))) size_t plain_blocks_avx2(const uint8_t *bytes, size_t most,
                                                                size_t &commas) {
    const __m256i comma = _mm256_set1_epi8(','), quote = _mm256_set1_epi8('"');
    const __m256i behind_z = _mm256_set1_epi8('Z' + 1), e = _mm256_set1_epi8('e');
    for (size_t k = 0; k < most; k++) {
        uint64_t found = 0;
        __m256i special = _mm256_setzero_si256();
        for (size_t half = 0; half < 2; half++) {
            __m256i b = _mm256_loadu_si256((const __m256i *)(bytes + k * block_size) + half);
            __m256i letters = _mm256_cmpeq_epi8(_mm256_max_epu8(b, behind_z), b);
            letters = _mm256_andnot_si256(_mm256_cmpeq_epi8(b, e), letters);
            special = _mm256_or_si256(special, _mm256_or_si256(letters, _mm256_cmpeq_epi8(b, quote)));
            uint32_t mask = uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, comma)));
            found |= uint64_t(mask) << (32 * half);
        }
        if (!_mm256_testz_si256(special, special)) return k;
        commas += size_t(__builtin_popcountll(found));
    }
    return most;
}
#endif

size_t plain_blocks(const uint8_t *bytes, size_t most, size_t &commas) {
#ifdef __x86_64__
    static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
    if (has_avx2) return plain_blocks_avx2(bytes, most, commas);
#endif
    return plain_blocks_anywhere(bytes, most, commas);
}

// Goes through a text and notes the regions in it.
struct region_finder {
    const uint8_t *text;
    size_t count;
    size_t least;
    size_t part_size;
    nabla_json_region *regions;
    size_t region_capacity;
    nabla_json_part *parts;
    size_t part_capacity;

    size_t position = 0;
    size_t arrays = 0;
    size_t strings = 0;
    size_t region_count = 0;
    size_t part_count = 0;

    bool find() {
        while (position < count && region_count < region_capacity) {
            switch (text[position]) {
            case '"':
                if (!skip_string()) return false;
                break;
            case '[':
                if (!try_region()) return false;
                break;
            default: position++;
            }
        }
        return true;
    }

    // Goes on behind a string, and notes it where it is long.
    bool skip_string() {
        size_t opening = position, start = ++position;
        while (position < count) {
            const void *found = std::memchr(text + position, '"', count - position);
            if (found == nullptr) return false;
            size_t quote = size_t((const uint8_t *)found - text);
            size_t escapes = quote;
            while (escapes > start && text[escapes - 1] == '\\') escapes--;
            position = quote + 1;
            if ((quote - escapes) % 2 != 0) continue;
            if (position - opening >= least) {
                nabla_json_region region{};
                region.start = opening;
                region.end = position;
                region.before = strings;
                region.first_part = part_count;
                regions[region_count++] = region;
            }
            strings++;
            return true;
        }
        return false;
    }

    // Goes through what may be a region, and on from its end or from what shows that it's none. Gives
    // false where its form says that it's no tensor.
    bool try_region() {
        nabla_json_region region{};
        region.start = position;
        region.before = arrays;
        region.first_part = part_count;
        size_t sizes[NABLA_JSON_AXES + 1] = {};
        size_t depth = 0, commas = 0, openings = 0;
        size_t cut = position + part_size;
        bool has_room = note_part({position, 0});
        while (position < count) {
            // Up to where a part ends, and from there to the next comma.
            size_t most = (position < cut ? std::min(cut, count) - position : 0) / block_size;
            position += plain_blocks(text + position, most, commas) * block_size;
            if (count - position >= block_size) {
                block next(text + position);
                if (!next.is_special) {
                    if (position >= cut && next.commas > 0) {
                        size_t comma = position;
                        while (text[comma] != ',') comma++;
                        has_room = has_room && note_part({comma + 1, commas + 1});
                        cut = comma + 1 + part_size;
                    }
                    commas += next.commas;
                    position += block_size;
                    continue;
                }
            }
            size_t end = count - position < block_size ? count : position + block_size;
            for (; position < end; position++) {
                uint8_t byte = text[position];
                if (byte == ',') {
                    commas++;
                } else if (byte == '[') {
                    openings++;
                    if (++depth > NABLA_JSON_AXES) return false;
                } else if (byte == ']') {
                    if (region.axes == 0) region.axes = depth;
                    if (sizes[depth] == 0) sizes[depth] = commas + 1;
                    if (--depth > 0) continue;
                    region.end = ++position;
                    region.count = commas + 1;
                    region.part_count = part_count - region.first_part;
                    if (region.end - region.start < least || !has_room) {
                        part_count = region.first_part;
                        arrays += openings;
                        return true;
                    }
                    return note(region, sizes);
                } else if (byte == '"' || (byte > 'Z' && byte != 'e')) {
                    // Whatever it is, the arrays open here aren't of numbers alone.
                    part_count = region.first_part;
                    arrays += openings;
                    return true;
                }
            }
        }
        return false;
    }

    bool note_part(nabla_json_part part) {
        if (part_count == part_capacity) return false;
        parts[part_count++] = part;
        return true;
    }

    // Notes a region whose first array at each depth has so many numbers.
    bool note(nabla_json_region &region, const size_t *sizes) {
        size_t inner = 1;
        for (size_t axis = region.axes; axis > 0; axis--) {
            if (sizes[axis] % inner != 0) return false;
            region.shape[axis - 1] = sizes[axis] / inner;
            inner = sizes[axis];
        }
        if (inner != region.count) return false;
        arrays += region.axes;
        regions[region_count++] = region;
        return true;
    }
};

// A reader of one part, whose last byte is a comma or a bracket.
template <class Number> struct part_reader : nabla::number_reader<Number> {
    using nabla::number_reader<Number>::next;
    using nabla::number_reader<Number>::end;

    bool take(uint8_t byte) {
        if (next < end && *next == byte) return next++, true;
        this->skip_space();
        if (next < end && *next == byte) return next++, true;
        return false;
    }

    bool take(uint8_t byte, size_t times) {
        while (times-- > 0)
            if (!take(byte)) return false;
        return true;
    }

    bool read(const nabla_json_region &region, size_t first, size_t last, Number *values) {
        size_t row = region.shape[region.axes - 1];
        size_t column = first % row;
        // Behind a bracket, and behind a comma.
        bool is_spaced[2] = {false, false};
        for (size_t k = first; k < last;) {
            if (column == 0 && !take('[', brackets(region, k))) return false;
            size_t stop = k + row - column < last ? k + row - column : last;
            const uint8_t *at = next;
            bool *guess = is_spaced;
            while (true) {
                at = this->read_number(at, *guess, *values++);
                guess = is_spaced + 1;
                if (at == nullptr) return false;
                // Behind a row's last number there is a bracket before the comma.
                if (++k == stop) break;
                if (at < end && *at == ',') {
                    at++;
                    continue;
                }
                next = at;
                if (!take(',')) return false;
                at = next;
            }
            next = at;
            column = k % row;
            if (column == 0 && !take(']', brackets(region, k))) return false;
            if (k < region.count && !take(',')) return false;
        }
        return next == end;
    }

    // How many arrays begin before number k, and end behind number k - 1.
    static size_t brackets(const nabla_json_region &region, size_t k) {
        size_t size = 1, number = 0;
        for (size_t axis = region.axes; axis > 0; axis--) {
            size *= region.shape[axis - 1];
            if (k % size != 0) break;
            number++;
        }
        return number;
    }
};

template <class Number>
bool read_part(const uint8_t *text, size_t count, const nabla_json_region &region,
               nabla_json_part part, size_t end, size_t last, Number *values) {
    if (end > count || part.start >= end) return false;
    uint8_t closing = text[end - 1];
    if (closing != ',' && closing != ']') return false;
    part_reader<Number> reader{{text + part.start, text + end, text + count}};
    return reader.read(region, part.first, last, values);
}

} // namespace

size_t nabla_json_find_regions(const uint8_t *text, size_t count, size_t least, size_t part_size,
                               nabla_json_region *regions, size_t region_capacity,
                               nabla_json_part *parts, size_t part_capacity) {
    region_finder finder{text,  count,          least, part_size, regions, region_capacity,
                         parts, part_capacity};
    return finder.find() ? finder.region_count : 0;
}

bool nabla_json_read_part_f32(const uint8_t *text, size_t count, const nabla_json_region *region,
                              nabla_json_part part, size_t end, size_t last, float *values) {
    return read_part(text, count, *region, part, end, last, values);
}

bool nabla_json_read_part_f64(const uint8_t *text, size_t count, const nabla_json_region *region,
                              nabla_json_part part, size_t end, size_t last, double *values) {
    return read_part(text, count, *region, part, end, last, values);
}
