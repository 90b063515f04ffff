"""Where things are: URLs, hosts and listen addresses, checked. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from monitor.config import regions
from monitor.kit.addresses import special

_URL = re.compile(r"[\x21-\x7e]{1,2000}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?")
_LISTEN = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_PREFIXES = ("api.", "login.", "apps.")


class Unusable(ValueError):
    """An address that cannot be used; `hint` says what to write. Never quotes it: a URL may be a secret."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def loopback(host: str) -> bool:
    """Return whether `host` is this machine by name or address: localhost, 127.0.0.0/8, ::1."""
    return host == "localhost" or (_address(host) and ip_address(host).is_loopback)


def host(text: str) -> str:
    """Return a host name or address. Raises Unusable."""
    if _address(text) or _HOST.fullmatch(text):
        return text
    raise Unusable("should be a host name", "such as broker.example.com, without mqtt://, user name and port")


def base(text: str) -> str:
    """Return the base URL of an API, without a closing slash. Raises Unusable."""
    parts = _split(text)
    if parts.query or "?" in text:
        raise Unusable("should have no query (?…)", "write only https://host")
    if parts.scheme != "https" and not loopback(parts.hostname or ""):
        raise Unusable("should begin with https://", "http:// only towards 127.0.0.1, [::1] and localhost")
    return text.rstrip("/")


def webhook(text: str, *, allow_http: bool) -> str:
    """Return the URL of a webhook; its query may hold a token. Raises Unusable."""
    parts = _split(text)
    if parts.scheme != "https" and not allow_http and not loopback(parts.hostname or ""):
        raise Unusable(
            "should begin with https://", "or write allow_http: true; everyone on the way can read it"
        )
    return text


def page(text: str) -> str:
    """Return the URL at which people reach us, without a closing slash. Raises Unusable."""
    if _split(text).query or "?" in text:
        raise Unusable("should have no query (?…)", "such as https://queuewatch.example.com")
    return text.rstrip("/")


def proxy(text: str) -> str:
    """Return the URL of an HTTP proxy; it may hold a user name and a password. Raises Unusable."""
    scheme, found, rest = text.partition("://")
    there = f"{scheme}{found}{rest.rpartition('@')[2]}" if found else text
    parts = _split(there)
    if parts.path not in {"", "/"} or parts.query or "?" in text:
        raise Unusable("should be a proxy's URL", "such as http://proxy.example.com:3128")
    return text


def signed_in(text: str) -> bool:
    """Return whether a URL holds a user name or a password."""
    return "@" in text.partition("://")[2].partition("/")[0]


def private(text: str) -> bool:
    """Return whether the host of a URL is, as it is written, this machine or of a private network."""
    name = urlsplit(text).hostname or ""
    return name == "localhost" or (_address(name) and special(name) is not None)


def listen(text: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:9877` or `[::1]:9877`; port 0 is any free one. Raises Unusable."""
    match = _LISTEN.fullmatch(text)
    if match is None:
        raise Unusable("should be an address and a port such as 127.0.0.1:9877")
    where, port = match["host"].strip("[]"), int(match["port"])
    if port > 65535 or (match["host"].startswith("[") and not _address(where)):
        raise Unusable("should be an address and a port such as 127.0.0.1:9877", "ports end at 65535")
    return where, port


def urls(domain: str) -> tuple[str, str]:
    """Return API and login URL of a Genesys Cloud domain."""
    return f"https://api.{domain}", f"https://login.{domain}"


def derive(text: str) -> tuple[str, str]:
    """Return API and login URL of what the guides' variables hold: a region, a domain, or a URL of either.

    An address with a port, or of this machine, is a gateway or a simulator: both are there. Raises Unusable.
    """
    known = regions.domain(text)
    if known is not None:
        return urls(known)
    parts = _split(text if "://" in text else f"https://{text}")
    name = parts.hostname or ""
    if parts.port is not None or loopback(name) or _address(name):
        return (base(f"{parts.scheme}://{parts.netloc}"),) * 2
    if "." not in name:
        raise Unusable("is not a region, a domain or a URL", regions.suggestion(text))
    domain = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
    return base(f"{parts.scheme}://api.{domain}"), base(f"{parts.scheme}://login.{domain}")


def _address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _split(text: str) -> SplitResult:
    """Split a URL and refuse what no URL of ours needs. Raises Unusable."""
    if not _URL.fullmatch(text):
        raise Unusable("should be a URL", "without spaces and characters beyond ASCII")
    try:
        parts = urlsplit(text)
        name, _ = parts.hostname, parts.port
    except ValueError:
        raise Unusable("should be a URL", "look at its host and port") from None
    if parts.scheme not in {"https", "http"} or not name:
        raise Unusable("should be a URL", "such as https://example.com")
    if "@" in parts.netloc:
        raise Unusable("should hold no user name or password", "credentials have their own keys")
    if not (_address(name) or _HOST.fullmatch(name)) or parts.fragment:
        raise Unusable("should be a URL", "such as https://example.com, without #")
    return parts
