"""What the options of `run` say is laid over the environment, and so over the file."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
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


def test_an_address_that_is_taken_is_worth_another_try(tmp_path: Path) -> None:
    """Exit code 1, not the 2 of a configuration that no waiting mends; one line says which address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        known = {"orgs": {"acme": {"region": "eu-west-1", "client_id": "x"}}, "web": {"listen": where}}
        file = tmp_path / "queuewatch.yaml"
        file.write_text(json.dumps({**known, "store": {"path": str(tmp_path / "queuewatch.db")}}))
        done = CliRunner().invoke(
            main, ["run", "--config", str(file)], env={"QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": "made-up"}
        )
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: cannot listen on {where}: Address already in use")
