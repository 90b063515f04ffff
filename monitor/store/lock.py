"""A lock file: one process per database, said in one clear line to the second."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from monitor.model.errors import StoreError


class Lock:
    """An advisory lock that the kernel drops when its process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StoreError: another process holds it, or the file cannot be made.
        """
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"{self._path}: cannot make the lock file ({error.strerror}): check the folder's owner, mode"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise StoreError(
                f"{self._path}: another queuewatch (process {holder}) uses this store; "
                "stop it, or give this one a store path of its own"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would race with the next owner."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
