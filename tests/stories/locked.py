"""A daemon behind its door: TLS, users and tokens, and what it takes to get in."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.kit.authority import Authority, Identity
from tests.stories.daemon import Daemon
from tests.web.keys import a_token, hashed

TOKEN, OPERATOR = a_token("operator", "metrics", "read", "operate")


class Locked(Daemon):
    """A daemon with a web configuration file; `get` and `post` trust its authority."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self.authority = Authority(folder)
        self.access = folder / "web.yaml"
        self.url = f"https://{self.target}"
        configuration = json.loads(self.config.read_text())
        configuration["web"]["config_file"] = "web.yaml"
        self.config.write_text(json.dumps(configuration))
        self._folder = folder

    def admit(
        self, users: Mapping[str, str], *, identity: Identity, tls: Mapping[str, object] | None = None
    ) -> None:
        """Write the file: users with their passwords, the operator's token, a certificate."""
        self.access.write_text(
            yaml.safe_dump(
                {
                    "tls_server_config": {
                        "cert_file": identity.certificate,
                        "key_file": identity.key,
                        **(tls or {}),
                    },
                    "basic_auth_users": {name: hashed(password) for name, password in users.items()},
                    "bearer_tokens": [
                        {
                            "name": OPERATOR.name,
                            "sha256": OPERATOR.hash.reveal(),
                            "scopes": list(OPERATOR.scopes),
                        }
                    ],
                }
            )
        )

    def client(self, identity: Identity | None = None) -> httpx.AsyncClient:
        """Return a client that trusts the daemon, and may show a certificate."""
        context = ssl.create_default_context(cafile=self.authority.file)
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
        return httpx.AsyncClient(base_url=self.url, verify=context, timeout=5, trust_env=False)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask."""
        async with self.client() as client:
            return await client.get(path, headers=headers)

    async def post(self, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        """Have something changed."""
        async with self.client() as client:
            return await client.post(path, content=content, headers=headers)
