"""`queuewatch health`, asked of a daemon that lives, of one that is not ready, and of nobody."""

import json

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.cli import main
from tests.servers.programs import free_port
from tests.web.making import served


def probes(*, alive: int = 200, ready: int = 200, word: str = "ok") -> Starlette:
    """Return an application whose probes answer so."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse(f"{word}\n", alive)

    async def readyz(request: Request) -> Response:
        return JSONResponse({"ready": ready == 200}, ready)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz)])


def call(app: Starlette, *words: str) -> Result:
    """Return what the command says of it."""
    with served(app) as url:
        return CliRunner().invoke(main, ["health", *words], env={"QUEUEWATCH_URL": url})


@pytest.mark.parametrize(
    ("words", "app", "code", "said"),
    [
        ((), probes(ready=503), 0, "alive at "),
        (("--ready",), probes(), 0, "ready at "),
        (("--ready",), probes(ready=503), 1, "not ready at "),
        ((), probes(alive=503), 1, "not alive at "),
    ],
)
def test_a_probe_is_one_line_and_an_exit_code(words, app, code, said):
    """Alive is enough without --ready; with it the sources count, too."""
    done = call(app, *words)
    assert (done.exit_code, done.stderr) == (code, "")
    assert done.stdout.startswith(f"{said}http://127.0.0.1:")


def test_a_program_gets_json():
    """`--json` says the same as the exit code."""
    assert json.loads(call(probes(ready=503), "--ready", "--json").stdout) == {"ok": False}


@pytest.mark.parametrize("app", [probes(alive=404), probes(word="hello")])
def test_whoever_answers_otherwise_is_not_ours(app):
    """A 404, or a word that is not ours, is neither life nor death: something else listens there."""
    done = call(app)
    assert done.exit_code == 1
    assert "is no queuewatch" in done.stderr


def test_nobody_there_is_one_line():
    """A refused connection is exit code 1 and says what to do."""
    done = CliRunner().invoke(main, ["health", "--url", f"http://127.0.0.1:{free_port()}"])
    assert done.exit_code == 1
    assert "no daemon answers" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_program_is_told_of_nobody_too():
    """`--json` says no where nobody answers, beside the line for people."""
    done = CliRunner().invoke(main, ["health", "--json", "--url", f"http://127.0.0.1:{free_port()}"])
    assert (done.exit_code, json.loads(done.stdout)) == (1, {"ok": False})
