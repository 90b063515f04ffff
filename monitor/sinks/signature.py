"""Pure: Standard Webhooks signatures, https://github.com/standard-webhooks/standard-webhooks (1.0.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from monitor.kit.secrets import Secret

_PREFIX = "whsec_"


def headers(event_id: str, body: bytes, secrets: Sequence[Secret], now: datetime) -> dict[str, str]:
    """Return the id, the time of this try, and a signature per secret: two while a secret is exchanged."""
    stamp = str(int(now.timestamp()))
    found = {"webhook-id": event_id, "webhook-timestamp": stamp}
    if secrets:
        signed = b".".join((event_id.encode(), stamp.encode(), body))
        found["webhook-signature"] = " ".join(_sign(key(secret), signed) for secret in secrets)
    return found


def key(secret: Secret) -> bytes:
    """Return the key's bytes: what is left without `whsec_` is base64, read as the standard's libraries do.

    They do not mind missing padding, or characters that are not of base64. What they cannot read is taken
    as it is; the configuration refuses it.
    """
    text = secret.reveal()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX) + "==")
    except (binascii.Error, ValueError):
        return text.encode()


def _sign(key: bytes, signed: bytes) -> str:
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")
