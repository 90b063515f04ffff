"""Webhooks: what is sent where, and with which headers."""

import base64
from pathlib import Path

import pytest

from monitor.model.settings import TlsSettings, WebhookSettings
from tests.config.files import SECRET, loaded, mistakes, only

ONE = "QUEUEWATCH_RECEIVERS__A__WEBHOOK__"
SIGNING = "whsec_" + base64.b64encode(b"x" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"y" * 32).decode()


def webhook(folder: Path, text: str, **environ: str) -> WebhookSettings:
    """Return the one webhook that `text` describes; `environ` are variables below it."""
    given = {**SECRET, **{ONE + name: value for name, value in environ.items()}}
    way = loaded(
        folder, f"receivers: {{a: {{webhook: {{url: https://e.com, {text}}}}}}}", given
    ).destinations[0]
    assert isinstance(way, WebhookSettings)
    return way


def shown(way: WebhookSettings) -> dict[str, str]:
    """Return its headers as they are sent."""
    return {name: value.reveal() for name, value in way.headers.items()}


def test_everything_that_can_be_said(tmp_path: Path):
    """Each key arrives."""
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("x")
    way = webhook(
        tmp_path,
        "tls: {ca_file: ca, cert_file: cert, key_file: key}, proxy: 'http://proxy:3128', timeout: 3s, "
        "batch: 100, coalesce: true",
    )
    assert way.tls == TlsSettings(
        ca_file=str(tmp_path / "ca"), cert_file=str(tmp_path / "cert"), key_file=str(tmp_path / "key")
    )
    assert way.proxy is not None
    assert (way.proxy.reveal(), way.timeout, way.batch, way.coalesce) == ("http://proxy:3128", 3, 100, True)
    assert (way.form, way.body, way.private) == ("cloudevents", None, True)
    assert not webhook(tmp_path, "allow_private: false").private
    assert webhook(tmp_path, "format: alertmanager-v4").form == "alertmanager-v4"


def test_a_body_keeps_its_structure(tmp_path: Path):
    """Mappings, lists, numbers and nothing; what is in quotes stays text."""
    body = 'body: {text: "{{ queue }}", list: [1, 2.5, true, null, "7"], deep: {er: "{{ value }}"}}'
    assert webhook(tmp_path, body).body == {
        "text": "{{ queue }}",
        "list": (1, 2.5, True, None, "7"),
        "deep": {"er": "{{ value }}"},
    }
    assert webhook(tmp_path, 'body: "{{ rule }}"').body == "{{ rule }}"
    for text in ("[{{ severity }}] {{ queue }}", "{% if drill %}a drill{% endif %}", "{# why #} {{ rule }}"):
        assert webhook(tmp_path, f"body: '{text}'").body == text
    assert webhook(tmp_path, "", BODY="7 of {{ rule }}").body == "7 of {{ rule }}"


def test_both_secrets_sign_while_receivers_change_over(tmp_path: Path):
    """The current one comes first."""
    way = webhook(tmp_path, "", SECRET=SIGNING, PREVIOUS_SECRET=OTHER)
    assert [secret.reveal() for secret in way.secrets] == [SIGNING, OTHER]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"PREVIOUS_SECRET": OTHER}, "needs a secret beside it"),
        ({"SECRET": SIGNING, "PREVIOUS_SECRET": SIGNING}, "is the same as secret"),
        ({"SECRET": SIGNING, "PREVIOUS_SECRET": "tiny"}, "should be 24 to 64 bytes in base64"),
    ],
)
def test_a_previous_secret_stands_beside_another(tmp_path: Path, environ, problem):
    """Alone it would be the current one, and alike it would be none."""
    given = {**SECRET, **{ONE + name: value for name, value in environ.items()}}
    mistake = only(mistakes(tmp_path, "receivers: {a: {webhook: {url: https://e.com}}}", given))
    assert mistake.path == "QUEUEWATCH_RECEIVERS__A__WEBHOOK__PREVIOUS_SECRET"
    assert problem in mistake.problem


