"""A reload takes good rules and cadences while everything goes on; a broken file changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.daemon import ORG, RULE, Daemon, Gate, crowd, receiving, relief, simulating, until

pytestmark = pytest.mark.slow

GOOD = """\
rules:
  - name: Crowded
    expr: 'queue_waiting > 8'
    for_each: {queue: Support Voice, media: voice}
    critical: {for: 0s}
"""
JSON = {"content-type": "application/json"}
BROKEN = """\
rules:
  - name: Crowded
    expr: 'queue_waiting > 8 && queue_agent_on_queue == 0'
    critical: {for: 0s}
"""


async def test_a_broken_rule_file_is_refused_while_the_old_rules_keep_running(tmp_path: Path) -> None:
    """The refusal names file, line, column and what was meant; the old rule still fires."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD)
    async with simulating() as centre, receiving() as hook:
        hook.move(Gate.OPEN)
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url)
        configuration = json.loads(daemon.config.read_text())
        daemon.config.write_text(json.dumps({**configuration, "rules": [], "rule_files": ["rules.yaml"]}))
        async with daemon:
            rules.write_text(BROKEN)
            daemon.hang_up()
            await until(lambda: bool(daemon.logs("reload.refused")), within=10, what="the refusal")
            (refusal,) = daemon.logs("reload.refused")
            assert f"{rules}:3" in refusal["mistake"]
            assert "column 22" in refusal["mistake"]
            assert "queue_agents_on_queue" in refusal["mistake"]
            assert await daemon.value("queuewatch_config_last_reload_successful") == 0
            crowd(centre.world)
            await until(lambda: bool(hook.taken), within=15, what="the old rule fires")
            rules.write_text(GOOD.replace("> 8", "> 1000"))
            daemon.hang_up()
            await until(lambda: bool(daemon.logs("config.reloaded")), within=10, what="the reload")
            assert daemon.logs("config.reloaded")[0]["altered"] == ["Crowded"]
            await until(lambda: len(hook.taken) == 2, within=15, what="the new level resolves it")
            assert await daemon.value("queuewatch_config_last_reload_successful") == 1
            relief(centre.world)
        assert [one.kind for one in hook.taken] == ["fired", "resolved"]
        assert {one.event["data"]["rule"] for one in hook.taken} == {"Crowded"}
        assert RULE not in {one.event["data"]["rule"] for one in hook.taken}


async def test_a_removed_rule_takes_back_what_it_said(tmp_path: Path) -> None:
    """Without the rule, its alert resolves at the reload and says why."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD)
    async with simulating() as centre, receiving() as hook:
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url)
        configuration = json.loads(daemon.config.read_text())
        daemon.config.write_text(json.dumps({**configuration, "rules": [], "rule_files": ["rules.yaml"]}))
        async with daemon:
            crowd(centre.world)
            await until(lambda: bool(hook.taken), within=15, what="the rule fires")
            rules.write_text("rules: []\n")
            daemon.hang_up()
            await until(lambda: len(hook.taken) == 2, within=10, what="the resolve")
        data = hook.taken[-1].event["data"]
        assert (data["kind"], data["reason"]) == ("resolved", "rule_removed")


async def test_files_are_watched_and_cadences_taken(tmp_path: Path) -> None:
    """With --watch-config an edited file is enough: the next polls come as often as it now says.

    A rule file that is broken is refused in the same way, and mended it is taken again.
    """
    rules = tmp_path / "rules.yaml"
    rules.write_text(GOOD)
    async with simulating() as centre, receiving() as hook:
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url, options=["--watch-config"])
        configuration = json.loads(daemon.config.read_text()) | {"rules": [], "rule_files": ["rules.yaml"]}
        slow = {**configuration["sources"], "queues": {"interval": "1h", "timeout": "2s"}}
        daemon.config.write_text(json.dumps({**configuration, "sources": slow}))
        async with daemon:
            before = centre.faults.count("observations")
            daemon.config.write_text(json.dumps(configuration))
            await until(lambda: bool(daemon.logs("config.reloaded")), within=10, what="the reload")
            (line,) = daemon.logs("config.reloaded")
            assert line["cause"] == "files"
            assert line["intervals"] == [f"{ORG}/queues: 1h → 1s"]
            await until(
                lambda: centre.faults.count("observations") >= before + 3,
                within=10,
                what="polls by the second",
            )
            rules.write_text(BROKEN)
            await until(lambda: bool(daemon.logs("reload.refused")), within=10, what="the refusal")
            assert await daemon.value("queuewatch_config_last_reload_successful") == 0
            rules.write_text(GOOD)
            await until(lambda: len(daemon.logs("config.reloaded")) == 2, within=10, what="it is mended")
            assert await daemon.value("queuewatch_config_last_reload_successful") == 1
            crowd(centre.world)
            await until(lambda: bool(hook.taken), within=15, what="the rule fires")


async def test_whoever_may_asks_for_a_reload_and_hears_what_came_of_it(tmp_path: Path) -> None:
    """The answer has the changes, or every mistake; who may not operate changes nothing."""
    async with simulating() as centre, receiving() as hook:
        web = {"web": {"operate": True}}
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url)
        configuration = json.loads(daemon.config.read_text())
        configuration["web"] |= web["web"]
        daemon.config.write_text(json.dumps(configuration))
        async with daemon:
            changed = {**configuration, "rules": [], "instance": "other"}
            daemon.config.write_text(json.dumps(changed))
            answer = await daemon.post("/-/reload", b"", **JSON)
            assert answer.status_code == 200
            assert answer.json()["changes"] == {"removed": [RULE]}
            assert answer.json()["untaken"] == ["instance"]
            daemon.config.write_text(json.dumps({**changed, "sources": {"queues": {"interval": "soon"}}}))
            refused = await daemon.post("/-/reload", b"", **JSON)
            assert refused.status_code >= 400
            assert "interval" in refused.text
            stranger = await daemon.post("/-/reload", b"", **JSON, origin="https://evil.example")
            assert stranger.status_code == 403
        assert [line["cause"] for line in daemon.logs("config.reloaded")] == ["request"]
