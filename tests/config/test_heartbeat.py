"""The heartbeat: who gets it, and who waits for it in vain."""

from pathlib import Path

import pytest

from monitor.model.settings import HeartbeatSettings
from tests.config.files import SECRET, loaded, mistakes, only

RECEIVERS = """
receivers:
  oncall:
    webhook: {url: https://e.com}
    ping: {}
    slack: {}
    log: true
  lead: {email: {host: m, from: a@b.c, to: a@b.c}}
  am: {alertmanager: {urls: [https://a.com, https://b.com]}}
  grafana: {webhook: {url: https://g.com, format: alertmanager-v4}}
  chat: {webhook: {url: https://c.com, format: slack}}
  bus: {mqtt: {host: b}}
"""
URLS = {
    **SECRET,
    "QUEUEWATCH_RECEIVERS__ONCALL__PING__URL": "https://hc.example.com/x",
    "QUEUEWATCH_RECEIVERS__ONCALL__SLACK__URL": "https://hooks.example.com",
}


def test_no_heartbeat(tmp_path: Path):
    """Unless one is asked for."""
    assert loaded(tmp_path, "receivers: {a: {log: true}}").heartbeat is None


def test_machines_get_a_heartbeat_people_do_not(tmp_path: Path):
    """Of a receiver's ways those that are for people are left out."""
    text = RECEIVERS + "heartbeat: {receivers: [oncall, am, grafana, bus], interval: 30s}"
    assert loaded(tmp_path, text, URLS).heartbeat == HeartbeatSettings(
        destinations=(
            "oncall/webhook",
            "oncall/ping",
            "oncall/log",
            "am/alertmanager",
            "am/alertmanager-2",
            "grafana/webhook",
            "bus/mqtt",
        ),
        interval=30,
    )


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("{receivers: [oncall, lead]}", "heartbeat.receivers[1]", "lead is for people"),
        ("{receivers: [oncall, oncall/slack]}", "heartbeat.receivers[1]", "is for people"),
        ("{receivers: [oncall, chat]}", "heartbeat.receivers[1]", "is for people"),
        ("{receivers: [oncall, onkall]}", "heartbeat.receivers[1]", "did you mean oncall?"),
        ("{receivers: [oncall, oncall/mqtt]}", "heartbeat.receivers[1]", "oncall has no mqtt"),
        ("{receivers: [oncall, oncall/ping]}", "heartbeat.receivers[1]", "is named twice"),
        ("{receivers: []}", "heartbeat.receivers", "names nobody"),
        ("{}", "heartbeat.receivers", "names nobody"),
        ("{receivers: }", "heartbeat.receivers", "should name receivers"),
        ("{receivers: oncall, interval: 9s}", "heartbeat.interval", "between 10s and 1h"),
        ("{receivers: oncall, every: 9s}", "heartbeat.every", "unknown key"),
    ],
)
def test_wrong_heartbeats_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its place, and none makes a second one."""
    found = mistakes(tmp_path, f"{RECEIVERS}heartbeat: {text}", URLS)
    assert found[0].path == path
    assert words in str(found[0])
    assert len(found) == 1


ADD = "add oncall/ping to heartbeat.receivers"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "write heartbeat: {receivers: [oncall]}"),
        ("heartbeat: {receivers: am}", ADD),
        ("heartbeat: {receivers: oncall/log}", ADD),
    ],
)
def test_a_ping_without_a_heartbeat_is_a_mistake(tmp_path: Path, text, hint):
    """It would report us dead, or, worse, was never told we live."""
    mistake = only(mistakes(tmp_path, RECEIVERS + text, URLS))
    assert (mistake.path, mistake.hint) == ("receivers.oncall.ping", hint)
