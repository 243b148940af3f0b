// Base64 with AVX2, 32 characters at a time.
//
// Source: Muła & Lemire 2018, Faster Base64 Encoding and Decoding Using AVX2 Instructions.
#include "CSimdJSON.h"

#ifdef __x86_64__

#include <immintrin.h>

namespace {

// The same 16 bytes in both halves, as shuffles see them.
__attribute__((target("avx2"))) inline __m256i twice(__m128i half) {
    return _mm256_broadcastsi128_si256(half);
}

__attribute__((target("avx2"))) size_t decode(const uint8_t *text, size_t count, uint8_t *bytes,
                                              size_t room) {
    // A bit for each class of characters, by the high and by the low half of a byte: a character of
    // the alphabet has none in common.
    const __m256i classes_by_high = twice(
        _mm_setr_epi8(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16));
    const __m256i classes_by_low = twice(
        _mm_setr_epi8(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26));
    // What leads from a character to its value, by the high half, and 1 less for '/'.
    const __m256i offsets = twice(
        _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i order = twice(
        _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    const __m256i slash = _mm256_set1_epi8('/');
    size_t read = 0, written = 0;
    // 24 bytes are stored with 8 that the next overwrite.
    for (; count - read >= 32 && room - written >= 32; read += 32, written += 24) {
        __m256i characters = _mm256_loadu_si256((const __m256i *)(text + read));
        __m256i high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), slash);
        __m256i low = _mm256_and_si256(characters, slash);
        if (!_mm256_testz_si256(_mm256_shuffle_epi8(classes_by_high, high),
                                _mm256_shuffle_epi8(classes_by_low, low)))
            break;
        __m256i is_slash = _mm256_cmpeq_epi8(characters, slash);
        __m256i values = _mm256_add_epi8(
            characters, _mm256_shuffle_epi8(offsets, _mm256_add_epi8(is_slash, high)));
        // Two times 6 bits become 12, two times 12 become 24.
        __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
        __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
        __m256i halves = _mm256_shuffle_epi8(fours, order);
        __m256i packed =
            _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
        _mm256_storeu_si256((__m256i *)(bytes + written), packed);
    }
    return read;
}

__attribute__((target("avx2"))) size_t encode(const uint8_t *bytes, size_t count, uint8_t *text,
                                              size_t room) {
    // Bytes a b c of each three as b a c b, so that 6 bits at a time can be moved into place.
    const __m256i order =
        twice(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
    // What leads from a value to its character: of a to z by 0, of 0 to 9 by 1 to 10, then of '+',
    // of '/', and of A to Z.
    const __m256i offsets = twice(
        _mm_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0));
    size_t read = 0, written = 0;
    // 12 bytes are loaded for each half, with 4 that are left alone.
    for (; count - read >= 28 && room - written >= 32; read += 24, written += 32) {
        __m256i loaded = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(bytes + read))),
            _mm_loadu_si128((const __m128i *)(bytes + read + 12)), 1);
        __m256i threes = _mm256_shuffle_epi8(loaded, order);
        __m256i upper = _mm256_mulhi_epu16(_mm256_and_si256(threes, _mm256_set1_epi32(0x0FC0FC00)),
                                           _mm256_set1_epi32(0x04000040));
        __m256i lower = _mm256_mullo_epi16(_mm256_and_si256(threes, _mm256_set1_epi32(0x003F03F0)),
                                           _mm256_set1_epi32(0x01000010));
        __m256i values = _mm256_or_si256(upper, lower);
        __m256i kinds = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
        __m256i is_capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
        kinds = _mm256_or_si256(kinds, _mm256_and_si256(is_capital, _mm256_set1_epi8(13)));
        _mm256_storeu_si256((__m256i *)(text + written),
                            _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, kinds)));
    }
    return read;
}

bool has_avx2() {
    static const bool has = __builtin_cpu_supports("avx2");
    return has;
}

} // namespace

size_t nabla_json_decode_base64(const uint8_t *text, size_t count, uint8_t *bytes, size_t room) {
    return has_avx2() ? decode(text, count, bytes, room) : 0;
}

size_t nabla_json_encode_base64(const uint8_t *bytes, size_t count, uint8_t *text, size_t room) {
    return has_avx2() ? encode(bytes, count, text, room) : 0;
}

#else

size_t nabla_json_decode_base64(const uint8_t *, size_t, uint8_t *, size_t) { return 0; }

size_t nabla_json_encode_base64(const uint8_t *, size_t, uint8_t *, size_t) { return 0; }

#endif
