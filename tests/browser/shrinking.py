"""A picture of a page in 256 colours: a third of its size, and nobody sees a difference.

Only what Chromium writes is read: eight bits of red, green and blue, not interlaced (PNG, third edition).
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

COLOURS = 256
APART = 48
"""Squared distance that colours of the palette keep at least: about four steps in each of the three."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KIND = (8, 2, 0, 0, 0)
"""Bit depth, colour type, compression, filter and interlace method of what Chromium writes."""

Row = Sequence[bytes]


def shrunk(picture: bytes) -> bytes:
    """Return a PNG with a palette of the colours that `picture` has most of."""
    width, height, rows = _read(picture)
    colours = Counter(colour for row in rows for colour in row)
    palette = _palette(colours)
    index = {colour: _nearest(palette, colour) for colour in colours}
    lines = b"".join(b"\0" + bytes(index[colour] for colour in row) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", b"".join(palette)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _palette(colours: Counter[bytes]) -> list[bytes]:
    """Return the commonest colours that are not all but the same."""
    palette: list[bytes] = []
    for colour, _ in colours.most_common():
        if all(_distance(one, colour) > APART for one in palette):
            palette.append(colour)
        if len(palette) == COLOURS:
            break
    return palette


def _nearest(palette: Sequence[bytes], colour: bytes) -> int:
    return min(range(len(palette)), key=lambda place: _distance(palette[place], colour))


def _distance(one: bytes, other: bytes) -> int:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(picture):
        (length,) = struct.unpack_from(">I", picture, place)
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        place += 12 + length


def _read(picture: bytes) -> tuple[int, int, list[Row]]:
    chunks = list(_chunks(picture))
    width, height, *kind = struct.unpack(">IIBBBBB", chunks[0][1])
    if tuple(kind) != _KIND:
        raise ValueError(f"not a PNG as Chromium writes it: {kind}")
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    stride = 3 * width
    lines = (data[start : start + 1 + stride] for start in range(0, len(data), 1 + stride))
    return (
        width,
        height,
        [[line[at : at + 3] for at in range(0, stride, 3)] for line in _unfiltered(lines, stride)],
    )


def _unfiltered(lines: Iterable[bytes], stride: int) -> Iterator[bytes]:
    """Undo what each line says was done to it: it holds differences to the pixel before or above, or both."""
    above = bytes(stride)
    for number, *given in lines:
        line = bytearray(given)
        for at in range(stride if number else 0):
            left, corner = (line[at - 3], above[at - 3]) if at >= 3 else (0, 0)
            line[at] = (line[at] + _expected(number, left, above[at], corner)) & 255
        above = bytes(line)
        yield above


def _expected(number: int, left: int, above: int, corner: int) -> int:
    if number < 4:
        return (0, left, above, (left + above) // 2)[number]
    guess = left + above - corner  # Paeth's: whichever of the three is nearest, in this order
    return min((left, above, corner), key=lambda one: abs(guess - one))
