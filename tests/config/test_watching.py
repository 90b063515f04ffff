"""Looking at the files: any that belongs to a configuration counts, and nothing else."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.config.watching import Watched, access, configuration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration that names rules by globs, one file that fits, and one that does not."""
    (tmp_path / "queuewatch.yaml").write_text("rule_files: ['rules/*.yaml', other.yaml]\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "one.yaml").write_text("rules: []\n")
    (tmp_path / "notes.yaml").write_text("nothing of ours\n")
    return tmp_path


def watched(folder: Path, environ: Mapping[str, str] | None = None) -> Watched:
    """Return what watches the configuration in `folder`."""
    return configuration(folder / "queuewatch.yaml", environ or {})


def changes(folder: Path, environ: Mapping[str, str] | None = None) -> list[bool]:
    """Return whether a change of each file in turn is seen: itself, a rule file, a new one, a stranger."""
    watch, found = watched(folder, environ), []
    seen = watch.look()
    for name in ("queuewatch.yaml", "rules/one.yaml", "rules/two.yaml", "notes.yaml"):
        with (folder / name).open("a") as file:
            file.write("# more\n")
        found.append(watch.look() != seen)
        seen = watch.look()
    return found


def test_every_file_of_the_configuration_counts(folder: Path) -> None:
    """The file itself, those that its globs fit, and one that is new to them; not what lies beside them."""
    assert changes(folder) == [True, True, True, False]


def test_the_environments_globs_stand_in_for_the_files(folder: Path) -> None:
    """As they do where the configuration is read."""
    assert changes(folder, {"QUEUEWATCH_RULE_FILES": "rules/one.yaml"}) == [True, True, False, False]


def test_what_stands_still_looks_the_same(folder: Path) -> None:
    """To another that looks, after a rewrite with the same content, and whatever else happens to the file."""
    watch = watched(folder)
    seen = watch.look()
    (folder / "queuewatch.yaml").write_bytes((folder / "queuewatch.yaml").read_bytes())
    (folder / "rules" / "one.yaml").touch()
    assert watch.look() == seen
    assert watched(folder).look() == seen


def test_a_file_that_goes_and_comes_back_is_a_change_each_time(folder: Path) -> None:
    """One of the rules, and the configuration itself: none of them ends the watching."""
    watch = watched(folder)
    for name in ("rules/one.yaml", "queuewatch.yaml"):
        before, content = watch.look(), (folder / name).read_text()
        (folder / name).unlink()
        without = watch.look()
        assert without != before
        (folder / name).write_text(content)
        assert watch.look() == before


def test_content_that_moves_to_another_name_is_a_change(folder: Path) -> None:
    """The order of rules goes by the names of their files."""
    watch = watched(folder)
    before = watch.look()
    (folder / "rules" / "one.yaml").rename(folder / "rules" / "first.yaml")
    assert watch.look() != before


@pytest.mark.parametrize(
    "content",
    [
        b"rule_files: [",
        b"\xff\xfe\x00",
        b"- a list\n",
        b"rule_files: {a: b}\n",
        b"rule_files: [1, null]\n",
        b"",
    ],
)
def test_what_cannot_be_read_is_watched_all_the_same(folder: Path, content: bytes) -> None:
    """A half-written or broken file names no others, and is seen when it is right again."""
    watch = watched(folder)
    right, text = watch.look(), (folder / "queuewatch.yaml").read_text()
    (folder / "queuewatch.yaml").write_bytes(content)
    assert watch.look() != right
    (folder / "queuewatch.yaml").write_text(text)
    assert watch.look() == right


def test_a_file_is_parsed_again_only_when_it_changed(folder: Path) -> None:
    """A large one takes seconds to parse: too much for every other second."""
    (folder / "queuewatch.yaml").write_text("".join(f"key{number}: {number}\n" for number in range(5_000)))
    watch = watched(folder)
    begun = time.monotonic()
    watch.look()
    first = time.monotonic()
    for _ in range(3):
        watch.look()
    assert time.monotonic() - first < (first - begun) / 2


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """A folder with a web configuration file that names a certificate and a key."""
    names = {"cert_file": "us[1].pem", "key_file": str(tmp_path / "us.key"), "client_ca_file": 7}
    (tmp_path / "web.yaml").write_text(json.dumps({"tls_server_config": names}))
    (tmp_path / "us[1].pem").write_text("one")
    (tmp_path / "us.key").write_text("one")
    return tmp_path


def test_what_a_web_configuration_file_names_counts(door: Path) -> None:
    """Certificate and key, wherever they are and however they are called, also while one is gone."""
    watch = access(door / "web.yaml")
    seen = [watch.look()]
    (door / "us[1].pem").write_text("two")
    seen.append(watch.look())
    (door / "us.key").unlink()
    seen.append(watch.look())
    (door / "us.key").write_text("two")
    seen.append(watch.look())
    (door / "us1.pem").write_text("a stranger")
    assert len(set(seen)) == len(seen)
    assert watch.look() == seen[-1]


@pytest.mark.parametrize("text", ["", "tls_server_config: [", "- a", "tls_server_config: 7"])
def test_a_web_configuration_file_that_is_broken_names_nothing(door: Path, text: str) -> None:
    """And is a change, as it is when it is right again."""
    watch = access(door / "web.yaml")
    right, before = watch.look(), (door / "web.yaml").read_text()
    (door / "web.yaml").write_text(text)
    assert watch.look() != right
    (door / "web.yaml").write_text(before)
    assert watch.look() == right


def test_a_pipe_holds_no_look_up(folder: Path) -> None:
    """It counts as a file that cannot be read."""
    (folder / "rules" / "one.yaml").unlink()
    os.mkfifo(folder / "rules" / "one.yaml")
    watch = watched(folder)
    assert watch.look() == watch.look()
