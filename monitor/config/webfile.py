"""The shape of the web configuration file: Prometheus's, and beside it what its users may do, and tokens.

https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md is the format. What Go
can do and Python's ssl cannot is refused by its name, with what to write instead: `refuse` takes it out.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from monitor.config import fields
from monitor.config.ciphers import NEWEST, OPENSSL
from monitor.config.complaints import bare, keys
from monitor.config.fields import FAULT, fault, nothing_as
from monitor.config.part import Part
from monitor.config.reading import Data
from monitor.config.report import Report, Trail, meant

COST_LIMIT = 15
"""bcrypt's cost: each step doubles the time of a login; fifteen takes about two seconds."""

ANONYMOUS = "anonymous"
"""What the audit lines call whoever has not to say who they are."""

_GUESSED = {
    hashlib.sha256(word.encode()).hexdigest(): word
    for word in ("", "secret", "token", "password", "test", "admin", "changeme", "queuewatch")
}
"""Tokens that are none: an empty variable, and what stands in examples."""

Version = Literal["TLS12", "TLS13"]
ScopeName = Literal["metrics", "read", "operate"]
Client = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]

_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")
_USER = re.compile(r"[^:\x00-\x1f\x7f]{1,64}")
_VALUE = re.compile(r"[\x20-\x7e]{0,4000}")
_FILES = "write {0}_file and put it into a file"
_OLD = {"TLS10", "TLS11"}
_ANY = {"RequestClientCert", "RequireAnyClientCert"}

_UNSUPPORTED: dict[Trail, str] = {
    ("tls_server_config", "cert"): _FILES.format("cert"),
    ("tls_server_config", "key"): _FILES.format("key"),
    ("tls_server_config", "client_ca"): _FILES.format("client_ca"),
    ("tls_server_config", "curve_preferences"): "leave it out: OpenSSL chooses, X25519 first",
    ("rate_limit",): "leave it out: connections, heads, bodies and logins have limits of their own",
}
"""Keys of the format that we do not have, and what to do without them."""

_WORDS = {
    "missing": ("is required", ""),
    "bool_type": ("should be true or false", ""),
    "list_type": ("should be a list", "one line each, beginning with -"),
    "dict_type": ("should be a mapping", "lines of the form key: value"),
    "model_type": ("should be a mapping", "lines of the form key: value"),
    "string_type": ("should be text", "put it in quotes"),
}


def _hash(value: str) -> str:
    found = _HASH.fullmatch(value)
    if found is None:
        raise fault("is not a bcrypt hash", 'htpasswd -nBC 10 "" asks for the password and prints it')
    if not 4 <= int(found[1]) <= COST_LIMIT:
        raise fault(f"has a cost of {found[1]}, with which a login takes seconds", "10 is usual")
    return value


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value):
        raise fault("is not a SHA-256 in hexadecimal", 'printf %s "$TOKEN" | sha256sum prints it')
    guessed = _GUESSED.get(value.lower())
    if guessed is not None:
        word = f"of the word {guessed}" if guessed else "of nothing"
        raise fault(f"is the SHA-256 {word}", "openssl rand -hex 32 makes a token")
    return value.lower()


def _user(value: str) -> str:
    if not _USER.fullmatch(value):
        raise fault("is not a user name", "1 to 64 characters, no colon")
    if value.lower() == ANONYMOUS:
        raise fault("is what the log calls those without a name", "choose another")
    return value


