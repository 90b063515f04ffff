"""SIGHUP: good rules are taken while everything goes on; a broken file is refused and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.daemon import RULE, Daemon, Gate, crowd, receiving, relief, simulating, until

pytestmark = pytest.mark.slow

GOOD = """\
rules:
  - name: Crowded
    expr: 'queue_waiting > 8'
    for_each: {queue: Support Voice, media: voice}
    critical: {for: 0s}
"""
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
