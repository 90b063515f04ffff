"""Which daemon is meant, and as whom it is asked: the options of every command that talks to one.

In: options and the environment. Out: a `Target`. Forbidden: a secret on the command line, where everybody on
this machine can read it, and a secret in anything that is printed.
"""

from __future__ import annotations

import base64
import os
import re
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import click
from click.core import ParameterSource

from monitor.cli.once import note, wrong
from monitor.kit import tls
from monitor.kit.secrets import Secret
from monitor.kit.text import clean

T = TypeVar("T")

TOKEN = "QUEUEWATCH_TOKEN"  # noqa: S105  (the name of a variable)
PASSWORD = "QUEUEWATCH_PASSWORD"  # noqa: S105  (the same)
SIZE_LIMIT = 64 * 1024
"""Bytes read of a token's file: a token has a few hundred at most."""

_NOWHERE = "the address that was given, which is none"
_TOKEN = re.compile(r"[\x21-\x7e]+")
"""What may stand behind Bearer (RFC 6750), and a bit more."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")

_OPTIONS = (
    click.option(
        "--url",
        envvar="QUEUEWATCH_URL",
        default="http://127.0.0.1:9877",
        show_default=True,
        show_envvar=True,
        help="Where the daemon listens.",
    ),
    click.option(
        "--token-file",
        envvar="QUEUEWATCH_TOKEN_FILE",
        show_envvar=True,
        type=click.Path(),
        metavar="FILE",
        help=f"A bearer token to show the daemon; or the token itself in {TOKEN}.",
    ),
    click.option(
        "--user",
        envvar="QUEUEWATCH_USER",
        show_envvar=True,
        metavar="NAME",
        help=f"Who you are to the daemon; the password comes from {PASSWORD}, or is asked for.",
    ),
    click.option(
        "--ca-file",
        envvar="QUEUEWATCH_CA_FILE",
        show_envvar=True,
        type=click.Path(),
        metavar="FILE",
        help="The authority that the daemon's certificate is from, instead of this machine's own.",
    ),
    click.option(
        "--cert-file",
        envvar="QUEUEWATCH_CERT_FILE",
        show_envvar=True,
        type=click.Path(),
        metavar="FILE",
        help="A certificate of yours, for a daemon that asks for one.",
    ),
    click.option(
        "--key-file",
        envvar="QUEUEWATCH_KEY_FILE",
        show_envvar=True,
        type=click.Path(),
        metavar="FILE",
        help="Its key, where that is in a file of its own.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A daemon at `url`. `authorization` is the header that says who asks; None for nobody.

    `tls` is None where the usual authorities are trusted and no certificate is shown. `known` says that the
    daemon is told who asks, by header or by certificate.
    """

    url: str
    authorization: Secret | None = None
    tls: ssl.SSLContext | None = None
    known: bool = False

    @property
    def here(self) -> bool:
        """Whether the URL leads to this machine: a proxy has a loopback of its own."""
        parts = _parts(self.url)
        return parts is not None and _loopback(parts.hostname or "")

    @property
    def shown(self) -> str:
        """What of the URL may be printed: its scheme, host and port. A password may stand in the rest."""
        parts = _parts(self.url)
        host = "" if parts is None else parts.hostname or ""
        if parts is None or not host:
            return _NOWHERE
        port = "" if parts.port is None else f":{parts.port}"
        return clean(f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}")


def targeted(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command the options that say which daemon is meant; it gets them as `target`."""

    @wraps(function)
    def call(
        *,
        url: str,
        token_file: str | None,
        user: str | None,
        ca_file: str | None,
        cert_file: str | None,
        key_file: str | None,
        **rest: Any,
    ) -> T:
        authorization = _authorization(token_file, user)
        target = Target(
            url=url,
            authorization=authorization,
            tls=_tls(ca_file, cert_file, key_file),
            known=authorization is not None or bool(cert_file),
        )
        _warn(target)
        return function(target=target, **rest)

    for option in reversed(_OPTIONS):
        call = option(call)
    return call


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _authorization(token_file: str | None, user: str | None) -> Secret | None:
    """Return the header that says who asks. Raises ClickException where two are said at once.

    What stands on the command line beats the environment.
    """
    given = {"--token-file": token_file, TOKEN: os.environ.get(TOKEN), "--user": user}
    said = {name: text for name, text in given.items() if text}
    typed = {name: text for name, text in said.items() if _typed(name)}
    chosen = typed or said
    if len(chosen) > 1:
        raise wrong(", ".join(chosen), "say two different things about who asks", "keep one")
    for name, text in chosen.items():
        if name == "--user":
            return _basic(text)
        return _bearer(name, text if name == TOKEN else _content(text))
    return None


def _typed(name: str) -> bool:
    context = click.get_current_context()
    source = context.get_parameter_source(name.removeprefix("--").replace("-", "_"))
    return source is ParameterSource.COMMANDLINE


def _content(path: str) -> str:
    """Return what is in a token's file. Raises ClickException."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (a pipe of the shell's is no path to keep)
            return file.read(SIZE_LIMIT).decode()
    except OSError as error:
        raise wrong("--token-file", f"{clean(path)} cannot be read: {error.strerror}") from error
    except ValueError:
        raise wrong("--token-file", f"{clean(path)} does not hold one line of text") from None


def _bearer(place: str, text: str) -> Secret:
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise wrong(place, "holds no token", "one line, of letters, digits and signs")
    return Secret(f"Bearer {token}")


def _basic(user: str) -> Secret:
    if ":" in user or _UNPRINTABLE.search(user):
        raise wrong("--user", "is no name of a user", f"the password goes into {PASSWORD}, or is asked for")
    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise wrong("--user", "needs a password, and there is nobody to ask", f"set {PASSWORD}")
        password = str(click.prompt(f"Password of {clean(user)}", hide_input=True, err=True))
    joined = f"{user}:{password}".encode("utf-8", "surrogateescape")
    return Secret(f"Basic {base64.b64encode(joined).decode('ascii')}")


def _tls(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext | None:
    """Return how the daemon is verified, and what it is shown. Raises ClickException."""
    if key_file and not cert_file:
        raise wrong("--key-file", "needs --cert-file beside it")
    if not ca_file and not cert_file:
        return None
    try:
        return tls.context(ca_file or None, cert_file or None, key_file or None)
    except OSError as error:
        raise wrong("--ca-file, --cert-file, --key-file", clean(str(error))) from error


def _warn(target: Target) -> None:
    """Say where a secret goes over the network as everybody can read it, or is said twice."""
    parts = _parts(target.url)
    if parts is None or target.authorization is None:
        return
    if parts.username is not None or parts.password is not None:
        raise wrong("--url", "names a user, too", "leave the user out of it")
    if parts.scheme == "http" and not target.here:
        note(f"{target.shown} is not asked over https: everybody on the way can read who you are")


def headers(target: Target) -> Mapping[str, str]:
    """Return what goes with every request to `target`."""
    return {} if target.authorization is None else {"authorization": target.authorization.reveal()}
