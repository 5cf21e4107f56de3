"""Pictures made by hand: PNGs of a gradient, and files that cost far more than they weigh."""
import os
import struct
import zlib


def png(width=96, height=64, shade=0):
    rows = b"".join(
        b"\0" + b"".join(bytes(((x * 255 // width + shade) % 256, y * 255 // height, (x + y + shade) % 256)) for x in range(width))
        for y in range(height))

    return wrapped(width, height, 8, 2, zlib.compress(rows))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wrapped(width, height, depth, colour, data, interlaced=0, before=b""):
    """A PNG of compressed rows, with chunks before them."""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
            + before + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def noise(width, height):
    """A PNG that does not shrink: three random bytes a pixel."""
    rows = b"".join(b"\0" + os.urandom(3 * width) for _ in range(height))
    return wrapped(width, height, 8, 2, zlib.compress(rows, 0))


def plain(width, height, depth=8, interlaced=0):
    """A PNG of one colour, whatever its size."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    deflate = zlib.compressobj(1)
    data = b""
    for x, y, across, down in passes:
        columns, rows = -(-(width - x) // across), -(-(height - y) // down)
        if columns > 0:
            row = b"\0" + b"\x78\x40\x20"[:3] * (columns * depth // 8)
            for _ in range(rows):
                data += deflate.compress(row)
    return wrapped(width, height, depth, 2, data + deflate.flush(), interlaced)


def claiming(length, kind=b"zTXt"):
    """49 bytes: a chunk that claims `length` bytes and has none."""
    return png(1, 1)[:33] + struct.pack(">I", length) + kind + b"\0" * 8


def inflating(chunks, size):
    """A picture of one pixel, with so many compressed texts that are `size` bytes each once they are read."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(size), 9))
    return wrapped(1, 1, 8, 2, zlib.compress(b"\0\1\2\3"), before=text * chunks)


def jpeg_of_scans(width, height, scans):
    """A grey progressive JPEG whose scans, after the first, change nothing."""
    def segment(marker, data):
        return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data

    # A bit for each block, 0: the mean stays, or nothing but the mean is there.
    bits = bytes(-(-width // 8) * -(-height // 8) // 8 + 1)
    frame = struct.pack(">BHHB", 8, height, width, 1) + bytes((1, 0x11, 0))
    tables = segment(0xC4, bytes((0x00, 1)) + bytes(15) + b"\0") + segment(0xC4, bytes((0x10, 1)) + bytes(15) + b"\0")
    first = segment(0xDA, bytes((1, 1, 0, 0, 0, 0))) + bits
    later = segment(0xDA, bytes((1, 1, 0, 1, 63, 0))) + bits
    return (b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64) + segment(0xC2, frame) + tables + first + later * (scans - 1) + b"\xff\xd9")


def size(data):
    """(width, height) of a PNG."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", data[:16]
    return struct.unpack(">II", data[16:24])


def has_pixels_other_than(one, other):
    return one != other and size(one) == size(other)