def _value(value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise fault("is not a header's value", "one line of ASCII")
    return value


def _one_of(*known: str) -> AfterValidator:
    """Accept one of these in whatever case, and nothing."""

    def check(value: str) -> str:
        if value.lower() not in {"", *known}:
            raise fault(f"should be {' or '.join(known)}")
        return value

    return AfterValidator(check)


def _suite(value: str) -> str:
    name = value if value in OPENSSL else f"{value}_SHA256"
    if value in NEWEST:
        raise fault("belongs to TLS 1.3, whose ciphers are always on", "leave it out")
    if name not in OPENSSL:
        raise fault("is no cipher suite that is known and safe", meant(value, OPENSSL))
    return OPENSSL[name]


def _instead(known: set[str], problem: str, hint: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value in known:
            raise fault(problem, hint)
        return value

    return BeforeValidator(check)


def _ours_first(value: object) -> object:
    if value is False:
        raise fault("cannot be false: the server's order of ciphers holds here", "leave it out")
    return value


_Version = Annotated[Version, _instead(_OLD, "is older than what is spoken here", "write TLS12")]
_Client = Annotated[
    Client, _instead(_ANY, "believes whatever certificate is shown", "write RequireAndVerifyClientCert")
]
_Header = Annotated[str, AfterValidator(_value)]


class TlsPart(Part):
    """`tls_server_config`."""

    cert_file: fields.Line
    """The certificate, with its chain. Read again when it changes."""
    key_file: fields.Line
    """Its key."""
    client_auth_type: _Client = "NoClientCert"
    """Whether clients show a certificate: not asked for, believed only if it is good, or needed."""
    client_ca_file: fields.Line | None = None
    """Authorities whose client certificates are believed."""
    client_allowed_sans: Annotated[list[fields.Line], nothing_as(list)] = Field([])
    """A client's certificate has to hold one of these names."""
    min_version: _Version = "TLS12"
    """The oldest TLS spoken."""
    max_version: _Version = "TLS13"
    """The newest TLS spoken."""
    cipher_suites: Annotated[list[Annotated[str, AfterValidator(_suite)]], nothing_as(list)] = Field([])
    """Cipher suites of TLS 1.2, by Go's names; good ones where it is empty."""
    prefer_server_cipher_suites: Annotated[bool, BeforeValidator(_ours_first)] = True
    """Always so here."""


class HeadersPart(Part):
    """`http_server_config.headers`; with an empty one ours stays."""

    policy: _Header | None = Field(None, alias="Content-Security-Policy")
    """A Content-Security-Policy in the place of ours."""
    frames: Annotated[_Header, _one_of("deny", "sameorigin")] | None = Field(None, alias="X-Frame-Options")
    """`deny` or `sameorigin`."""
    sniffing: Annotated[_Header, _one_of("nosniff")] | None = Field(None, alias="X-Content-Type-Options")
    """`nosniff`."""
    scripts: _Header | None = Field(None, alias="X-XSS-Protection")
    """Whatever old browsers want to hear."""
    strict: _Header | None = Field(None, alias="Strict-Transport-Security")
    """How long browsers insist on TLS."""


class HttpPart(Part):
    """`http_server_config`. HTTP/1.1 is spoken, whatever `http2` says."""

    http2: bool = True
    """Read, and without effect: HTTP/1.1 is spoken."""
    headers: Annotated[HeadersPart, nothing_as(dict)] = HeadersPart()
    """Headers of every answer."""


class TokenPart(Part):
    """One of `bearer_tokens`."""

    name: Annotated[str, AfterValidator(_user)]
    """Its name, for the audit lines."""
    sha256: Annotated[str, AfterValidator(_digest)]
    """The SHA-256 of the token, in hexadecimal."""
    scopes: list[ScopeName] = Field(["metrics", "read"])
    """What it may do."""


class WebFilePart(Part):
    """The whole file."""

    tls_server_config: TlsPart | None = None
    """TLS; without it plain HTTP."""
    http_server_config: Annotated[HttpPart, nothing_as(dict)] = HttpPart()
    """Headers of every answer."""
    basic_auth_users: Annotated[
        dict[Annotated[str, AfterValidator(_user)], Annotated[str, AfterValidator(_hash)]], nothing_as(dict)
    ] = Field({})
    """Users by their names, each with a bcrypt hash of their password, of a cost of at most 15."""
    basic_auth_scopes: Annotated[dict[str, list[ScopeName]], nothing_as(dict)] = Field({})
    """What each user may do. Who is not named has `metrics` and `read`."""
    bearer_tokens: Annotated[list[TokenPart], nothing_as(list)] = Field([])
    """Tokens for programs."""


def refuse(data: dict[str, Data], report: Report) -> None:
    """Take out of `data` what the format has and we have not, each with a mistake."""
    for trail, hint in _UNSUPPORTED.items():
        owner: Data = data
        for key in trail[:-1]:
            owner = owner.get(str(key)) if isinstance(owner, dict) else None
        if isinstance(owner, dict) and owner.pop(str(trail[-1]), None) is not None:
            report.add(trail, "is not supported", hint)


def shape(data: dict[str, Data], report: Report) -> WebFilePart | None:
    """Return what `data` is, or None with every complaint in `report`. No value is repeated."""
    refuse(data, report)
    try:
        return WebFilePart.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            trail = tuple(part for part in detail["loc"] if part != "[key]")
            report.add(trail, *_words(detail["type"], trail, detail.get("ctx", {})))
    return None


def _words(kind: str, trail: Trail, context: dict[str, object]) -> tuple[str, str]:
    if kind == FAULT:
        return str(context["problem"]), str(context["hint"])
    if kind == "extra_forbidden":
        known = _keys_at(trail[:-1])
        return "unknown key", meant(str(trail[-1]), known) or f"known are {', '.join(known)}"
    if kind == "literal_error":
        return f"should be {context['expected']}", ""
    return _WORDS.get(kind, ("is not understood", ""))


def _keys_at(trail: Trail) -> list[str]:
    """Return the keys of the mapping at `trail`."""
    kind: object = WebFilePart
    for part in trail:
        inner: object = keys(kind).get(str(part))
        kind = TokenPart if inner is None else bare(inner)
    return list(keys(kind))