def test_headers_come_from_three_places(tmp_path: Path):
    """Plain ones from the file, secret ones from files and variables; basic authentication is one more."""
    (tmp_path / "token").write_text("tok\n")
    way = webhook(
        tmp_path,
        "headers: {X-Team: a b, X-Api-Key: }, header_files: {X-Token: token}, username: joe",
        HEADERS__X_API_KEY="k",
        PASSWORD="pä:ss",
    )
    basic = base64.b64encode("joe:pä:ss".encode()).decode()
    assert shown(way) == {
        "X-Team": "a b",
        "X-Api-Key": "k",
        "X-Token": "tok",
        "Authorization": f"Basic {basic}",
    }


def test_a_header_without_a_value_is_missing(tmp_path: Path):
    """A check passes without it; a run says which variable it waits for."""
    text = "receivers: {a: {webhook: {url: https://e.com, headers: {X-Api-Key: }}}}"
    mistake = only(mistakes(tmp_path, text))
    assert (mistake.path, mistake.problem) == ("receivers.a.webhook.headers.X-Api-Key", "is missing")
    assert mistake.hint.startswith(
        "leave the value out and set QUEUEWATCH_RECEIVERS__A__WEBHOOK__HEADERS__X_API"
    )
    assert loaded(tmp_path, text, secrets=False).destinations


@pytest.mark.parametrize(
    "name", ["Authorization", "Cookie", "X-API-KEY", "X-Auth", "My-Token", "Client-Secret"]
)
def test_a_header_that_tells_a_secret_does_not_belong_in_the_file(tmp_path: Path, name):
    """Its name says so; the hint points at a file and a variable, and the value is not shown."""
    text = f"receivers: {{a: {{webhook: {{url: https://e.com, headers: {{{name}: hunter2}}}}}}}}"
    mistake = only(mistakes(tmp_path, text))
    assert mistake.path == f"receivers.a.webhook.headers.{name}"
    assert f"or write header_files: {{{name}: …}}" in mistake.hint
    assert "hunter2" not in str(mistake)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("headers: {X Y: a}", "headers.X Y", "is not a header's name"),
        ("headers: {X: 'a '}", "headers.X", "holds what a header cannot"),
        ("headers: {X: ü}", "headers.X", "holds what a header cannot"),
        ("headers: {X: 7}", "headers.X", "put it in quotes"),
        ("headers: {X: a, x: b}", "headers.x", "is given twice"),
        ("headers: {X: a}, header_files: {X: none}", "header_files.X", "cannot stand beside headers"),
        ("header_files: {X: none}", "header_files.X", "does not exist"),
        *[
            (f"headers: {{{name}: a}}", f"headers.{name}", "is set by queuewatch itself")
            for name in (
                "Host",
                "content-type",
                "Content-Length",
                "webhook-id",
                "Transfer-Encoding",
                "ce-id",
                "Accept-Encoding",
                "TE",
            )
        ],
        ("bearer_file: t, username: u, password_file: t", "username", "cannot stand beside bearer"),
        (
            "bearer_file: t, header_files: {authorization: t}",
            "header_files",
            "cannot set Authorization beside",
        ),
        ("username: u", "password", "is missing"),
        ("password_file: t", "password_file", "needs a username"),
        ("username: 'u:v', password_file: t", "username", "should hold no colon"),
        ("proxy: 'socks5://p:1'", "proxy", "should be a URL"),
        ("proxy: 'http://p:1/path'", "proxy", "should be a proxy's URL"),
        ("proxy: 'http://u:hunter2@p:1'", "proxy", "a secret does not belong in this file"),
        ("proxy: 'http://p:1', allow_private: false", "allow_private", "keep one of proxy"),
        ("batch: 0", "batch", "at least 1"),
        ("batch: 101", "batch", "at most 100"),
        ("batch: 2, format: slack", "batch", "is for format cloudevents"),
        ("batch: 2, body: x", "batch", "is for format cloudevents"),
        ("format: pagerduty-v2", "format", "should be 'cloudevents', 'alertmanager-v4', 'slack' or 'teams'"),
        ("format: cloudevent", "format", "should be 'cloudevents'"),
        ("body: 7", "body", "should be text or a structure"),
        ("body: {a: [x, '{{ qeue }}']}", "body.a[1]", "there is no 'qeue' here (did you mean 'queue'?)"),
        ("body: {a: .inf}", "body.a", "should be a finite number"),
        ("body: {a: [{'x {{ queue }}': 1}]}", "body.a[0].x {{ queue }}", "keys are sent as they are"),
        ("body: {'{% if drill %}': 1}", "body.{% if drill %}", "keys are sent as they are"),
        ('body: \'{"text": "{{ queue }}"}\'', "body", "is JSON in a text"),
        ("body: ' [\"{{ queue }}\"] '", "body", "is JSON in a text"),
        ("body: '{{ 1 + 1 }}'", "body", "a template may not use arithmetic"),
        ("body: '{{ queue'", "body", "is no template"),
        ("tls: {key_file: t}", "tls.key_file", "needs a cert_file beside it"),
    ],
)
def test_wrong_webhooks_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key."""
    (tmp_path / "t").write_text("x")
    mistake = only(mistakes(tmp_path, f"receivers: {{a: {{webhook: {{url: https://e.com, {text}}}}}}}"))
    assert mistake.path == f"receivers.a.webhook.{path}"
    assert words in str(mistake)
    assert "hunter2" not in str(mistake)


def test_a_broken_line_of_a_long_template_is_told(tmp_path: Path):
    """Its own lines are counted; the file's is that of the key."""
    head = "receivers:\n  a:\n    webhook:\n      url: https://e.com\n"
    text = head + "      body: |\n        fine\n        {{ no }}\n"
    mistake = only(mistakes(tmp_path, text))
    assert mistake.problem == "is no template: there is no 'no' here (line 2 of it)"
    assert mistake.line == 10


