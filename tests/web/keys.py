"""Who may come in, for tests: tokens and users of whom the secret is known."""

from __future__ import annotations

import base64
import hashlib

import bcrypt

from monitor.kit.secrets import Secret
from monitor.model.settings import Credential

_CHEAP = 4
"""bcrypt's least cost: a login takes a millisecond."""


def a_token(name: str, *scopes: str) -> tuple[str, Credential]:
    """Return a bearer token and what the daemon knows of it."""
    token = f"token-of-{name}"
    digest = hashlib.sha256(token.encode()).hexdigest()
    return token, Credential(name=name, hash=Secret(digest), scopes=scopes)


def a_user(name: str, password: str, *scopes: str) -> Credential:
    """Return what the daemon knows of a user."""
    return Credential(name=name, hash=Secret(hashed(password)), scopes=scopes)


def hashed(password: str) -> str:
    """Return bcrypt's hash."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_CHEAP)).decode()


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header with which a user asks."""
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    """Return the header with which a token's holder asks."""
    return {"authorization": f"Bearer {token}"}
