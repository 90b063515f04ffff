"""TLS contexts from files."""

import ssl
from pathlib import Path

import pytest

from monitor.kit import tls
from tests.kit.authority import Authority


def test_a_context_verifies():
    """Without any file: the system's authorities, the host's name, TLS 1.2 at least."""
    context = tls.context(None, None, None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_file_of_authorities_takes_the_place_of_the_system_s(tmp_path: Path):
    """Only who is in the file is trusted, and verified as strictly."""
    authority = Authority(tmp_path)
    context = tls.context(authority.file, None, None)
    (trusted,) = context.get_ca_certs()
    assert trusted["subject"] == ((("commonName", "authority"),),)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_certificate_and_key_may_be_one_file(tmp_path: Path):
    """As many tools write them."""
    authority = Authority(tmp_path)
    one = authority.issue("us", usage="clientAuth")
    both = tmp_path / "both.pem"
    both.write_text(Path(one.key).read_text() + Path(one.certificate).read_text())
    tls.context(authority.file, one.certificate, one.key)
    tls.context(authority.file, str(both), None)


def test_files_that_cannot_be_used_are_named(tmp_path: Path):
    """Missing, no certificate, a key of another, an encrypted key: the error says which files."""
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")
    for files in (
        (str(tmp_path / "missing.pem"), None, None),
        (str(junk), None, None),
        (authority.file, str(junk), None),
        (authority.file, one.certificate, None),
        (authority.file, one.certificate, str(tmp_path / "missing.key")),
        (authority.file, one.certificate, other.key),
        (authority.file, one.certificate, authority.lock(one)),
    ):
        with pytest.raises(OSError, match=r"cannot use .* for TLS") as caught:
            tls.context(*files)
        assert all(file in str(caught.value) for file in files if file)
