#include "CPNGReader.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

// Everything that changes between setjmp and longjmp lies here, in memory: a local variable could have lived in a
// register.
struct reader {
    const struct png_reader_piece *pieces;
    size_t count;
    /// Of the first piece: how much of it is read.
    size_t taken;
    png_structp png;
    png_infop info;
    char *message;
    size_t capacity;
    jmp_buf failed;
};

static void take(png_structp png, png_bytep out, size_t wanted) {
    struct reader *reader = png_get_io_ptr(png);
    while (wanted > 0) {
        if (reader->count == 0) png_error(png, "it ends too early");
        size_t left = reader->pieces->count - reader->taken;
        size_t now = wanted < left ? wanted : left;
        memcpy(out, reader->pieces->bytes + reader->taken, now);
        out += now;
        wanted -= now;
        reader->taken += now;
        if (reader->taken == reader->pieces->count) {
            reader->pieces++;
            reader->count--;
            reader->taken = 0;
        }
    }
}

static void fail(png_structp png, png_const_charp text) {
    struct reader *reader = png_get_error_ptr(png);
    snprintf(reader->message, reader->capacity, "%s", text);
    longjmp(reader->failed, 1);
}

// libpng's way to say that it mended something.
static void warn(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static int decode(struct reader *reader, uint32_t width, uint32_t height, uint8_t *pixels) {
    if (setjmp(reader->failed) != 0) return 0;
    png_structp png = reader->png;
    png_infop info = reader->info;
    png_set_read_fn(png, reader, take);
    png_set_benign_errors(png, 1);
    png_set_user_limits(png, width, height);
    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
        png_error(png, "the sizes do not agree");
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
    png_fixed_point gamma;
    if (png_get_gAMA_fixed(png, info, &gamma)) png_set_gamma_fixed(png, PNG_DEFAULT_sRGB, gamma);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t row = (size_t)width * 4;
    if (png_get_rowbytes(png, info) != row) png_error(png, "the rows have another length");
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++) png_read_row(png, pixels + y * row, NULL);
    png_read_end(png, NULL);
    return 1;
}

int png_reader_decode(
    const struct png_reader_piece *pieces, size_t count, uint32_t width, uint32_t height, uint8_t *pixels,
    char *message, size_t capacity) {
    struct reader reader = {.pieces = pieces, .count = count, .message = message, .capacity = capacity};
    snprintf(message, capacity, "no memory");
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, fail, warn);
    if (reader.png == NULL) return 0;
    reader.info = png_create_info_struct(reader.png);
    int done = reader.info != NULL && decode(&reader, width, height, pixels);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    return done;
}
