"""Receivers: each of their ways becomes a destination named `<receiver>/<way>`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from monitor.config import places
from monitor.config.credentials import Vault
from monitor.config.report import Trail
from monitor.config.schema import MqttPart, ReceiverPart, TlsPart, WebhookPart
from monitor.kit.secrets import Secret
from monitor.model.settings import (
    DestinationSettings,
    LogSinkSettings,
    MqttSettings,
    TlsSettings,
    WebhookSettings,
)

PORTS = {False: 1883, True: 8883}
"""The registered ports of MQTT, without and with TLS (IANA)."""

SIGNING_BYTES = (24, 64)
"""Bytes of a Standard Webhooks secret (github.com/standard-webhooks/standard-webhooks)."""

_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750 §2.1: what may follow `Bearer `."""


def destinations(name: str, part: ReceiverPart, vault: Vault) -> Iterator[DestinationSettings]:
    """Yield the destinations of one receiver."""
    trail: Trail = ("receivers", name)
    if part.webhook is not None:
        yield _webhook(f"{name}/webhook", (*trail, "webhook"), part.webhook, vault)
    if part.mqtt is not None:
        yield _mqtt(f"{name}/mqtt", (*trail, "mqtt"), part.mqtt, vault)
    if part.log:
        yield LogSinkSettings(name=f"{name}/log")
    if part.webhook is None and part.mqtt is None and not part.log:
        vault.report.add(trail, "tells nobody", "write webhook, mqtt or log: true, or remove it")


def _webhook(name: str, trail: Trail, part: WebhookPart, vault: Vault) -> WebhookSettings:
    url = _url((*trail, "url"), part, vault)
    secret = vault.secret((*trail, "secret"), part.secret, part.secret_file)
    if secret and (problem := _unfit(secret.reveal())):
        hint = 'such as one made by: echo "whsec_$(openssl rand -base64 32)"'
        vault.report.add(_source(trail, "secret", part.secret), problem, hint)
    bearer = vault.secret((*trail, "bearer"), part.bearer, part.bearer_file)
    if bearer and not _BEARER.fullmatch(bearer.reveal()):
        problem = "should be a bearer token: letters, digits and -._~+/="
        vault.report.add(_source(trail, "bearer", part.bearer), problem)
    headers = {} if bearer is None else {"Authorization": Secret(f"Bearer {bearer.reveal()}")}
    secrets = () if secret is None else (secret,)
    return WebhookSettings(name=name, url=url, secrets=secrets, headers=headers, timeout=part.timeout)


def _url(trail: Trail, part: WebhookPart, vault: Vault) -> Secret:
    url = vault.secret(trail, part.url, part.url_file, needed=True)
    if not url:
        return Secret("")
    try:
        places.webhook(url.reveal(), allow_http=part.allow_http)
    except places.Unusable as error:
        vault.report.add(_source(trail[:-1], "url", part.url), error.problem, error.hint)
    return url


def _source(trail: Trail, key: str, value: str | None) -> Trail:
    """Return where the value of `key` came from: itself, or the key that names its file."""
    return (*trail, key if value is not None else f"{key}_file")


def _unfit(secret: str) -> str:
    """Return what is wrong with a signing secret: `whsec_` and base64, or any long text."""
    low, high = SIGNING_BYTES
    if not secret.startswith("whsec_"):
        return "" if len(secret) >= low else f"should have at least {low} characters"
    try:
        size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        return "should be base64 behind whsec_"
    return "" if low <= size <= high else f"should be {low} to {high} bytes in base64 behind whsec_"


def _mqtt(name: str, trail: Trail, part: MqttPart, vault: Vault) -> MqttSettings:
    if part.keepalive != int(part.keepalive):
        vault.report.add((*trail, "keepalive"), "should be whole seconds")
    return MqttSettings(
        name=name,
        host=part.host,
        port=part.port or PORTS[part.tls is not None],
        prefix=part.prefix,
        username=part.username,
        password=vault.secret((*trail, "password"), part.password, part.password_file),
        tls=None if part.tls is None else _tls((*trail, "tls"), part.tls, vault),
        keepalive=int(part.keepalive),
    )


def _tls(trail: Trail, part: TlsPart, vault: Vault) -> TlsSettings:
    if part.key_file and not part.cert_file:
        vault.report.add((*trail, "key_file"), "needs a cert_file beside it")
    return TlsSettings(
        ca_file=vault.path((*trail, "ca_file"), part.ca_file),
        cert_file=vault.path((*trail, "cert_file"), part.cert_file),
        key_file=vault.path((*trail, "key_file"), part.key_file),
    )
