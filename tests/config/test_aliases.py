"""The integration guides' variables fill what is open."""

from pathlib import Path

import pytest

from tests.config.files import SECRET, loaded, mistakes, only

CREDENTIALS = {"GENESYS_CLIENT_ID": "id", "GENESYS_CLIENT_SECRET": "hunter2"}
QUEUE = "f6a49350-0000-4000-8000-00000000a001"
OTHER = "f6a49350-0000-4000-8000-00000000a002"


def test_without_a_file_section_the_variables_make_an_org(tmp_path: Path):
    """Credentials, region and queues from the guides' names alone are enough."""
    environ = {
        "GENESYS_CLOUD_CLIENT_ID": "id",
        "GENESYS_CLOUD_CLIENT_SECRET": "hunter2",
        "GENESYS_CLOUD_REGION": "eu_central_1",
        "GENESYS_CLOUD_QUEUE_ID": QUEUE.upper(),
        "GENESYS_QUEUE_IDS": f"{OTHER}, {QUEUE}",
        "GENESYS_START_DATE": "whatever",
        "GENESYS_END_DATE": "whatever",
        "BI_WEBHOOK_URL": "whatever",
    }
    org = loaded(tmp_path, "", environ, org="").orgs[0]
    assert (org.name, org.client_id.reveal(), org.client_secret.reveal()) == ("default", "id", "hunter2")
    assert (org.api_url, org.login_url) == ("https://api.mypurecloud.de", "https://login.mypurecloud.de")
    assert org.directory.select.ids == (OTHER, QUEUE)


def test_the_default_org_can_be_set_like_any_other(tmp_path: Path):
    """QUEUEWATCH_ORGS__DEFAULT__… works beside the guides' names."""
    environ = {**CREDENTIALS, "QUEUEWATCH_ORGS__DEFAULT__REGION": "us-east-1"}
    assert loaded(tmp_path, "", environ, org="").orgs[0].api_url == "https://api.mypurecloud.com"


@pytest.mark.parametrize(
    ("name", "text", "api", "login"),
    [
        (
            "GENESYS_ORG_URL",
            "https://api.mypurecloud.ie",
            "https://api.mypurecloud.ie",
            "https://login.mypurecloud.ie",
        ),
        (
            "GENESYS_ORG_URL",
            "https://login.usw2.pure.cloud/",
            "https://api.usw2.pure.cloud",
            "https://login.usw2.pure.cloud",
        ),
        (
            "GENESYS_ORG_URL",
            "https://apps.mypurecloud.jp/directory/",
            "https://api.mypurecloud.jp",
            "https://login.mypurecloud.jp",
        ),
        (
            "GENESYS_API_HOST",
            "api.mypurecloud.de",
            "https://api.mypurecloud.de",
            "https://login.mypurecloud.de",
        ),
        (
            "GENESYS_ENVIRONMENT",
            "mypurecloud.com",
            "https://api.mypurecloud.com",
            "https://login.mypurecloud.com",
        ),
        (
            "GENESYS_ENVIRONMENT",
            "new.region.cloud",
            "https://api.new.region.cloud",
            "https://login.new.region.cloud",
        ),
        ("GENESYS_API_HOST", "http://127.0.0.1:9876", "http://127.0.0.1:9876", "http://127.0.0.1:9876"),
        (
            "GENESYS_ORG_URL",
            "https://gateway.example.com:8443",
            "https://gateway.example.com:8443",
            "https://gateway.example.com:8443",
        ),
        ("GENESYS_CLOUD_REGION", "us-east-1", "https://api.mypurecloud.com", "https://login.mypurecloud.com"),
    ],
)
def test_places_are_derived(tmp_path: Path, name, text, api, login):
    """URL, host, domain and region lead to the API and the login host."""
    org = loaded(tmp_path, "", {**CREDENTIALS, name: text}, org="").orgs[0]
    assert (org.api_url, org.login_url) == (api, login)


def test_file_and_own_variables_come_first(tmp_path: Path):
    """The guides' names never replace anything."""
    environ = {**SECRET, **CREDENTIALS, "GENESYS_CLOUD_REGION": "us-east-1", "GENESYS_QUEUE_IDS": QUEUE}
    text = "sources: {directory: {select: {names: [A]}}}"
    org = loaded(tmp_path, text, environ).orgs[0]
    assert (org.client_id.reveal(), org.client_secret.reveal()) == (
        "some-client",
        SECRET["QUEUEWATCH_ORGS__ACME__CLIENT_SECRET"],
    )
    assert org.api_url == "https://api.mypurecloud.ie"


