"""Webhooks: our own, and those of channels in Slack and Teams."""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from monitor.config import places, posting
from monitor.config.credentials import Vault
from monitor.config.report import Trail
from monitor.config.ways import ChatPart, WebhookPart
from monitor.config.wording import body
from monitor.kit.secrets import Secret
from monitor.model.settings import WebhookSettings

_PREFIX = "whsec_"

SIGNING_BYTES = (24, 64)
"""Bytes of a Standard Webhooks secret (github.com/standard-webhooks/standard-webhooks)."""


def webhook(name: str, trail: Trail, part: WebhookPart, vault: Vault) -> WebhookSettings:
    """Return the settings of a webhook."""
    url = posting.url(trail, part, vault, allow_http=part.allow_http)
    if url and not part.allow_private and places.private(url.reveal()):
        vault.report.add((*trail, "allow_private"), "forbids the url itself", "leave it out")
    if part.batch > 1 and (part.format != "cloudevents" or part.body is not None):
        problem = "is for format cloudevents, without a body of your own"
        vault.report.add(
            (*trail, "batch"), problem, "other forms hold several events only as a group of a route"
        )
    return WebhookSettings(
        name=name,
        url=url,
        form=part.format,
        body=body((*trail, "body"), part.body, vault.report),
        secrets=_secrets(trail, part, vault),
        headers=posting.headers(trail, part, vault),
        timeout=part.timeout,
        tls=posting.tls((*trail, "tls"), part.tls, vault),
        proxy=posting.proxy(trail, part, vault),
        private=part.allow_private,
        batch=part.batch,
        coalesce=part.coalesce,
    )


def chat(
    name: str, trail: Trail, form: Literal["slack", "teams"], part: ChatPart, vault: Vault
) -> WebhookSettings:
    """Return the settings of a channel."""
    return WebhookSettings(
        name=name,
        url=posting.url(trail, part, vault),
        form=form,
        body=body((*trail, "body"), part.body, vault.report),
        timeout=part.timeout,
        coalesce=part.coalesce,
    )


def _secrets(trail: Trail, part: WebhookPart, vault: Vault) -> tuple[Secret, ...]:
    """Return what signs: the current secret, and the one before it while receivers change over."""
    current = signing(trail, "secret", part.secret, part.secret_file, vault)
    previous = signing(trail, "previous_secret", part.previous_secret, part.previous_secret_file, vault)
    if previous is not None and current is None:
        place = posting.origin(trail, "previous_secret", part.previous_secret)
        vault.report.add(place, "needs a secret beside it", "the new one, which signs as well")
    elif previous and previous == current:
        place = posting.origin(trail, "previous_secret", part.previous_secret)
        vault.report.add(place, "is the same as secret", "leave it out when every receiver knows the new one")
    return tuple(secret for secret in (current, previous) if secret is not None)


def signing(trail: Trail, key: str, value: str | None, file: str | None, vault: Vault) -> Secret | None:
    """Return the signing secret at `key` below `trail`, `whsec_` before it; None if there is none.

    The libraries of receivers decode it with and without that prefix: any text would not do.
    """
    secret = vault.secret((*trail, key), value, file)
    if not secret:
        return secret
    text = secret.reveal().removeprefix(_PREFIX)
    if problem := _unfit(text):
        hint = 'such as one made by: echo "whsec_$(openssl rand -base64 32)"'
        vault.report.add(posting.origin(trail, key, value), problem, hint)
    return Secret(_PREFIX + text)


def _unfit(text: str) -> str:
    """Return what is wrong with a signing secret, of which `text` is what may follow `whsec_`."""
    low, high = SIGNING_BYTES
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return "should be base64, with or without whsec_ before it"
    return "" if low <= size <= high else f"should be {low} to {high} bytes in base64"
