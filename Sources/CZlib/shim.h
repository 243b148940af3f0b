// zlib codes the bodies of messages. Its functions that begin a stream are macros with the size of
// the structure and the version in them, which Swift can't call.
#include <zlib.h>

// 15 bits of window, and 16 for the gzip format alone.
enum { NABLA_GZIP_WINDOW = 15 + 16 };

static inline int nabla_inflate_begin(z_stream *stream) {
    return inflateInit2(stream, NABLA_GZIP_WINDOW);
}

static inline int nabla_deflate_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, NABLA_GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);
}
