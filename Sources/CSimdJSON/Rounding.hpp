// Rounding a float64 that was read from a text to the type wanted.
#ifndef NABLA_ROUNDING_HPP
#define NABLA_ROUNDING_HPP

#include <charconv>
#include <cstdint>

namespace nabla {

template <class Number> Number rounded(double wide, uint64_t bits);

template <> inline double rounded(double wide, uint64_t) { return wide; }

// Rounding twice, from text to float64 to float32, goes wrong where the first falls half way between
// two float32, as for 7.038531e-26: which side the text was on is lost. The shortest decimal of the
// float64 then stands in for the text, and nearly always is the text.
template <> inline float rounded(double wide, uint64_t bits) {
    float value = float(wide);
    if ((bits & 0x1FFFFFFF) != 0x10000000) return value;
    char text[32];
    std::to_chars_result end = std::to_chars(text, text + sizeof text, wide);
    // Leaves the value as it is when out of range.
    std::from_chars(text, end.ptr, value);
    return value;
}

} // namespace nabla

#endif
