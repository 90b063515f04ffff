"""A private certificate authority, made by openssl: certificates as good or as bad as a test needs."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.programs import require_program

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files."""

    certificate: str
    key: str


class Authority:
    """Issues certificates. `file` is what those who trust it are given."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._program = require_program("openssl", package="openssl")
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        self.file = str(self._folder / "ca.pem")
        self._run(
            "req", "-x509", *_CURVE, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", f"/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip

    def issue(
        self,
        name: str,
        *,
        hosts: str = "DNS:localhost,IP:127.0.0.1",
        usage: str = "serverAuth",
        days: int = 2,
    ) -> Identity:
        """Return an identity; with negative `days` it expired so many days ago."""
        self._run("req", *_CURVE, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(
            f"subjectAltName={hosts}\nextendedKeyUsage={usage}\nkeyUsage=digitalSignature\n"
        )
        self._run(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", f"{name}.pem", "-days", str(days), "-extfile", extensions.name,
        )  # fmt: skip
        return Identity(str(self._folder / f"{name}.pem"), str(self._folder / f"{name}.key"))

    def lock(self, identity: Identity) -> str:
        """Return a file with the identity's key, encrypted."""
        locked = f"{identity.key}.locked"
        self._run("pkey", "-in", identity.key, "-aes256", "-passout", "pass:secret", "-out", locked)
        return locked

    def _run(self, *arguments: str) -> None:
        subprocess.run([self._program, *arguments], cwd=self._folder, check=True, capture_output=True)


def serving(identity: Identity, *, clients: str | None = None) -> ssl.SSLContext:
    """Return a server's side; with `clients` it takes only those that this authority issued."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context
