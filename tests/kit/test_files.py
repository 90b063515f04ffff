"""Files of others: never waited for, and never taken in whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.kit.files import content
from monitor.kit.serving import Tls, tls
from monitor.kit.serving.identity import SIZE_LIMIT
from tests.kit.authority import Authority


def test_what_is_in_a_file_up_to_a_limit(tmp_path: Path) -> None:
    """And one byte more, by which one sees that there is more; through links as well."""
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    (tmp_path / "link").symlink_to(file)
    assert content(tmp_path / "link", 5) == b"12345"
    assert content(file, 3) == b"1234"
    file.write_bytes(b"")
    assert content(file, 3) == b""


def test_an_endless_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A gigabyte of nothing takes no room."""
    file = tmp_path / "file"
    with file.open("wb") as stream:
        stream.truncate(1 << 30)
    assert len(content(file, 100)) == 101


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "nothing"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    """One would wait for ever, another never end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    path = {"pipe": pipe, "device": Path("/dev/zero"), "folder": tmp_path, "nothing": tmp_path / "no"}[kind]
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match=r"Not a regular file|Is a directory|No such file"):
        content(path, 100)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("which", ["cert_file", "key_file", "ca_file"])
@pytest.mark.parametrize("kind", ["pipe", "large"])
def test_certificates_and_keys_are_read_so_as_well(tmp_path: Path, which: str, kind: str) -> None:
    """OpenSSL would wait, or take in everything."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    files = {"cert_file": ours.certificate, "key_file": ours.key, "ca_file": str(authority.file)}
    assert read(files).context.get_ca_certs()
    odd = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.write_bytes(Path(files[which]).read_bytes() + b"\n" * SIZE_LIMIT)
    with pytest.raises(OSError, match=r"Not a regular file|is larger than"):
        read({**files, which: str(odd)})


def read(files: Mapping[str, str]) -> Tls:
    """Return what these files are for a listener."""
    return tls(files["cert_file"], files["key_file"], ca_file=files["ca_file"])
