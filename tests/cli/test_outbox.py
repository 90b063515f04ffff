"""`queuewatch outbox`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.cli.outbox import command
from tests.cli.calling import call
from tests.web.making import HOSTILE, Site, a_letter, served

DEAD = {"reason": "rejected", "detail": "422: no such service"}
NOWHERE = "http://127.0.0.1:9"


def outbox(site: Site | Starlette, *arguments: str | int, typed: str = "") -> Result:
    """Call the command with a daemon that serves `site`."""
    with served(site.app() if isinstance(site, Site) else site) as url:
        words = [*map(str, arguments), "--url", url]
        return CliRunner().invoke(command, words, input=typed)


def test_the_list_shows_what_waits_and_what_is_dead() -> None:
    """A row each: where, what, since when, when next, and why it is dead."""
    done = outbox(Site(a_letter(7), a_letter(8, **DEAD), a_letter(9, skipped=3)), "list")
    rows = [line for line in done.stdout.splitlines() if "oncall/webhook" in line]
    assert (done.exit_code, done.stderr) == (0, "")
    assert [("waiting" in row, "dead: rejected, 422: no such service" in row) for row in rows] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert "acme/Waiting/Support (3 skipped)" in rows[2]


def test_a_daemon_here_is_asked_past_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the environment would ask its own loopback, or nobody at all."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
    done = outbox(Site(a_letter(7)), "list")
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_letter_that_waits_says_why() -> None:
    """What its last try said; or that nothing is sent there, and then no next try."""
    site = Site(a_letter(7, last="status: 401"), a_letter(8, destination="oncall/mqtt", last="gone: 410"))
    site.disabled = {"oncall/mqtt"}
    rows = [line for line in outbox(site, "list").stdout.splitlines() if "oncall/" in line]
    assert "waiting: status: 401" in rows[0]
    assert "waiting: the destination said that it is gone, `queuewatch outbox retry` tries again" in rows[1]
    assert [row.count(":30 ") for row in rows] == [1, 0]
    assert "state        waiting: status: 401; next try 2026-11-21 " in outbox(site, "show", 7).stdout
    assert "`queuewatch outbox retry` tries again\n" in outbox(site, "show", 8).stdout


@pytest.mark.parametrize("words", [["list"], ["retry"], ["drop", "--dead", "--yes"]])
def test_a_destination_that_is_not_there(words: list[str]) -> None:
    """One line with those there are, exit code 1; a whole receiver is there."""
    site = Site(a_letter(1, **DEAD), a_letter(2, destination="oncall/mqtt", **DEAD))
    done = outbox(site, *words, "--destination", "webhook")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: there is no destination 'webhook': there is oncall/mqtt, ")
    assert outbox(site, *words, "--destination", "oncall").exit_code == 0


def test_what_would_be_stale_is_said() -> None:
    """It is not counted among what will be tried again."""
    site = Site(a_letter(1, **DEAD), a_letter(2, **DEAD))
    site.letters.stale = {2}
    done = outbox(site, "retry", 1, 2)
    assert (done.exit_code, done.stdout) == (0, "1 letter will be tried again: oncall/webhook\n")
    assert done.stderr == "not tried again, something newer was sent since: 2\n"


def test_dates_name_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is this computer's, which need not be the reader's."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert "2026-11-21 14:30:00 IST" in outbox(Site(a_letter(7)), "list").stdout
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://joe:hunter2@127.0.0.1:9/hunter2?x=hunter2", "http://127.0.0.1:9"),
        ("http://joe:hunter2@[::1]:9", "http://[::1]:9"),
        ("joe:hunter2@127.0.0.1", "the address that was given, which is none"),
        ("http://joe:hunter2@", "the address that was given, which is none"),
        ("http://h:hunter2", "the address that was given, which is none"),
    ],
)
def test_a_password_of_the_address_is_not_shown(url: str, shown: str) -> None:
    """Only where it was asked."""
    done = CliRunner().invoke(command, ["list", "--url", url])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: no daemon answers at {shown}: ")
    assert "hunter2" not in done.output


@pytest.mark.parametrize(
    ("choice", "rows"),
    [([], [1, 2, 3]), (["--dead"], [2]), (["--waiting"], [1, 3]), (["--destination", "oncall/mqtt"], [3])],
)
def test_the_list_is_narrowed(choice: list[str], rows: list[int]) -> None:
    """By state and by destination; --json gives what the daemon says."""
    site = Site(a_letter(1), a_letter(2, **DEAD), a_letter(3, destination="oncall/mqtt"))
    done = outbox(site, "list", "--json", *choice)
    assert [one["row"] for one in json.loads(done.stdout)["letters"]] == rows


def test_a_long_list_is_asked_for_page_by_page() -> None:
    """As many as wanted, and a word where there are more."""
    site = Site(*(a_letter(row) for row in range(1, 2502)))
    done = outbox(site, "list", "--json", "--limit", 2500)
    assert len(json.loads(done.stdout)["letters"]) == 2500
    assert done.stderr == "there are more: --limit 25000\n"
    assert [asked["after"] for asked in site.letters.asked] == [0, 1000, 2000]


def test_a_list_without_end_is_not_asked_for_without_end() -> None:
    """A page that brings nothing, and says that there is more, is the last that is asked for."""
    asked: list[str] = []

    async def endless(request: Request) -> Response:
        asked.append(str(request.url))
        return JSONResponse({"letters": [], "next": len(asked)})

    done = outbox(Starlette(routes=[Route("/api/v1/outbox", endless)]), "list")
    assert (done.exit_code, done.stdout, len(asked)) == (0, "nothing waits\n", 1)


@pytest.mark.parametrize(("choice", "said"), [([], "nothing waits\n"), (["--dead"], "nothing is dead\n")])
def test_an_empty_outbox_is_a_word(choice: list[str], said: str) -> None:
    """No empty table."""
    assert outbox(Site(), "list", *choice).output == said


def test_a_letter_is_shown_with_its_body() -> None:
    """What is known of it, then the body: JSON laid out, text as it is."""
    site = Site(a_letter(7, **DEAD), a_letter(8, content_type="text/plain", body=b"two\n  lines"))
    done = outbox(site, "show", 7)
    assert done.exit_code == 0
    assert "state        dead: rejected, 422: no such service\n" in done.stdout
    assert done.stdout.endswith('\n{\n  "id": "evt_1"\n}\n')
    assert outbox(site, "show", 8).stdout.endswith("\n\ntwo\n  lines\n")
    assert json.loads(outbox(site, "show", 7, "--json").stdout)["body"] == {"id": "evt_1"}


def test_a_body_that_is_kept_back_is_said_to_be() -> None:
    """Whoever may only read sees the letter, and why it has no body; with --json it is null."""
    site = Site(a_letter(7), operate=False)
    done = outbox(site, "show", 7)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "type         application/cloudevents+json, 14 bytes\n" in done.stdout
    assert done.stdout.endswith(
        "\n\nthe body is shown only to the scope operate: templates may put tokens into it\n"
    )
    assert json.loads(outbox(site, "show", 7, "--json").stdout)["body"] is None


def test_a_row_that_is_not_there() -> None:
    """One line, exit code 1; what is no row at all is exit code 2."""
    done = outbox(Site(), "show", 9)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: there is no row 9 in the outbox")
    assert done.stderr.count("\n") == 1
    assert outbox(Site(), "show", "nine").exit_code == 2


def test_retrying() -> None:
    """Rows or a destination; what is not there is said."""
    site = Site(a_letter(1, **DEAD), a_letter(2))
    done = outbox(site, "retry", 1, 9)
    assert (done.exit_code, done.stdout) == (0, "1 letter will be tried again: oncall/webhook\n")
    assert done.stderr == "not in the outbox: 9\n"
    site = Site(a_letter(1, **DEAD), a_letter(2))
    done = outbox(site, "retry", "--destination", "oncall/webhook", "--dead")
    assert site.letters.revived == [[1]]
    done = outbox(site, "retry", "--destination", "oncall/webhook")
    assert done.stdout == "2 letters will be tried again: oncall/webhook\n"


def test_dropping_asks_first() -> None:
    """Without a yes nothing is thrown away: exit code 1."""
    site = Site(a_letter(1), a_letter(2, **DEAD))
    for typed in ("n\n", ""):
        assert outbox(site, "drop", 1, typed=typed).exit_code == 1
    assert list(site.letters.kept) == [1, 2]
    done = outbox(site, "drop", 1, typed="y\n")
    assert done.stdout.endswith("1 letter thrown away\n")
    assert "Throw away 1 letter? Nobody will be told of it" in done.stdout
    done = outbox(site, "drop", "--destination", "oncall/webhook", "--dead", "--yes")
    assert (done.stdout, site.letters.kept) == ("1 letter thrown away\n", {})


@pytest.mark.parametrize(
    "words",
    [
        ["retry"],
        ["retry", "1", "--destination", "oncall/webhook"],
        ["drop", "--yes"],
        ["drop", "1", "--destination", "oncall/webhook", "--dead", "--yes"],
        ["drop", "--destination", "oncall/webhook", "--yes"],
        ["retry", *map(str, range(1, 1002))],
        ["retry", "0"],
        ["list", "--limit", "0"],
    ],
)
def test_what_is_not_clear_is_not_done(words: list[str]) -> None:
    """Exit code 2, before anything is asked of the daemon."""
    site = Site(a_letter(1, **DEAD))
    done = outbox(site, *words)
    assert done.exit_code == 2
    assert (site.letters.asked, site.letters.revived, list(site.letters.kept)) == ([], [], [1])


def test_json_is_what_the_daemon_says() -> None:
    """Of what is changed, too; the question goes to standard error."""
    site = Site(a_letter(1, **DEAD), a_letter(2))
    said = json.loads(outbox(site, "retry", 1, 9, "--json").stdout)
    assert said == {"retried": 1, "destinations": ["oncall/webhook"], "superseded": [], "unknown": [9]}
    done = outbox(site, "drop", 1, 9, "--json", typed="y\n")
    assert json.loads(done.stdout) == {"dropped": 1, "unknown": [9]}
    assert "Throw away 2 letters?" in done.stderr


def test_a_daemon_that_may_not_be_changed_says_how() -> None:
    """Exit code 1, and what would let somebody in."""
    done = outbox(Site(a_letter(1), operate=False), "retry", 1)
    assert done.exit_code == 1
    assert "web.operate: true" in done.stderr


@pytest.mark.parametrize(
    "words", [["list"], ["show", "1"], ["retry", "1"], ["drop", "1", "--yes"]], ids=lambda words: words[0]
)
def test_without_a_daemon_one_line_says_what_to_do(words: list[str]) -> None:
    """Where it was asked, and how to start one; exit code 1."""
    done = CliRunner().invoke(command, [*words, "--url", NOWHERE])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: no daemon answers at {NOWHERE}: ")
    assert "queuewatch run" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://x", "http://[", "http://\u202ex\x1b[31m"])
def test_a_url_that_is_none(url: str) -> None:
    """One clean line, no traceback."""
    done = CliRunner().invoke(command, ["list", "--url", url])
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: no daemon answers")
    assert done.stderr.rstrip("\n").isprintable()


def test_the_address_may_stand_in_the_environment() -> None:
    """QUEUEWATCH_URL is asked where --url is not given."""
    with served(Site(a_letter(7)).app()) as url:
        done = CliRunner().invoke(command, ["list", "--json"], env={"QUEUEWATCH_URL": url + "/"})
    assert json.loads(done.stdout)["letters"][0]["row"] == 7


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("hello"),
        PlainTextResponse("Not Found", 404),
        JSONResponse([]),
        JSONResponse({}),
        JSONResponse({"letters": [{}], "next": None}),
        JSONResponse({"letters": 1, "next": None}),
        JSONResponse({"letters": [{"row": "x"}], "next": None}),
        PlainTextResponse("[" * 9000),
    ],
    ids=lambda answer: answer.body[:30].decode(),
)
def test_a_stranger_in_the_daemons_place(answer: Response) -> None:
    """What answers something else is named as such: one line, exit code 1."""

    async def anything(_request: Request) -> Response:
        return answer

    done = outbox(Starlette(routes=[Route("/{path:path}", anything)]), "list")
    assert (done.exit_code, "Traceback" in done.output) == (1, False)
    assert done.stderr.endswith("is no queuewatch of this version\n")


def test_hostile_names_come_out_clean() -> None:
    """No escape, no control character and no bidi mark reaches the terminal, in a table or in JSON."""
    hostile: dict[str, Any] = {"destination": HOSTILE, "key": HOSTILE, "reason": "x", "detail": HOSTILE}
    waits = {**hostile, "reason": "", "last": HOSTILE}
    site = Site(
        a_letter(1, **hostile, body=json.dumps({"x": HOSTILE}, ensure_ascii=False).encode()),
        a_letter(2, **hostile, content_type=HOSTILE, body=HOSTILE.encode()),
        a_letter(3, **waits),
    )
    for words in (
        ["list"],
        ["list", "--json"],
        ["show", "1"],
        ["show", "1", "--json"],
        ["show", "2"],
        ["show", "3"],
    ):
        done = outbox(site, *words)
        assert done.exit_code == 0
        assert all(line.isprintable() for line in done.output.split("\n"))
        assert "<script>" in done.output
    assert json.loads(outbox(site, "show", "1", "--json").stdout)["key"] == HOSTILE
    done = outbox(site, "retry", 1)
    assert all(line.isprintable() for line in done.output.split("\n"))


@pytest.mark.parametrize("words", [[], ["list"], ["show"], ["retry"], ["drop"]])
def test_help_shows_an_example(words: list[str]) -> None:
    """Each says how it is called."""
    assert "Example: queuewatch outbox" in CliRunner().invoke(command, [*words, "--help"]).output


async def test_explain_asks_through_the_same_door() -> None:
    """`rules explain` takes the address from the environment too, and says the same where nobody answers."""
    done = await call("rules", "explain", "x", QUEUEWATCH_URL=NOWHERE)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.startswith(f"Error: no daemon answers at {NOWHERE}: ")
