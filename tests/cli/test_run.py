"""What the options of `run` say is laid over the environment, and so over the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.cli.run import ACCESS, INSECURE, overlaid


def test_without_options_the_environment_stays() -> None:
    """Word for word."""
    environ = {ACCESS: "/etc/web.yaml", INSECURE: "false", "PATH": "/bin"}
    assert overlaid(environ, None, insecure=False) == environ


def test_an_option_wins() -> None:
    """Over what the environment says of the same, in whatever letters, so that nothing is said twice."""
    environ = {ACCESS.lower(): "/etc/web.yaml", INSECURE: "false", "PATH": "/bin"}
    found = overlaid(environ, Path("/srv/web.yaml"), insecure=True)
    assert found == {ACCESS: "/srv/web.yaml", INSECURE: "true", "PATH": "/bin"}


def test_a_path_begins_where_the_command_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the configuration's folder, as the path in the file does."""
    monkeypatch.chdir(tmp_path)
    assert overlaid({}, Path("web.yaml"), insecure=False) == {ACCESS: str(tmp_path / "web.yaml")}
