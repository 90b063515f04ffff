"""The web configuration file: who may ask us, and how."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.config import access, context, describe, files
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import WebAccess, WebSettings
from tests.config.files import SECRET, loaded, mistakes, only
from tests.kit.authority import Authority

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bb2a5d4d3f0a1e5c6b7a8"
TLS = "tls_server_config:\n  cert_file: us.pem\n  key_file: us.key\n"
OPTIONAL = "  client_auth_type: VerifyClientCertIfGiven\n"
USERS = f"basic_auth_users:\n  alice: {HASH}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a certificate, its key and its authority."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    for name, file in (("us.pem", ours.certificate), ("us.key", ours.key), ("ca.pem", authority.file)):
        (tmp_path / name).write_text(Path(file).read_text())
    return tmp_path


def read(folder: Path, text: str) -> WebAccess:
    """Return what a web configuration file with this text says."""
    file = folder / "web.yaml"
    file.write_text(text)
    return access(file)


def wrong(folder: Path, text: str) -> tuple[Mistake, ...]:
    """Return what is wrong with it; it has to be something."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert HASH not in str(caught.value)
    assert DIGEST not in str(caught.value)
    return caught.value.details


def test_a_file_in_prometheuss_format(folder: Path):
    """Every key that we have means what it means there; relative names start at the file's folder."""
    found = read(
        folder,
        f"""
tls_server_config:
  cert_file: us.pem
  key_file: us.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: {folder}/ca.pem
  client_allowed_sans: [scraper.example.com, 192.0.2.7]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305]
  prefer_server_cipher_suites: true
http_server_config:
  http2: false
  headers:
    Content-Security-Policy: "default-src 'none'"
    X-Frame-Options: sameorigin
    X-Content-Type-Options: nosniff
    X-XSS-Protection:
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  alice: {HASH}
  bob: {HASH}
""",
    )
    assert found.tls is not None
    assert found.guarded
    assert (found.tls.cert_file, found.tls.key_file) == (f"{folder}/us.pem", f"{folder}/us.key")
    assert (found.tls.client, found.tls.ca_file) == ("required", f"{folder}/ca.pem")
    assert found.tls.sans == ("scraper.example.com", "192.0.2.7")
    assert found.tls.ciphers == ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305")
    assert found.headers == {
        "Content-Security-Policy": "default-src 'none'",
        "X-Frame-Options": "sameorigin",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
    }
    assert [(user.name, user.scopes) for user in found.users] == [
        ("alice", ("metrics", "read")),
        ("bob", ("metrics", "read")),
    ]
    assert context(found.tls).context.verify_mode is ssl.CERT_REQUIRED
    named = (folder / name for name in ("web.yaml", "us.pem", "us.key", "ca.pem"))
    assert files(str(folder / "web.yaml"), found) == tuple(named)


def test_an_empty_file_is_a_mistake(tmp_path: Path):
    """With Prometheus it asks nobody; but so is a file while it is written, and that opens no door."""
    for text in ("", "# half\n", "{}"):
        assert [one.problem for one in wrong(tmp_path, text)] == ["is empty"]
    found = read(tmp_path, "basic_auth_users: {}")
    assert found == WebAccess()
    assert not found.guarded
    assert files("", found) == ()


def test_scopes_and_tokens(tmp_path: Path):
    """What Prometheus's format has not: who may do what, and tokens for programs."""
    text = f"""
{USERS}  bob: {HASH}
basic_auth_scopes:
  alice: [read, operate]
  bob: []
bearer_tokens:
  - name: prometheus
    sha256: {DIGEST.upper()}
    scopes: [metrics]
  - {{name: page, sha256: {DIGEST[::-1]}}}
"""
    found = read(tmp_path, text)
    assert {user.name: user.scopes for user in found.users} == {"alice": ("read", "operate"), "bob": ()}
    assert [(one.name, one.hash.reveal(), one.scopes) for one in found.tokens] == [
        ("prometheus", DIGEST, ("metrics",)),
        ("page", DIGEST[::-1], ("metrics", "read")),
    ]
    assert HASH not in repr(found)
    assert DIGEST not in repr(found)


