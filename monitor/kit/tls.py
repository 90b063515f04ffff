"""TLS towards somebody: one context that verifies, made from the files a user names.

In: paths. Out: a context for TLS 1.2 or newer that checks the peer's certificate and name. Errors name the
files, which OpenSSL does not. Nothing here, and no argument, turns the checking off.
"""

from __future__ import annotations

import os
import ssl


def context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, or only those in `ca_file`.

    The system's are where OpenSSL looks for them: SSL_CERT_FILE and SSL_CERT_DIR may say where.

    With `cert_file` it shows that certificate; its key is in `key_file`, or in the same file. An encrypted
    key is refused: OpenSSL would ask the terminal for its password and wait. Reads files: use a thread.

    Raises:
        OSError: a file cannot be read, or is no certificate or key, or certificate and key do not fit.
    """
    try:
        if ca_file is None:
            _look_for_authorities()
        made = ssl.create_default_context(cafile=ca_file)
        if cert_file is not None:
            made.load_cert_chain(cert_file, key_file, password=lambda: "")
    except OSError as error:
        files = ", ".join(name for name in (ca_file, cert_file, key_file) if name)
        raise OSError(f"cannot use {files or 'the trust store'} for TLS: {error}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _look_for_authorities() -> None:
    """Raise OSError where the environment names a file that is not there: OpenSSL would trust nobody."""
    paths = ssl.get_default_verify_paths()
    named = os.environ.get(paths.openssl_cafile_env)
    if named and paths.cafile is None:
        raise FileNotFoundError(f"{paths.openssl_cafile_env} names {named}, which is not there")
