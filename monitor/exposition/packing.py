"""gzip in two halves: the big, rarely changing half compressed once, a small fresh half per scrape.

Both are raw deflate streams; the first ends on a byte boundary (full flush), so that the second can be
appended and the pair is one valid gzip member. isal at level 1 takes 14 ms for 15 MB where zlib's
default takes 152 ms for the same size (PERF.md).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from isal import isal_zlib

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""RFC 1952: magic, deflate, no flags, no time, unknown system."""
_RAW = -15
"""Window bits of a deflate stream without zlib's own header."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Compressed text that something may follow, with the checksum and size so far."""

    stream: bytes
    crc: int
    size: int


def pack(text: bytes) -> Packed:
    """Compress `text`; takes a while for megabytes, so call it in a thread (it lets go of the GIL)."""
    deflater = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _RAW)
    stream = deflater.compress(text) + deflater.flush(isal_zlib.Z_FULL_FLUSH)
    return Packed(stream, zlib.crc32(text), len(text))


def followed(packed: Packed, tail: bytes) -> tuple[bytes, bytes]:
    """Return the gzip of `packed`'s text followed by `tail`, in two pieces to be written in turn."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, _RAW)
    stream = deflater.compress(tail) + deflater.flush()
    trailer = struct.pack("<II", zlib.crc32(tail, packed.crc), (packed.size + len(tail)) & 0xFFFF_FFFF)
    return _HEADER + packed.stream, stream + trailer
