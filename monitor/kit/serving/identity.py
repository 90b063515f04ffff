"""TLS towards whoever asks: the certificate that is shown, and the ones that are believed.

In: paths and words. Out: a context for TLS 1.2 or newer. Errors name the files, which OpenSSL does not.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from monitor.kit.files import content
from monitor.kit.text import clean

Version = Literal["TLS12", "TLS13"]

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENTS = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of a file; all authorities of a Linux system are a quarter of a megabyte."""
_NAMES = ("DNS", "IP Address", "email", "URI")
"""The kinds of alternative names that people write down, in Python's words (`SSLSocket.getpeercert`)."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A context, and the names of which a client's certificate has to have one; any will do where empty."""

    context: ssl.SSLContext
    names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(map(_normal, self.names)))


def alike(one: Tls | None, other: Tls | None) -> bool:
    """Say whether both believe the same clients, whatever they show of us."""
    if one is None or other is None or one is other:
        return one is other
    return (one.names, *_clients(one.context)) == (other.names, *_clients(other.context))


def _clients(context: ssl.SSLContext) -> tuple[ssl.VerifyMode, frozenset[bytes]]:
    return context.verify_mode, frozenset(context.get_ca_certs(binary_form=True))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client's certificate says of it: `subject` is its common name."""

    names: tuple[str, ...] = ()
    subject: str = ""

    def fits(self, wanted: Collection[str]) -> bool:
        """Say whether one of the names is `wanted`, or none in particular."""
        return not wanted or any(name in wanted for name in self.names)

    def called(self, wanted: Collection[str]) -> str:
        """Return the name that is `wanted`, or else the common name, or else the first there is."""
        found = next((name for name in self.names if name in wanted), self.subject)
        return clean(found or next(iter(self.names), ""))


def tls(
    cert_file: str,
    key_file: str,
    *,
    ca_file: str | None = None,
    client: Literal["none", "optional", "required"] = "none",
    names: Collection[str] = (),
    oldest: Version = "TLS12",
    newest: Version = "TLS13",
    ciphers: Sequence[str] = (),
) -> Tls:
    """Return what `serving` needs. Clients show a certificate of `ca_file` or not, as `client` says.

    `ciphers` are OpenSSL's words for those of TLS 1.2. An encrypted key is refused: OpenSSL would ask the
    terminal for its password and wait. Reads files: use a thread.

    Raises:
        OSError: a file cannot be read, or is no certificate or key, or does not fit; or no cipher is known.
    """
    files = ", ".join(name for name in (cert_file, key_file, ca_file) if name)
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _unlocked(_read(key_file))
        for name in (cert_file, ca_file):
            _read(name)
        context.load_cert_chain(cert_file, key_file, password=lambda: "")
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        if ciphers:
            context.set_ciphers(":".join(ciphers))
    except OSError as error:
        raise OSError(f"cannot use {files} for TLS: {error.strerror or error}") from error
    context.minimum_version, context.maximum_version = _VERSIONS[oldest], _VERSIONS[newest]
    context.verify_mode = _CLIENTS[client]
    # Only HTTP/1.1 is spoken here; a client that offers HTTP/2 as well is told so in the handshake.
    context.set_alpn_protocols(["http/1.1"])
    return Tls(context, frozenset(names))


def _read(name: str | None) -> bytes:
    """Return what is in a file. Raises OSError for one that OpenSSL would wait for, or take in endlessly."""
    found = b"" if name is None else content(Path(name), SIZE_LIMIT)
    if len(found) > SIZE_LIMIT:
        raise OSError(f"{name} is larger than {SIZE_LIMIT} bytes")
    return found


def _unlocked(key: bytes) -> None:
    """Raise OSError for a key with a password; OpenSSL's own word for it is "PEM lib"."""
    if b"ENCRYPTED" in key:
        raise OSError("the key has a password, which nobody is there to give")


def shown(peer: object) -> Shown:
    """Return what a connection's TLS object knows of the client; nothing where there is no certificate."""
    certificate = peer.getpeercert() if isinstance(peer, ssl.SSLObject) else None
    if not certificate:
        return Shown()
    subject, alternatives = certificate.get("subject", ()), certificate.get("subjectAltName", ())
    common = [str(pair[1]) for part in _pairs(subject) for pair in _pairs(part) if pair[0] == "commonName"]
    names = tuple(_normal(str(pair[1])) for pair in _pairs(alternatives) if pair[0] in _NAMES)
    return Shown(names, common[0] if common else "")


def _pairs(found: object) -> tuple[tuple[object, ...], ...]:
    return found if isinstance(found, tuple) else ()


def _normal(name: str) -> str:
    """Return an address in the one way of writing it, and any other name as it is."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name
