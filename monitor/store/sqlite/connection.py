"""The one connection and its writer thread: work goes in as a function, and comes out as one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from monitor.model.errors import StoreError
from monitor.store import statements
from monitor.store.lock import Lock
from monitor.store.rows.values import Row
from monitor.store.sqlite import schema

T = TypeVar("T")


class Database:
    """A file, open or not. What the ports promise is said by those who build on it."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._lock = Lock(Path(f"{path}.lock"))
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Take the lock, make or check the file, bring its schema up to date.

        Raises:
            StoreError: in use, damaged, not ours, of a newer version, or not readable and writable.
        """
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            await self._run(self._open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what runs, close the file, release the lock."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.submit(self._close)
            await asyncio.to_thread(thread.shutdown)

    async def writable(self) -> None:
        """Prove that the disk takes writes, by one. Raises StoreError with the reason if it does not."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.WRITE)

        await self._transaction(work)

    async def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._run(lambda: self._in_transaction(work))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise StoreError(f"{self._path}: the store is not open")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._errors():
            if self._connection is None:
                self._connection = schema.connect(self._path, create=False)
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                # Some errors have rolled back already; a failed roll-back must not hide the first error.
                with contextlib.suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise
            return result

    def _open(self) -> None:
        with self._errors():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            # Made here because SQLite would give it the umask's mode; its -wal and -shm copy this one's.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = schema.connect(self._path, create=True)

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        self._lock.release()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what SQLite and the file system raise into StoreError: path, what happened, what to do."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code in schema.BREAKING and self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None
            advice = schema.ADVICE.get(code, "please report this")
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise StoreError(f"{self._path}: {advice} ({error}, {name})") from error
        except OSError as error:
            raise StoreError(
                f"{self._path}: {error.strerror}: check the path, its owner and its mode"
            ) from error

    def _decode(self, decoder: Callable[[Row], T], row: Row) -> T:
        try:
            return decoder(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{self._path}: cannot read the row of {list(row[:3])}: {error}") from error
