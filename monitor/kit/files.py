"""Reads files that somebody else names and writes.

What may not happen: waiting for a pipe that nobody writes to, or taking in more than there is room for.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def content(path: Path, limit: int) -> bytes:
    """Return what is in a regular file: up to `limit` bytes, and one more where there are more.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: no file can be called so.
    """
    # Without it, opening a pipe waits for who writes to it (fifo(7)).
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(limit + 1)
    finally:
        os.close(descriptor)
