"""Who may ask the daemon, and how: the web configuration file, checked whole.

In: its path. Out: `WebAccess`, or one ConfigError with every mistake. What may not happen: a listener that is
open to others without anybody having said so.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from monitor.config import reading
from monitor.config.credentials import Vault
from monitor.config.places import loopback
from monitor.config.report import Chapter, Report, meant
from monitor.config.webfile import HeadersPart, TlsPart, WebFilePart, shape
from monitor.kit import serving
from monitor.kit.secrets import Secret
from monitor.kit.serving import Tls
from monitor.model.settings import Credential, ServingTls, WebAccess, WebSettings

TRAIL = ("web", "config_file")

OPEN_TO_ALL = "would be open to other machines, without TLS and password"
GUARD = "listen on 127.0.0.1 behind a proxy, or give web.config_file a certificate and users"

_CLIENTS: dict[str, Literal["none", "optional", "required"]] = {
    "NoClientCert": "none",
    "VerifyClientCertIfGiven": "optional",
    "RequireAndVerifyClientCert": "required",
}
_PLAIN = ("metrics", "read")
"""What somebody may do of whom nothing else is said."""


def access(path: Path, before: WebSettings | None = None) -> WebAccess:
    """Return what the file at `path` says. Reads files: use a thread.

    With `before` it is for a daemon that runs: what would take the guard or TLS away is a mistake. Its
    `access` is what holds now.

    Raises:
        ConfigError: with every mistake; neither a hash nor a key is in any.
    """
    report = Report(file=str(path))
    found = _read(path, report, required=True)
    if before is not None and not report.mistakes and (problem := _opened(before, found)):
        report.add((), problem, "restart to open it")
    report.close()
    return found


def files(access_file: str, access: WebAccess) -> tuple[Path, ...]:
    """Return the files whose contents matter: the web configuration file, and those it names."""
    tls = access.tls
    named = (tls.cert_file, tls.key_file, tls.ca_file) if tls is not None else ()
    return tuple(Path(name) for name in (access_file, *named) if name)


def context(tls: ServingTls) -> Tls:
    """Return what `kit.serving` needs. Reads files: use a thread. Raises OSError, in one line."""
    return serving.tls(
        tls.cert_file,
        tls.key_file,
        ca_file=tls.ca_file,
        client=tls.client,
        names=tls.sans,
        oldest=tls.oldest,
        newest=tls.newest,
        ciphers=tls.ciphers,
    )


def exposed(host: str, access: WebAccess) -> str:
    """Say what is wrong with listening on `host`: nothing on loopback, or with TLS and a guard."""
    return "" if loopback(host) or (access.tls is not None and access.guarded) else OPEN_TO_ALL


def _opened(before: WebSettings, found: WebAccess) -> str:
    """Say what `found` would open that is closed now; nothing if it opens nothing."""
    if not found.guarded and (before.access.guarded or (before.operate and not loopback(before.host))):
        return "would let in who does not say who they are"
    if before.access.tls is not None and found.tls is None:
        return "would go on without TLS"
    return ""


def admitted(file: str | None, vault: Vault) -> tuple[str, WebAccess | None]:
    """Return the whole name of `web.config_file` and what it says; None where that is not known.

    Its mistakes go to the vault's report, as those of a file of their own.
    """
    if file is None:
        return "", WebAccess()
    path = vault.folder / file
    if not path.is_file():
        # It is no secret: without it nobody knows who may ask, when checking as when running.
        vault.report.add(TRAIL, "names a file that does not exist")
        return str(path), None
    report = Report(file=str(path))
    found = _read(path, report, required=vault.required)
    # The report tells files apart by where their rules begin; this one has none.
    vault.report.continue_with(Chapter(file=str(path), first=sys.maxsize), report)
    return str(path), None if report.mistakes else found


def _read(path: Path, report: Report, *, required: bool) -> WebAccess:
    data = reading.read(path, report)
    if not isinstance(data, dict):
        if data is not None or not report.mistakes:
            report.add((), "should be a mapping", "lines of the form key: value")
        return WebAccess()
    if not data:
        # So it is while somebody writes it, or on a full disk: nobody has said that all may come in.
        report.add((), "is empty", "write basic_auth_users: {} if nobody is to be asked")
        return WebAccess()
    part = shape(data, report)
    if part is None:
        return WebAccess()
    _across(part, report)
    tls = None if part.tls_server_config is None else _tls(part.tls_server_config, path.parent)
    if tls is not None and not report.mistakes:
        _try(tls, report, required=required)
    return WebAccess(
        tls=tls,
        users=tuple(_users(part)),
        tokens=tuple(
            Credential(name=one.name, hash=Secret(one.sha256), scopes=tuple(one.scopes))
            for one in part.bearer_tokens
        ),
        headers=_headers(part.http_server_config.headers),
    )


def _users(part: WebFilePart) -> Iterator[Credential]:
    for name, hashed in part.basic_auth_users.items():
        scopes = part.basic_auth_scopes.get(name, _PLAIN)
        yield Credential(name=name, hash=Secret(hashed), scopes=tuple(scopes))


def _headers(part: HeadersPart) -> dict[str, str]:
    return {name: value for name, value in part.model_dump(by_alias=True).items() if value is not None}


def _tls(part: TlsPart, folder: Path) -> ServingTls:
    return ServingTls(
        cert_file=str(folder / part.cert_file),
        key_file=str(folder / part.key_file),
        ca_file=None if part.client_ca_file is None else str(folder / part.client_ca_file),
        client=_CLIENTS[part.client_auth_type],
        sans=tuple(part.client_allowed_sans),
        oldest=part.min_version,
        newest=part.max_version,
        ciphers=tuple(part.cipher_suites),
    )


def _try(tls: ServingTls, report: Report, *, required: bool) -> None:
    """Load what is named, so that a mistake is known before it matters."""
    named = {"cert_file": tls.cert_file, "key_file": tls.key_file, "client_ca_file": tls.ca_file}
    missing = [key for key, name in named.items() if name is not None and not Path(name).is_file()]
    for key in missing if required else ():
        report.add(("tls_server_config", key), "names a file that does not exist")
    if not missing:
        try:
            context(tls)
        except OSError as error:
            report.add(("tls_server_config",), str(error))


def _across(part: WebFilePart, report: Report) -> None:
    """Look at what no key says alone."""
    for name in part.basic_auth_scopes:
        if name not in part.basic_auth_users:
            hint = meant(name, part.basic_auth_users) or "name one of basic_auth_users"
            report.add(("basic_auth_scopes", name), "is not a user", hint)
    for key in ("name", "sha256"):
        counted = Counter(getattr(one, key) for one in part.bearer_tokens)
        for place, one in enumerate(part.bearer_tokens):
            if counted[getattr(one, key)] > 1:
                report.add(("bearer_tokens", place, key), "is given twice", "keep one")
    for place, one in enumerate(part.bearer_tokens):
        if one.name in part.basic_auth_users:
            report.add(
                ("bearer_tokens", place, "name"), "is a user's name", "the log could not tell them apart"
            )
    if part.tls_server_config is not None:
        _agreeing(part.tls_server_config, report)


def _agreeing(part: TlsPart, report: Report) -> None:
    """Hold the keys of `tls_server_config` against each other."""
    here = "tls_server_config"
    asked = part.client_auth_type != "NoClientCert"
    if asked and part.client_ca_file is None:
        report.add((here, "client_ca_file"), "is missing: without it no certificate is believed")
    if not asked and part.client_ca_file is not None:
        hint = "write client_auth_type: RequireAndVerifyClientCert"
        report.add((here, "client_ca_file"), "changes nothing while no certificate is asked for", hint)
    if part.client_allowed_sans and part.client_auth_type != "RequireAndVerifyClientCert":
        hint = "write client_auth_type: RequireAndVerifyClientCert"
        report.add((here, "client_allowed_sans"), "can be got around without a certificate", hint)
    if part.min_version > part.max_version:
        report.add((here, "min_version"), "is newer than max_version")
    if part.cipher_suites and part.min_version == "TLS13":
        report.add((here, "cipher_suites"), "changes nothing: TLS 1.3 has its own", "leave it out")