def test_a_proxy_with_a_password_comes_from_outside(tmp_path: Path):
    """By variable or file."""
    proxy = webhook(tmp_path, "", PROXY="http://u:p@proxy:3128").proxy
    assert proxy is not None
    assert proxy.reveal() == "http://u:p@proxy:3128"
    (tmp_path / "proxy").write_text("http://u:p@proxy:3128\n")
    assert webhook(tmp_path, "proxy_file: proxy").proxy == proxy


@pytest.mark.parametrize("url", ["https://10.1.2.3/x", "https://localhost", "https://[fd00::1]/x"])
def test_a_private_address_is_not_both_asked_for_and_forbidden(tmp_path: Path, url):
    """It would never get anything."""
    text = f"receivers: {{a: {{webhook: {{url: '{url}', allow_private: false}}}}}}"
    assert only(mistakes(tmp_path, text)).path == "receivers.a.webhook.allow_private"


@pytest.mark.parametrize("way", ["slack", "teams"])
def test_channels(tmp_path: Path, way):
    """A channel is a webhook of its own form; its URL is a secret and may come from a file."""
    (tmp_path / "url").write_text("https://hooks.example.com/T0/B0\n")
    (tmp_path / "plain").write_text("http://e.com\n")
    text = "url_file: url, coalesce: true, timeout: 2s, body: {text: '{{ rule }}'}"
    text = f"receivers: {{a: {{{way}: {{{text}}}}}}}"
    channel = loaded(tmp_path, text).destinations[0]
    assert isinstance(channel, WebhookSettings)
    assert (channel.name, channel.form, channel.coalesce, channel.timeout) == (f"a/{way}", way, True, 2)
    assert (channel.url.reveal(), channel.body) == ("https://hooks.example.com/T0/B0", {"text": "{{ rule }}"})
    plain = only(mistakes(tmp_path, f"receivers: {{a: {{{way}: {{url_file: plain}}}}}}"))
    assert plain.problem == "should begin with https://"
