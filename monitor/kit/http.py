"""The one door to HTTP: deadlines, a byte cap, and a pool that survives what poisons httpx's.

    HttpError                 the request has no usable answer; `reason` is a word for a metric
    ├── Refused               no connection could be made: wrong host, refused, TLS, DNS
    ├── TimedOut              the connect, read or total deadline passed
    ├── Broken                the connection ended before the answer did, or the answer is not HTTP
    ├── TooLarge              the decompressed body passed the byte cap
    └── Forbidden             the peer has an address that is not public, and only those are allowed

httpx 0.28 loses a pool slot for good when a request is cancelled while it connects (httpcore#1093),
and its read timeout is per chunk, so a slow drip never ends. Hence: httpx's own timeouts end what hangs,
the total deadline cancels what drips, and a new client follows a pool timeout and every cancellation.
Redirects are never followed. `send` wants a whole answer; `tell` is content with its head.

Proxies come from the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), unless one is given or
private addresses are forbidden, or `environment` is off: then the environment is not asked.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import httpcore
import httpx

from monitor.kit import addresses
from monitor.kit import tls as trust
from monitor.kit.secrets import Secret

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
BODY_CAP = 32 * 1024 * 1024
"""Bytes of a decompressed answer: 5,000 queues with every metric take 8 MB (PERF.md)."""
POOL_SIZE = 100
"""Far above what the request budget lets run at once, so that nobody waits for a slot."""

BODY_PATIENCE = 1.0
"""Seconds after the head for a body that can be done without: whoever sends one sends it at once."""

_LIMITS = httpx.Limits(max_connections=POOL_SIZE, max_keepalive_connections=20, keepalive_expiry=60.0)

_SHARE = 0.9
"""Of the time left, what httpx's own timeouts get: a hang then ends without the pool being thrown away."""


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


class Forbidden(HttpError):
    """The peer's address is not public; it was sent nothing."""

    reason = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: status, headers (lower-case names) and the decompressed body.

    What `tell` returns has an empty body where the one that was sent is cut, too long or not to be read.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Ask:
    """A request, and how much of an answer is wanted."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    cap: int
    tolerant: bool = False


@dataclass(slots=True)
class _Generation:
    """One httpx client and the number of requests it still serves."""

    client: httpx.AsyncClient
    busy: int = 0
    retired: bool = False


@dataclass(slots=True)
class Http:
    """Sends requests; owns the connection pool. Close it with `aclose()`.

    `tls` verifies servers and may show a certificate of ours. `proxy` is an http or https URL. Without
    `private` the connected peer must have a public address, whatever its name resolves to; behind a proxy
    nobody can look at the peer, so the two exclude each other. `transport` takes the place of the network in
    tests, where there are no peers.

    Raises:
        ValueError: both a proxy and no private addresses.
    """

    user_agent: str
    tls: ssl.SSLContext | None = None
    transport: httpx.AsyncBaseTransport | None = None
    rebuilt: int = 0
    proxy: Secret | None = field(default=None, kw_only=True)
    private: bool = field(default=True, kw_only=True)
    environment: bool = field(default=True, kw_only=True)
    _current: _Generation | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.proxy is not None and not self.private:
            raise ValueError("behind a proxy private addresses cannot be told from public ones")

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
        return await self._send(_Ask(method, url, headers or {}, content, cap), deadline)

    async def tell(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline: float,
        cap: int = BODY_CAP,
    ) -> Answer:
        """Send one request whose answer is its status: once its head is in, nothing is raised any more.

        A body that fails, or is not in `BODY_PATIENCE` after the head, is left out. The rest as `send`.
        """
        return await self._send(_Ask(method, url, headers or {}, content, cap, tolerant=True), deadline)

    async def _send(self, ask: _Ask, deadline: float) -> Answer:
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimedOut("no time left before the request was sent")
        generation = self._generation()
        generation.busy += 1
        try:
            async with asyncio.timeout_at(deadline):
                return await _exchange(generation.client, ask, deadline)
        except httpx.PoolTimeout as error:
            self._retire(generation)
            raise TimedOut("every connection of the pool is taken; the pool was rebuilt") from error
        except TimeoutError as error:
            self._retire(generation)
            raise TimedOut("the answer was still coming at the deadline") from error
        except asyncio.CancelledError:
            self._retire(generation)
            raise
        except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError):
            # Their texts and causes show the header or the URL, which may hold a token: nothing goes on.
            raise Broken(
                "the request was not sent: it has a header or an address that HTTP forbids"
            ) from None
        except (httpx.HTTPError, OSError) as error:
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
            self._current = _Generation(self._client())
        return self._current

    def _client(self) -> httpx.AsyncClient:
        try:
            tls = self.tls if self.tls is not None else _shared_tls()
            return httpx.AsyncClient(
                headers={"user-agent": self.user_agent, "accept-encoding": "gzip"},
                verify=tls,
                transport=self.transport if self.private or self.transport else _PublicTransport(tls),
                proxy=_through(self.proxy) if self.proxy is not None else None,
                follow_redirects=False,
                trust_env=self.environment and self.private and self.proxy is None,
                limits=_LIMITS,
            )
        except OSError as error:
            raise Refused(f"the trust store cannot be read: {error}") from error
        except (ValueError, ImportError, httpx.InvalidURL):
            # Their texts show the proxy's URL, which may hold a password: nothing of them goes on.
            raise Refused("the proxy's address cannot be used: it must be an http or https URL") from None

    def _retire(self, generation: _Generation) -> None:
        """Let `generation` finish what it serves and use a new client from now on."""
        if self._current is generation:
            self._current = None
            self.rebuilt += 1
        generation.retired = True


class _PublicNetwork(httpcore.AnyIOBackend):
    """Connects, and hands out no stream whose peer is not public, whatever a name resolved to."""

    def __init__(self, special: Callable[[str], str | None] = addresses.special) -> None:
        self._special = special

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        peer = stream.get_extra_info("server_addr")
        kind = self._special(str(peer[0])) if isinstance(peer, tuple) else "unknown"
        if kind is not None:
            await stream.aclose()
            raise Forbidden(f"its address is not public ({kind}), and only public ones are allowed")
        return stream


class _PublicTransport(httpx.AsyncHTTPTransport):
    """The usual transport on a network of public addresses only."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        if not isinstance(vars(self).get("_pool"), httpcore.AsyncConnectionPool):
            # A newer httpx: better no connection than one that nobody looks at.
            raise Forbidden("httpx keeps its connections where nobody can look at the peer")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_PublicNetwork(),
        )


