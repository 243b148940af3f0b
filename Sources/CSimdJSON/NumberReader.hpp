// Reading a number straight from its text.
//
// What this reads, simdjson would read to the same values; what it doesn't read, simdjson reads or
// refuses. Numbers are put together by simdjson's own function, so there is one way of rounding.
#ifndef NABLA_NUMBER_READER_HPP
#define NABLA_NUMBER_READER_HPP

#include "LongDecimal.hpp"
#include "Rounding.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace nabla {

// A reader of numbers up to a byte that none of them goes beyond, such as a comma or a bracket.
template <class Number> struct number_reader {
    const uint8_t *next;
    // Behind that byte.
    const uint8_t *end;
    const uint8_t *end_of_text;

    void skip_space() {
        while (next < end && (*next == ' ' || *next == '\n' || *next == '\r' || *next == '\t'))
            next++;
    }

    // Reads the number that begins at `at`, or behind space there, and gives the byte behind it; null
    // where there is none. `is_spaced` says whether there was one space before the last number, and is
    // guessed to hold again, so that digits are loaded before the guess is checked. `next` isn't moved
    // for what `read_long_decimal` reads: whoever calls keeps the place in a register.
    inline __attribute__((always_inline)) const uint8_t *
    read_number(const uint8_t *at, bool &is_spaced, Number &value) {
        const uint8_t *start = at + is_spaced;
        if (start < end && (!is_spaced || *at == ' ')) {
            const uint8_t *behind = read_long_decimal(start, end_of_text, value);
            if (behind != nullptr) return behind;
        }
        is_spaced = at < end && *at == ' ';
        next = at;
        return take_number(value) ? next : nullptr;
    }

    // What `read_long_decimal` reads; whatever else there is is left where it is.
    bool take_long_decimal(Number &value) {
        const uint8_t *behind = read_long_decimal(next, end_of_text, value);
        if (behind == nullptr) return false;
        next = behind;
        return true;
    }

    // Goes on with digits, eight at a time where there are as many.
    void take_digits(uint64_t &significand) {
        namespace parsing = simdjson::SIMDJSON_BUILTIN_IMPLEMENTATION::numberparsing;
        while (end_of_text - next >= 8 && parsing::is_made_of_eight_digits_fast(next)) {
            uint64_t digits;
            std::memcpy(&digits, next, sizeof digits);
            // Pairs, fours, eights.
            digits = (digits & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
            digits = (digits & 0x00FF00FF00FF00FF) * 6553601 >> 16;
            digits = (digits & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
            significand = significand * 100000000 + digits;
            next += 8;
        }
        for (; is_digit(*next); next++) significand = significand * 10 + (*next - '0');
    }

    // Zeros, ones and halves, as most targets are: a digit, a point and a digit, and no space before them. The
    // quotient of two numbers that are exact is the one next to the true value, so it is what rounding that would
    // give. Whatever else is there is left where it is. Not for large texts, whose long numbers take 5 % longer
    // to read when this is tried first.
    bool take_short_decimal(Number &value) {
        if (end - next < 4 || next[1] != '.' || !is_digit(next[0]) || !is_digit(next[2]) ||
            is_digit(next[3]) || (next[3] | 0x20) == 'e')
            return false;
        value = Number((next[0] - '0') * 10 + (next[2] - '0')) / Number(10);
        next += 3;
        return true;
    }

    // RFC 8259, section 6. The last byte ends every number, so only the first is looked
    // for.
    bool take_number(Number &value) {
        if (next < end && *next <= ' ') skip_space();
        if (next == end) return false;
        const uint8_t *start = next;
        bool is_negative = *next == '-';
        if (is_negative) next++;
        const uint8_t *first = next;
        uint64_t significand = 0;
        for (; is_digit(*next); next++) significand = significand * 10 + (*next - '0');
        size_t digits = size_t(next - first);
        if (digits == 0 || (*first == '0' && digits > 1)) return false;
        bool is_whole = true;
        int64_t exponent = 0;
        if (*next == '.') {
            is_whole = false;
            const uint8_t *fraction = ++next;
            take_digits(significand);
            if (next == fraction) return false;
            exponent = fraction - next;
            digits += size_t(next - fraction);
        }
        if (*next == 'e' || *next == 'E') {
            is_whole = false;
            const uint8_t *behind = add_exponent(next + 1, exponent);
            if (behind == nullptr) return false;
            next = behind;
        }
        if (is_whole) {
            // Those that may need more than 63 bits are left to simdjson.
            if (digits > 18) return false;
            value = Number(is_negative ? -int64_t(significand) : int64_t(significand));
            return true;
        }
        double wide;
        if (!compose(start, first, digits, significand, exponent, is_negative, wide)) return false;
        uint64_t bits;
        std::memcpy(&bits, &wide, sizeof bits);
        value = rounded<Number>(wide, bits);
        return std::fabs(value) <= std::numeric_limits<Number>::max();
    }

    bool compose(const uint8_t *start, const uint8_t *first, size_t digits, uint64_t significand,
                 int64_t exponent, bool is_negative, double &wide) {
        namespace parsing = simdjson::SIMDJSON_BUILTIN_IMPLEMENTATION::numberparsing;
        if (exponent < simdjson::internal::smallest_power ||
            exponent > simdjson::internal::largest_power)
            return false;
        // Up to 19 digits are below 2⁶⁴; zeros in front don't count.
        if (digits > 19)
            for (; *first == '0' || *first == '.'; first++)
                if (*first == '0') digits--;
        if (digits <= 19 && parsing::compute_float_64(exponent, significand, is_negative, wide))
            return true;
        return std::from_chars((const char *)start, (const char *)next, wide).ec == std::errc();
    }
};

} // namespace nabla

#endif
