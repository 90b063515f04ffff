"""What all HTTP destinations share: the URL, the headers, and TLS."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from monitor.config import places
from monitor.config.credentials import HEADER_FILES, HEADERS, Vault, hideaway
from monitor.config.report import Trail
from monitor.config.ways import PostPart, TlsPart, UrlPart, WebhookPart
from monitor.kit.secrets import Secret
from monitor.model.settings import TlsSettings

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750 §2.1: what may follow `Bearer `."""

_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
"""A header's value that everyone reads alike: RFC 9110 §5.5 without tabs and what is beyond ASCII."""

_OURS = re.compile(
    r"host|content-.*|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|accept-encoding|proxy-.*"
    r"|webhook-.*|ce-.*",
    re.IGNORECASE,
)
"""Headers of the connection, of bodies and their packing, and of signatures: nobody else may set them."""

_AUTHORIZATION = "Authorization"


def url(trail: Trail, part: UrlPart, vault: Vault, *, allow_http: bool = False) -> Secret:
    """Return the URL of the way at `trail`."""
    given = vault.secret((*trail, "url"), part.url, part.url_file, needed=True) or Secret("")
    check(
        origin(trail, "url", part.url), given, vault, lambda text: places.webhook(text, allow_http=allow_http)
    )
    return given


def check(trail: Trail, given: Secret | None, vault: Vault, look: Callable[[str], object]) -> None:
    """Note a mistake at `trail` if `look` refuses the URL that was given there."""
    if not given:
        return
    try:
        look(given.reveal())
    except places.Unusable as error:
        vault.report.add(trail, error.problem, error.hint)


def origin(trail: Trail, key: str, value: str | None) -> Trail:
    """Return where the value of `key` came from: itself, or the key that names its file."""
    return (*trail, key if value is not None else f"{key}_file")


def proxy(trail: Trail, part: WebhookPart, vault: Vault) -> Secret | None:
    """Return the proxy of a webhook; None for the environment's."""
    found = vault.secret((*trail, "proxy"), part.proxy, part.proxy_file)
    check(origin(trail, "proxy", part.proxy), found, vault, places.proxy)
    if part.proxy is not None:
        hideaway((*trail, "proxy"), part.proxy, vault.report)
    if found is not None and not part.allow_private:
        problem = "would be asked of the proxy, which looks up names by itself"
        vault.report.add((*trail, "allow_private"), problem, "keep one of proxy and allow_private: false")
    return found


def headers(trail: Trail, part: PostPart, vault: Vault) -> dict[str, Secret]:
    """Return the headers of every request, the authorization among them."""
    found: dict[str, Secret] = {}
    names = dict.fromkeys((*part.headers, *part.header_files))
    for name in names:
        key = HEADERS if name in part.headers else HEADER_FILES
        if _OURS.fullmatch(name):
            vault.report.add((*trail, key, name), "is set by queuewatch itself")
        if name.lower() in {other.lower() for other in found}:
            vault.report.add((*trail, key, name), "is given twice", "upper and lower case are the same")
        found[name] = _header((*trail, key, name), trail, part, vault)
    granted = [*_bearer(trail, part, vault), *_basic(trail, part, vault)]
    if len(granted) > 1:
        vault.report.add((*trail, "username"), "cannot stand beside bearer", "keep one")
    if granted and _AUTHORIZATION.lower() in {name.lower() for name in found}:
        vault.report.add(
            (*trail, HEADER_FILES), "cannot set Authorization beside bearer or username", "keep one"
        )
    if granted:
        found[_AUTHORIZATION] = granted[0]
    return found


def _header(place: Trail, trail: Trail, part: PostPart, vault: Vault) -> Secret:
    name = str(place[-1])
    value = vault.entry((*trail, HEADERS, name), part.headers.get(name), part.header_files.get(name))
    if value and not _VALUE.fullmatch(value.reveal()):
        vault.report.add(place, "holds what a header cannot", "letters, digits, signs of ASCII, single line")
    return value


def _bearer(trail: Trail, part: PostPart, vault: Vault) -> Iterator[Secret]:
    bearer = vault.secret((*trail, "bearer"), part.bearer, part.bearer_file)
    if bearer is None:
        return
    if bearer and not _BEARER.fullmatch(bearer.reveal()):
        problem = "should be a bearer token: letters, digits and -._~+/="
        vault.report.add(origin(trail, "bearer", part.bearer), problem)
    yield Secret(f"Bearer {bearer.reveal()}")


def _basic(trail: Trail, part: PostPart, vault: Vault) -> Iterator[Secret]:
    password = login(trail, part.username, part.password, part.password_file, vault)
    if part.username is None or password is None:
        return
    if ":" in part.username:
        vault.report.add(
            (*trail, "username"), "should hold no colon", "RFC 7617 ends the name at the first one"
        )
    pair = f"{part.username}:{password.reveal()}".encode()
    yield Secret(f"Basic {base64.b64encode(pair).decode()}")


def login(
    trail: Trail,
    username: str | None,
    password: str | None,
    file: str | None,
    vault: Vault,
    *,
    optional: bool = False,
) -> Secret | None:
    """Return the password of a user: none without a user, and no user without one unless `optional`."""
    needed = username is not None and not optional
    found = vault.secret((*trail, "password"), password, file, needed=needed)
    if found is not None and username is None:
        vault.report.add(origin(trail, "password", password), "needs a username beside it")
    return found


def tls(trail: Trail, part: TlsPart | None, vault: Vault) -> TlsSettings | None:
    """Return how TLS is spoken; None where nothing is said."""
    if part is None:
        return None
    if part.key_file and not part.cert_file:
        vault.report.add((*trail, "key_file"), "needs a cert_file beside it")
    return TlsSettings(
        ca_file=vault.path((*trail, "ca_file"), part.ca_file),
        cert_file=vault.path((*trail, "cert_file"), part.cert_file),
        key_file=vault.path((*trail, "key_file"), part.key_file),
    )
