"""TLS towards somebody: one context that verifies, made from the files a user names.

In: paths. Out: a context for TLS 1.2 or newer that checks the peer's certificate and name. Errors name the
files, which OpenSSL does not. Nothing here, and no argument, turns the checking off.
"""

from __future__ import annotations

import ssl


def context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, or only those in `ca_file`.

    With `cert_file` it shows that certificate; its key is in `key_file`, or in the same file. An encrypted
    key is refused: OpenSSL would ask the terminal for its password and wait. Reads files: use a thread.

    Raises:
        OSError: a file cannot be read, or is no certificate or key, or certificate and key do not fit.
    """
    try:
        made = ssl.create_default_context(cafile=ca_file)
        if cert_file is not None:
            made.load_cert_chain(cert_file, key_file, password=lambda: "")
    except OSError as error:
        files = ", ".join(name for name in (ca_file, cert_file, key_file) if name)
        raise OSError(f"cannot use {files or 'the trust store'} for TLS: {error}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