def test_one_open_org_of_several_is_filled(tmp_path: Path):
    """What only one org leaves open is meant for it."""
    orgs = "orgs:\n  a: {region: us-east-1, client_id: x, client_secret_file: s}\n  b: {region: us-east-1}\n"
    (tmp_path / "s").write_text("other\n")
    first, second = loaded(tmp_path, "", CREDENTIALS, org=orgs).orgs
    assert (first.client_secret.reveal(), second.client_secret.reveal()) == ("other", "hunter2")


def test_several_open_orgs_are_a_mistake(tmp_path: Path):
    """The guides' names name no org; the message says what to write."""
    orgs = "orgs:\n  a: {region: us-east-1, client_id: x}\n  b: {region: us-east-1, client_id: y}\n"
    found = mistakes(tmp_path, "", {"GENESYS_CLIENT_SECRET": "hunter2"}, org=orgs, secrets=False)
    mistake = only(found)
    assert mistake.file == "environment"
    assert "could be meant for each of a, b" in mistake.problem
    assert mistake.hint == "write QUEUEWATCH_ORGS__A__CLIENT_SECRET"


@pytest.mark.parametrize(
    ("environ", "path", "problem"),
    [
        ({"GENESYS_CLOUD_CLIENT_ID": "other"}, "GENESYS_CLIENT_ID and GENESYS_CLOUD_CLIENT_ID", "differ"),
        (
            {"GENESYS_ENVIRONMENT": "mypurecloud.ie", "GENESYS_CLOUD_REGION": "us-east-1"},
            "GENESYS_ENVIRONMENT and GENESYS_CLOUD_REGION",
            "name different places",
        ),
        ({"GENESYS_CLOUD_REGION": "us-eest-1"}, "GENESYS_CLOUD_REGION", "is not a region, a domain or a URL"),
        ({"GENESYS_ORG_URL": "http://api.mypurecloud.ie"}, "GENESYS_ORG_URL", "should begin with https://"),
        ({"GENESYS_QUEUE_IDS": "7"}, "GENESYS_QUEUE_IDS", "should be a queue's id, a UUID"),
    ],
)
def test_wrong_aliases_are_mistakes(tmp_path: Path, environ, path, problem):
    """Contradictions and unusable values are told of their variable."""
    found = mistakes(tmp_path, "", {**CREDENTIALS, **environ}, org="orgs: {acme: {}}")
    assert (path, problem) in [(mistake.path, mistake.problem) for mistake in found]


EVALUATE = "sources: {strategies: {enabled: true%s}}"


def webhook(folder: Path, said: str, environ: dict[str, str]) -> str | None:
    """Return where evaluations go."""
    strategies = loaded(folder, EVALUATE % said, {**SECRET, **environ}).orgs[0].strategies
    assert strategies is not None
    return None if strategies.webhook is None else strategies.webhook.reveal()


def test_the_bi_webhook_is_filled_for_every_org(tmp_path: Path):
    """BI_WEBHOOK_URL is where evaluations go, unless the file says otherwise; without it they go nowhere."""
    environ = {"BI_WEBHOOK_URL": "https://bi.example.com/in"}
    assert webhook(tmp_path, "", environ) == "https://bi.example.com/in"
    assert (
        webhook(tmp_path, ", webhook_url: https://other.example.com", environ) == "https://other.example.com"
    )
    (tmp_path / "url").write_text("https://third.example.com\n")
    assert webhook(tmp_path, ", webhook_url_file: url", environ) == "https://third.example.com"
    assert webhook(tmp_path, "", {}) is None


def test_an_unusable_bi_webhook_is_told_of_its_variable(tmp_path: Path):
    """Nothing of the URL is shown: it may hold a token."""
    environ = {**SECRET, "BI_WEBHOOK_URL": "http://bi.example.com/hunter2"}
    mistake = only(mistakes(tmp_path, EVALUATE % "", environ))
    assert (mistake.file, mistake.path) == ("environment", "BI_WEBHOOK_URL")
    assert "allow_http: true" in mistake.hint
    assert "hunter2" not in str(mistake)
    assert loaded(tmp_path, EVALUATE % ", allow_http: true", environ).orgs[0].strategies is not None
