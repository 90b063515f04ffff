"""The one door to HTTP: deadlines, a byte cap, and a pool that survives what poisons httpx's.

    HttpError                 the request has no usable answer; `reason` is a word for a metric
    ├── Refused               no connection could be made: wrong host, refused, TLS, DNS
    ├── TimedOut              the connect, read or total deadline passed
    ├── Broken                the connection ended before the answer did, or the answer is not HTTP
    └── TooLarge              the decompressed body passed the byte cap

httpx 0.28 loses a pool slot for good when a request is cancelled while it connects (httpcore#1093),
and its read timeout is per chunk, so a slow drip never ends. Hence: only httpx's own timeouts in
normal operation, a check of the total deadline at every chunk, and a new client after a pool timeout
or an outside cancellation. Redirects are never followed. Proxies come from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
BODY_CAP = 32 * 1024 * 1024
"""Bytes of a decompressed answer: 5,000 queues with every metric take 8 MB (PERF.md)."""
POOL_SIZE = 100
"""Far above what the request budget lets run at once, so that nobody waits for a slot."""


class HttpError(Exception):
    """No usable answer. `reason` is one lower-case word, fit for a metric label."""

    reason = "error"


class Refused(HttpError):
    """No connection could be made."""

    reason = "refused"


class TimedOut(HttpError):
    """A deadline passed before the whole answer was in."""

    reason = "timeout"


class Broken(HttpError):
    """The connection ended early, or what came is not HTTP."""

    reason = "broken"


class TooLarge(HttpError):
    """The answer is longer than the cap."""

    reason = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: status, headers (lower-case names) and the decompressed body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Generation:
    """One httpx client and the number of requests it still serves."""

    client: httpx.AsyncClient
    busy: int = 0
    retired: bool = False


@dataclass(slots=True)
class Http:
    """Sends requests; owns the connection pool. Close it with `aclose()`."""

    user_agent: str
    tls: ssl.SSLContext | None = None
    transport: httpx.AsyncBaseTransport | None = None
    rebuilt: int = 0
    _current: _Generation | None = field(default=None, init=False)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline: float,
        cap: int = BODY_CAP,
    ) -> Answer:
        """Send one request and return its whole answer, whatever the status.

        Args:
            method: GET, POST, …
            url: absolute, http or https.
            headers: sent as they are, beside User-Agent and Accept-Encoding.
            content: the body, sent as it is.
            deadline: the event loop's time (seconds) by which the whole answer must be in.
            cap: most bytes of the decompressed body.

        Raises:
            HttpError: one of the tree in the module docstring.
        """
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimedOut("no time left before the request was sent")
        generation = self._generation()
        generation.busy += 1
        try:
            request = generation.client.build_request(
                method, url, headers=dict(headers or {}), content=content, timeout=_timeouts(left)
            )
            response = await generation.client.send(request, stream=True)
            try:
                body = await _read(response, deadline, cap)
            finally:
                await response.aclose()
            return Answer(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=body,
            )
        except httpx.PoolTimeout as error:
            self._retire(generation)
            raise TimedOut("every connection of the pool is taken; the pool was rebuilt") from error
        except asyncio.CancelledError:
            self._retire(generation)
            raise
        except (httpx.LocalProtocolError, UnicodeError):
            # Their texts and causes show the header, which may hold a token: nothing of them goes on.
            raise Broken(
                "the request was not sent: it has a header or an address that HTTP forbids"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise _translate(error) from error
        finally:
            generation.busy -= 1
            if generation.retired and not generation.busy:
                await generation.client.aclose()

    async def aclose(self) -> None:
        """Close every connection of the current pool."""
        if self._current is not None:
            await self._current.client.aclose()
            self._current = None

    def _generation(self) -> _Generation:
        if self._current is None:
            self._current = _Generation(
                httpx.AsyncClient(
                    headers={"user-agent": self.user_agent, "accept-encoding": "gzip"},
                    verify=self.tls if self.tls is not None else _shared_tls(),
                    transport=self.transport,
                    follow_redirects=False,
                    trust_env=True,
                    limits=httpx.Limits(
                        max_connections=POOL_SIZE, max_keepalive_connections=20, keepalive_expiry=60.0
                    ),
                )
            )
        return self._current

    def _retire(self, generation: _Generation) -> None:
        """Let `generation` finish what it serves and use a new client from now on."""
        if self._current is generation:
            self._current = None
            self.rebuilt += 1
        generation.retired = True


_tls: list[ssl.SSLContext] = []


def _shared_tls() -> ssl.SSLContext:
    """Return one context for all clients: building it reads the whole trust store (18 ms)."""
    if not _tls:
        _tls.append(httpx.create_ssl_context())
    return _tls[0]


def _timeouts(left: float) -> httpx.Timeout:
    connect = min(CONNECT_TIMEOUT, left)
    return httpx.Timeout(min(READ_TIMEOUT, left), connect=connect, pool=connect)


async def _read(response: httpx.Response, deadline: float, cap: int) -> bytes:
    """Collect the body, unpacking gzip ourselves: httpx would unpack a bomb before we could count it."""
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    size = 0
    async for part in _unpack(response, cap):
        size += len(part)
        if size > cap:
            raise TooLarge(f"the answer is longer than {cap} bytes")
        if loop.time() > deadline:
            raise TimedOut(f"the answer was still coming at the deadline ({size} bytes so far)")
        parts.append(part)
    return b"".join(parts)


async def _unpack(response: httpx.Response, cap: int) -> AsyncIterator[bytes]:
    encoding = response.headers.get("content-encoding", "").lower()
    if encoding in ("", "identity"):
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if encoding != "gzip":
        raise Broken(f"the answer is encoded as {encoding!r}, which was not asked for")
    inflater = zlib.decompressobj(wbits=31)
    async for chunk in response.aiter_raw():
        try:
            yield inflater.decompress(chunk, cap + 1)
        except zlib.error as error:
            raise Broken("the answer's gzip is damaged") from error
        if inflater.unconsumed_tail:
            raise TooLarge(f"the answer unpacks to more than {cap} bytes")
    if not inflater.eof:
        raise Broken("the answer's gzip ends early")


def _translate(error: Exception) -> HttpError:
    """Turn a library exception into ours; the text never shows the URL, which may hold a secret."""
    text = str(error) or type(error).__name__
    match error:
        case httpx.TimeoutException():
            return TimedOut(f"no answer in time ({type(error).__name__})")
        case httpx.ConnectError() | httpx.UnsupportedProtocol() | httpx.InvalidURL() | httpx.ProxyError():
            return Refused(text)
        case _:
            return Broken(text)