@pytest.mark.parametrize(
    ("text", "path", "problem", "hint"),
    [
        ("rate_limit: {interval: 1s}", "rate_limit", "is not supported", "leave it out"),
        (f"{TLS}  cert: x", "tls_server_config.cert", "is not supported", "write cert_file"),
        (f"{TLS}  key: x", "tls_server_config.key", "is not supported", "write key_file"),
        (f"{TLS}  client_ca: x", "tls_server_config.client_ca", "is not supported", "write client_ca_file"),
        (
            f"{TLS}  curve_preferences: [X25519]",
            "tls_server_config.curve_preferences",
            "is not supported",
            "leave",
        ),
        *(
            (
                f"{TLS}  client_auth_type: {word}",
                "tls_server_config.client_auth_type",
                "believes whatever certificate is shown",
                "write RequireAndVerifyClientCert",
            )
            for word in ("RequestClientCert", "RequireAnyClientCert")
        ),
        (
            f"{TLS}  client_auth_type: Maybe",
            "tls_server_config.client_auth_type",
            "should be 'NoClientCert', 'VerifyClientCertIfGiven' or 'RequireAndVerifyClientCert'",
            "",
        ),
        (f"{TLS}  min_version: TLS10", "tls_server_config.min_version", "is older", "write TLS12"),
        (f"{TLS}  max_version: TLS11", "tls_server_config.max_version", "is older", "write TLS12"),
        (
            f"{TLS}  min_version: TLS13\n  max_version: TLS12",
            "tls_server_config.min_version",
            "is newer than max_version",
            "",
        ),
        (
            f"{TLS}  prefer_server_cipher_suites: false",
            "tls_server_config.prefer_server_cipher_suites",
            "cannot be false",
            "leave it out",
        ),
        (
            f"{TLS}  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]",
            "tls_server_config.cipher_suites[0]",
            "is no cipher suite that is known and safe",
            "did you mean",
        ),
        (
            f"{TLS}  cipher_suites: [TLS_AES_128_GCM_SHA256]",
            "tls_server_config.cipher_suites[0]",
            "belongs to TLS 1.3",
            "leave it out",
        ),
        (
            f"{TLS}  client_auth_type: RequireAndVerifyClientCert",
            "tls_server_config.client_ca_file",
            "is missing",
            "",
        ),
        (
            f"{TLS}  client_ca_file: ca.pem",
            "tls_server_config.client_ca_file",
            "changes nothing",
            "write client_auth_type",
        ),
        (
            f"{TLS}  client_ca_file: ca.pem\n{OPTIONAL}  client_allowed_sans: [a]",
            "tls_server_config.client_allowed_sans",
            "can be got around",
            "write client_auth_type: RequireAndVerifyClientCert",
        ),
        (
            "tls_server_config: {cert_file: us.pem}",
            "tls_server_config.key_file",
            "is required",
            "",
        ),
        (
            "tls_server_config: {cert_file: us.pem, key_file: other.key}",
            "tls_server_config.key_file",
            "names a file that does not exist",
            "",
        ),
        ("tls_server_config: {cert_file: us.pem, key_file: ca.pem}", "tls_server_config", "cannot use", ""),
        ("basic_auth_users: {alice: hunter2}", "basic_auth_users.alice", "is not a bcrypt hash", "htpasswd"),
        (
            f"basic_auth_users: {{alice: {HASH.replace('$10$', '$18$')}}}",
            "basic_auth_users.alice",
            "has a cost of 18",
            "10 is usual",
        ),
        (f"basic_auth_users: {{'a:b': {HASH}}}", "basic_auth_users.a:b", "is not a user name", "no colon"),
        (
            f"{USERS}basic_auth_scopes: {{alise: [read]}}",
            "basic_auth_scopes.alise",
            "is not a user",
            "did you mean alice?",
        ),
        (
            f"{USERS}basic_auth_scopes: {{alice: [write]}}",
            "basic_auth_scopes.alice[0]",
            "should be 'metrics', 'read' or 'operate'",
            "",
        ),
        ("bearer_tokens: [{name: a, sha256: secret}]", "bearer_tokens[0].sha256", "is not a SHA-256", "sum"),
        (
            f"bearer_tokens: [{{name: a, sha256: {hashlib.sha256(b'').hexdigest()}}}]",
            "bearer_tokens[0].sha256",
            "is the SHA-256 of nothing",
            "openssl rand -hex 32",
        ),
        (
            f"bearer_tokens: [{{name: a, sha256: {hashlib.sha256(b'secret').hexdigest().upper()}}}]",
            "bearer_tokens[0].sha256",
            "is the SHA-256 of the word secret",
            "openssl rand -hex 32",
        ),
        (
            f"bearer_tokens: [{{name: Anonymous, sha256: {DIGEST}}}]",
            "bearer_tokens[0].name",
            "is what the log calls those without a name",
            "choose another",
        ),
        (
            f"{USERS}bearer_tokens: [{{name: alice, sha256: {DIGEST}}}]",
            "bearer_tokens[0].name",
            "is a user's name",
            "could not tell them apart",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "http_server_config.headers.X-Frame-Options",
            "should be deny or sameorigin",
            "",
        ),
        (
            'http_server_config: {headers: {Content-Security-Policy: "a\\nb: c"}}',
            "http_server_config.headers.Content-Security-Policy",
            "is not a header's value",
            "one line",
        ),
        (
            "http_server_config: {headers: {X-Team: a}}",
            "http_server_config.headers.X-Team",
            "unknown key",
            "known are Content-Security-Policy",
        ),
        ("basic_auth_user: {}", "basic_auth_user", "unknown key", "did you mean basic_auth_users?"),
        ("- a", "", "should be a mapping", ""),
    ],
)
def test_mistakes_say_what_to_write(folder: Path, text: str, path: str, problem: str, hint: str):
    """One mistake, at its place, in our words."""
    mistake = only(wrong(folder, text))
    assert (mistake.file, mistake.path) == (str(folder / "web.yaml"), path)
    assert mistake.problem.startswith(problem)
    assert hint in mistake.hint