_tls: list[ssl.SSLContext] = []


def _shared_tls() -> ssl.SSLContext:
    """Return one context for all clients, of the system's authorities: making it reads them all (18 ms)."""
    if not _tls:
        _tls.append(trust.context(None, None, None))
    return _tls[0]


def _through(proxy: Secret) -> httpx.Proxy:
    """Return the proxy; an https one is verified as any server is, and shown no certificate of ours."""
    url = httpx.URL(proxy.reveal())
    return httpx.Proxy(url, ssl_context=_shared_tls() if url.scheme == "https" else None)


def _timeouts(left: float) -> httpx.Timeout:
    connect = min(CONNECT_TIMEOUT, left * _SHARE)
    return httpx.Timeout(min(READ_TIMEOUT, left * _SHARE), connect=connect, pool=connect)


async def _exchange(client: httpx.AsyncClient, ask: _Ask, deadline: float) -> Answer:
    left = deadline - asyncio.get_running_loop().time()
    request = client.build_request(
        ask.method, ask.url, headers=dict(ask.headers), content=ask.content, timeout=_timeouts(left)
    )
    response = await client.send(request, stream=True)
    try:
        body = await (
            _read_if_it_comes(response, ask.cap, deadline) if ask.tolerant else _read(response, ask.cap)
        )
    finally:
        await response.aclose()
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=body,
    )


async def _read_if_it_comes(response: httpx.Response, cap: int, deadline: float) -> bytes:
    """Collect the body, or none of it: closing the response then closes its connection."""
    left = deadline - asyncio.get_running_loop().time()
    try:
        # A cancelled read takes no pool slot with it, as a cancelled connect does.
        async with asyncio.timeout(min(BODY_PATIENCE, left * _SHARE)):
            return await _read(response, cap)
    except (HttpError, httpx.HTTPError, OSError):
        return b""


async def _read(response: httpx.Response, cap: int) -> bytes:
    """Collect the body, unpacking gzip ourselves: httpx would unpack a bomb before we could count it."""
    parts: list[bytes] = []
    size = 0
    async for part in _unpack(response, cap):
        size += len(part)
        if size > cap:
            raise TooLarge(f"the answer is longer than {cap} bytes")
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
    match error:
        case httpx.TimeoutException():
            return TimedOut(f"no answer in time ({type(error).__name__})")
        case httpx.ProxyError():
            return Refused(f"the proxy answered {str(error)[:3]}")
        case httpx.ConnectError() | httpx.UnsupportedProtocol():
            return Refused(_why(error))
        case _:
            return Broken(_why(error))


def _why(error: BaseException) -> str:
    """Return what the network or OpenSSL said: httpx keeps it down in the causes, under empty texts."""
    below: BaseException | None = error
    while below is not None:
        if str(below):
            return str(below)
        below = below.__cause__ or below.__context__
    return type(error).__name__
