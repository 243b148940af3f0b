// Reading the numbers that programs write at length, such as 0.01643536872913652 and
// -8.608367441986786e-05.
#ifndef NABLA_LONG_DECIMAL_HPP
#define NABLA_LONG_DECIMAL_HPP

#include "Rounding.hpp"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <limits>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

namespace nabla {

inline bool is_digit(uint8_t byte) { return uint8_t(byte - '0') <= 9; }

// Reads the exponent behind an e, up to four digits, and adds it to `power`. Gives the byte behind it;
// null where there is none, or more digits.
inline const uint8_t *add_exponent(const uint8_t *next, int64_t &power) {
    bool is_negative = *next == '-';
    if (is_negative || *next == '+') next++;
    const uint8_t *first = next;
    int64_t magnitude = 0;
    for (; is_digit(*next); next++) {
        if (next - first == 4) return nullptr;
        magnitude = magnitude * 10 + (*next - '0');
    }
    if (next == first) return nullptr;
    power += is_negative ? -magnitude : magnitude;
    return next;
}

// Reads a number of one digit, a point and 7 to 18 digits behind it, or 19 where the number is below
// 1, and maybe an exponent. How many there are differs from number to number, and so does the sign:
// neither is branched on, because the processor couldn't foresee it.
//
// Gives the byte behind the number; null where another one is written, which it finds out early, or
// where it can't tell how to round it.
template <class Number>
inline __attribute__((always_inline)) const uint8_t *
read_long_decimal(const uint8_t *start, const uint8_t *end_of_text, Number &value) {
#ifdef __x86_64__
    namespace parsing = simdjson::SIMDJSON_BUILTIN_IMPLEMENTATION::numberparsing;
    constexpr unsigned fewest = 7;
    // A sign, a digit, a point and 32 bytes.
    if (end_of_text - start < 35) return nullptr;
    bool is_negative = *start == '-';
    const uint8_t *first = start + is_negative;
    uint8_t whole = uint8_t(first[0] - '0');
    if (whole > 9 || first[1] != '.' || !is_digit(first[3]) || !is_digit(first[5])) return nullptr;

    const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
    __m128i front = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(first + 2)), zero);
    __m128i back = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(first + 18)), zero);
    uint32_t are_digits =
        uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(front, nine), front))) |
        uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(back, nine), back))) << 16;
    unsigned count = unsigned(__builtin_ctz(~are_digits | 1u << 31));
    bool is_below_one = whole == 0;
    // Where there are fewer, `count - fewest` wraps to more than any: one comparison for both ends.
    if (count - fewest > 18 - fewest + is_below_one) return nullptr;

    const uint8_t *next = first + 2 + count;
    int64_t power = -18 - int(is_below_one);
    if ((*next | 0x20) == 'e') {
        next = add_exponent(next + 1, power);
        if (next == nullptr) return nullptr;
        if (power < simdjson::internal::smallest_power || power > simdjson::internal::largest_power)
            return nullptr;
    }

    // Zeros stand for the digits that aren't there, so that all numbers have as many: 16 in front, and
    // two behind them, three where the number is below 1. 16 bytes of `mask` that begin n before its
    // middle keep n digits.
    static const int8_t mask[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                    -1, -1, -1, -1, -1, -1, -1, -1};
    unsigned in_front = count < 16 ? count : 16;
    front = _mm_and_si128(front, _mm_loadu_si128((const __m128i *)(mask + 16 - in_front)));
    uint32_t rest = uint32_t(_mm_cvtsi128_si32(back)) & ((1u << 8 * (count - in_front)) - 1);
    // Pairs, fours, eights.
    const __m128i none = _mm_setzero_si128(), tens = _mm_set1_epi32(1 << 16 | 10);
    __m128i digits = _mm_packs_epi32(_mm_madd_epi16(_mm_unpacklo_epi8(front, none), tens),
                                     _mm_madd_epi16(_mm_unpackhi_epi8(front, none), tens));
    digits = _mm_madd_epi16(digits, _mm_set1_epi32(1 << 16 | 100));
    digits = _mm_packs_epi32(digits, digits);
    digits = _mm_madd_epi16(digits, _mm_set1_epi32(1 << 16 | 10000));
    uint64_t eights = uint64_t(_mm_cvtsi128_si64(digits));
    uint64_t sixteen = (eights & 0xFFFFFFFF) * 100000000 + (eights >> 32);
    uint32_t three = (rest & 0xFF) * 100 + (rest >> 8 & 0xFF) * 10 + (rest >> 16);
    // From 1 on the third digit is 0 and left out: three * 52429 / 2¹⁹ is a tenth of it, exactly.
    static const uint64_t scale[2] = {100, 1000};
    static const uint32_t factor[2] = {52429, 1 << 19};
    uint64_t significand = whole * 1000000000000000000 + sixteen * scale[is_below_one] +
                           (uint64_t(three) * factor[is_below_one] >> 19);

    double wide;
    if (!parsing::compute_float_64(power, significand, is_negative, wide)) return nullptr;
    uint64_t bits;
    std::memcpy(&bits, &wide, sizeof bits);
    value = rounded<Number>(wide, bits);
    return std::fabs(value) <= std::numeric_limits<Number>::max() ? next : nullptr;
#else
    return nullptr;
#endif
}

} // namespace nabla

#endif