def test_every_mistake_at_once(folder: Path):
    """With the line of each."""
    found = wrong(
        folder, f"{TLS}  min_version: TLS10\nrate_limit: {{}}\nbasic_auth_users:\n  alice: x\nhtp: 1\n"
    )
    assert [(mistake.line, mistake.path) for mistake in found] == [
        (4, "tls_server_config.min_version"),
        (5, "rate_limit"),
        (7, "basic_auth_users.alice"),
        (8, "htp"),
    ]


def test_a_token_is_one_persons(tmp_path: Path):
    """Neither a name nor a token is there twice: nobody could say who it was."""
    text = f"bearer_tokens: [{{name: a, sha256: {DIGEST}}}, {{name: a, sha256: {DIGEST}}}]"
    assert {mistake.path for mistake in wrong(tmp_path, text)} == {
        "bearer_tokens[0].name",
        "bearer_tokens[1].name",
        "bearer_tokens[0].sha256",
        "bearer_tokens[1].sha256",
    }


def web(folder: Path, text: str, environ: Mapping[str, str] = SECRET, *, secrets: bool = True) -> WebSettings:
    """Return the settings of a configuration whose section `web` has this text."""
    return loaded(folder, f"web: {{{text}}}", environ, secrets=secrets).web


def test_the_configuration_names_it(folder: Path):
    """By a name that starts at its folder, or by a variable."""
    (folder / "web.yaml").write_text(TLS + USERS)
    for found in (
        web(folder, "config_file: web.yaml"),
        web(folder, "", {**SECRET, "QUEUEWATCH_WEB__CONFIG_FILE": str(folder / "web.yaml")}),
    ):
        assert found.access_file == str(folder / "web.yaml")
        assert found.access.guarded
        assert found.access.tls is not None
    assert web(folder, "").access == WebAccess()


def test_its_mistakes_are_the_configurations(folder: Path):
    """Together with those of the configuration itself, each by its own file and line."""
    (folder / "web.yaml").write_text(f"{TLS}{USERS}htp: 1\n")
    found = mistakes(folder, "web: {config_file: web.yaml, series_cap: 0}")
    assert [(Path(one.file).name, one.path) for one in found] == [
        ("queuewatch.yaml", "web.series_cap"),
        ("web.yaml", "htp"),
    ]
    assert found[1].line == 6
    (folder / "web.yaml").unlink()
    for secrets in (True, False):
        missing = only(mistakes(folder, "web: {config_file: web.yaml}", secrets=secrets))
        assert (missing.path, missing.problem) == ("web.config_file", "names a file that does not exist")


def door(folder: Path, text: str, more: str = "") -> str:
    """Return what a check says of the listener, with this web configuration file."""
    (folder / "web.yaml").write_text(text)
    settings = loaded(folder, f"web: {{config_file: web.yaml{more}}}", secrets=False)
    return next(line for line in describe(settings) if line.startswith("listens on 127.0.0.1:9877"))[25:]


