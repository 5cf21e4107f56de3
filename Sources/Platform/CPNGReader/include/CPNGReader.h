// libpng's row-wise interface for Swift. It leaves a failed call with longjmp, which must not cross a Swift frame: here
// the jump stays in C.
#ifndef STRANGLER_CPNGREADER_H
#define STRANGLER_CPNGREADER_H

#include <stddef.h>
#include <stdint.h>

/// Where a piece of the stream lies.
struct png_reader_piece {
    const uint8_t *bytes;
    size_t count;
};

/// Decodes a PNG into rows of red, green, blue and alpha, 8 bits each, from the top: palettes, grey and fewer bits are
/// widened, 16 bits are rounded to 8, interlaced rows are put in their places, and a gAMA chunk, if there is one, is
/// applied so that sRGB comes out.
///
/// `pieces`: the stream, signature included, in order. `pixels`: width * height * 4 bytes. `message`: why it failed,
/// ended by 0. Returns 1, or 0 when the stream is broken or has another size.
int png_reader_decode(
    const struct png_reader_piece *pieces, size_t count, uint32_t width, uint32_t height, uint8_t *pixels,
    char *message, size_t capacity);

#endif