def test_a_check_says_who_may_ask(folder: Path):
    """By users, tokens or certificates; nobody else is called a guest."""
    token = f"bearer_tokens: [{{name: t, sha256: {DIGEST}, scopes: [read]}}]\n"
    asked = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
    assert door(folder, USERS) == ": 1 user and 0 tokens may ask"
    assert door(folder, f"{TLS}{USERS}  bob: {HASH}\n{token}") == " with TLS: 2 users and 1 token may ask"
    assert door(folder, TLS + asked) == " with TLS: whoever has a certificate may ask"
    assert door(folder, TLS) == " with TLS: whoever reaches it may ask"
    assert door(folder, "basic_auth_users: {}", ", operate: true") == (
        ": whoever reaches it may ask, and change what they like"
    )


def test_a_check_does_not_call_a_door_shut_whose_key_is_still_to_come(folder: Path):
    """Certificates need not be at hand for a check, but then nothing is said as if they were."""
    (folder / "us.key").unlink()
    assert door(folder, TLS + USERS) == f" once there is {folder}/us.key, not before"
    (folder / "us.pem").unlink()
    assert door(folder, TLS) == f" once there are {folder}/us.pem and {folder}/us.key, not before"
    found = mistakes(folder, "web: {config_file: web.yaml}")
    assert [one.path for one in found] == ["tls_server_config.cert_file", "tls_server_config.key_file"]


PUBLIC = "listen: '0.0.0.0:9877', config_file: web.yaml"


@pytest.mark.parametrize(
    ("text", "closed"),
    [("basic_auth_users: {}", False), (USERS, False), (TLS, False), (TLS + USERS, True)],
)
def test_a_public_listener_needs_tls_and_a_guard(folder: Path, text: str, *, closed: bool):
    """One of them is not enough; `insecure_listen` is."""
    (folder / "web.yaml").write_text(text)
    if closed:
        assert web(folder, PUBLIC).host == "0.0.0.0"
    else:
        mistake = only(mistakes(folder, f"web: {{{PUBLIC}}}"))
        assert mistake.path == "web.listen"
        assert mistake.problem == "would be open to other machines, without TLS and password"
        assert "insecure_listen" in mistake.hint
    assert web(folder, f"{PUBLIC}, insecure_listen: true").host == "0.0.0.0"
    assert web(folder, "config_file: web.yaml").host == "127.0.0.1"


def test_required_certificates_are_a_guard(folder: Path):
    """Nobody gets in without one."""
    (folder / "web.yaml").write_text(
        f"{TLS}  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
    )
    assert web(folder, PUBLIC).access.guarded


def test_a_check_elsewhere_does_not_need_the_files(folder: Path):
    """Without the secrets, the rest is looked at: what the web file says, and not what it names."""
    (folder / "web.yaml").write_text(TLS + USERS)
    (folder / "us.key").unlink()
    assert web(folder, PUBLIC, secrets=False).access.guarded
    assert only(mistakes(folder, f"web: {{{PUBLIC}}}")).path == "tls_server_config.key_file"


def test_strangers_from_other_machines_change_nothing(folder: Path):
    """`operate` without a guard is for loopback, whatever `insecure_listen` says."""
    assert web(folder, "operate: true").operate
    mistake = only(mistakes(folder, "web: {operate: true, listen: '192.0.2.7:9877', insecure_listen: true}"))
    assert mistake.path == "web.operate"
    assert "web.config_file" in mistake.hint
    (folder / "web.yaml").write_text(USERS)
    assert web(folder, f"{PUBLIC}, operate: true, insecure_listen: true").operate


def test_a_running_daemon_is_not_opened(folder: Path):
    """A file that takes the guard or TLS away is refused, on loopback too and whatever is insecure.

    What counts is what holds now: a door that is open may stay so.
    """
    (folder / "web.yaml").write_text(TLS + USERS)
    before = web(folder, PUBLIC)
    file = Path(before.access_file)
    file.write_text(TLS)
    for closed in (before, replace(before, host="127.0.0.1")):
        with pytest.raises(ConfigError, match="let in who does not say who they are"):
            access(file, closed)
    open_to_all = web(folder, f"{PUBLIC}, insecure_listen: true")
    assert not access(file, open_to_all).guarded
    with pytest.raises(ConfigError, match="let in who does not say who they are"):
        access(file, replace(open_to_all, access=before.access))
    with pytest.raises(ConfigError, match="let in who does not say who they are"):
        access(file, replace(open_to_all, operate=True))
    file.write_text(USERS)
    for closed in (before, replace(before, host="127.0.0.1")):
        with pytest.raises(ConfigError, match="would go on without TLS"):
            access(file, closed)
    file.write_text(TLS + USERS.replace("alice", "bob"))
    assert access(file, before).users[0].name == "bob"
