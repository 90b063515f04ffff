"""Rules in files of their own, and files of rules alone."""

from pathlib import Path

import pytest

from monitor.config import rule_file
from monitor.model.errors import ConfigError
from tests.config.files import SECRET, loaded, mistakes, only, rule

CALENDARS = 'calendars: {office: {timezone: UTC, hours: {mon-fri: "08:00-18:00"}}}\n'


def one(name: str, text: str = "critical: {above: 8}") -> str:
    """Return one rule of a list."""
    return f"  - name: {name}\n    metric: queue_waiting\n    {text}\n"


def written(folder: Path, **files: str) -> None:
    """Write files of rules."""
    (folder / "rules").mkdir()
    for name, text in files.items():
        (folder / "rules" / f"{name}.yaml").write_text(text)


def test_rules_of_all_files_come_together(tmp_path: Path):
    """First the file's own, then glob by glob, each file once; calendars are shared."""
    written(
        tmp_path,
        b="rules:\n" + one("B"),
        a="rules:\n" + one("A", "critical: {above: 1}\n    during: office"),
        c="rules: []\n",
    )
    text = (
        CALENDARS
        + "rule_files: [rules/b.yaml, rules/*.yaml, rules/../rules/b.yaml, queuewatch.yaml]\n"
        + rule()
    )
    settings = loaded(tmp_path, text)
    assert [each.name for each in settings.rules] == ["Rule", "B", "A"]
    assert settings.rules[2].during == (settings.calendars["office"],)


def test_the_environment_reaches_every_rule_and_names_files(tmp_path: Path):
    """Rules of other files go by their names as well."""
    written(tmp_path, a="rules:\n" + one("A"))
    environ = {
        **SECRET,
        "QUEUEWATCH_RULES__A__CRITICAL__ABOVE": "20",
        "QUEUEWATCH_RULE_FILES": "rules/*.yaml,",
    }
    assert loaded(tmp_path, "rule_files: nowhere/*", environ).rules[0].levels[0].high == 20
    environ["QUEUEWATCH_RULE_FILES"] = "rulez/*.yaml"
    found = mistakes(tmp_path, "", environ)
    assert ("environment", "QUEUEWATCH_RULE_FILES") in [(each.file, each.path) for each in found]


def test_mistakes_name_the_file_and_its_own_lines(tmp_path: Path):
    """In order of the files; rules are numbered as they stand in theirs."""
    bad = "rules:\n" + one("Good") + one("Bad", "critical: {above: x}")
    broken = "rules:\n" + one("Rule") + one("Rude", "critical: {above: 1, clear_below: 2}") + "colour: red\n"
    written(tmp_path, a=bad, b=broken, c="rules: {}", d="- a", e="rules: [\n")
    found = mistakes(tmp_path, "rule_files: 'rules/*.yaml'\n" + rule("critical: {below: x}"))
    assert [(Path(each.file).stem, each.line, each.path) for each in found] == [
        ("queuewatch", 8, "rules[0].critical.below"),
        ("a", 7, "rules[1].critical.above"),
        ("b", 7, "rules[1].critical.clear_below"),
        ("b", 8, "colour"),
        ("c", 1, "rules"),
        ("d", None, ""),
        ("e", 2, ""),
    ]


def test_names_differ_over_all_files(tmp_path: Path):
    """The message says where the other one is."""
    written(tmp_path, a="rules:\n" + one("Rule"), b="rules:\n" + one("Other") + one("Other"))
    found = mistakes(tmp_path, "rule_files: rules/*.yaml\n" + rule())
    main = tmp_path / "queuewatch.yaml"
    assert [(Path(each.file).stem, each.path, each.problem) for each in found] == [
        ("a", "rules[0].name", f"Rule is the name of rules[0] of {main} too"),
        ("b", "rules[1].name", "Other is the name of rules[0] too"),
    ]


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("rules/*.yaml", "rule_files", "fits no file (paths begin at the folder of the configuration)"),
        ("[x.yaml]", "rule_files[0]", "is not there"),
        ("['', 7]", "rule_files", ""),
        ("{a: b}", "rule_files", "should be"),
    ],
)
def test_files_have_to_be_there(tmp_path: Path, text, path, words):
    """A rule that was never read would stay silent for ever."""
    found = mistakes(tmp_path, f"rule_files: {text}\n")
    assert found[0].path.startswith(path)
    assert words in str(found[0])


@pytest.mark.parametrize(
    ("text", "path"), [("", ""), ("# half\n", ""), ("rules:\n", "rules"), ("rules: ~", "rules")]
)
def test_a_file_of_rules_that_is_empty_is_a_mistake(tmp_path: Path, text, path):
    """So is one while it is written: taken for no rules, it would end every alert of those it had."""
    written(tmp_path, a=text)
    found = only(mistakes(tmp_path, "rule_files: rules/*.yaml\n"))
    assert (Path(found.file).stem, found.path, found.problem) == ("a", path, "is empty")
    assert found.hint == "write rules: [] if that is meant"


def test_too_many_files_are_cut(tmp_path: Path):
    """A glob that fits a whole disk is a slip."""
    written(tmp_path, **{f"r{number}": "rules: []\n" for number in range(201)})
    assert "fits 201 files, more than 200" in str(only(mistakes(tmp_path, "rule_files: rules/*")))


def test_a_file_of_rules_alone(tmp_path: Path):
    """Its orgs are not looked at, its calendars and files are."""
    written(tmp_path, a="rules:\n" + one("A", "during: office\n    critical: {above: 1}"))
    text = "rules:\n" + one("Own") + CALENDARS
    (tmp_path / "alone.yaml").write_text(text + "rule_files: rules/a.yaml\norgs: {BAD: 7}\nwobs: {}\n")
    with pytest.raises(ConfigError) as caught:
        rule_file(tmp_path / "alone.yaml")
    assert [each.path for each in caught.value.details] == ["wobs"]
    (tmp_path / "alone.yaml").write_text(text + "rule_files: rules/a.yaml\norgs: {BAD: 7}\n")
    assert [each.name for each in rule_file(tmp_path / "alone.yaml")] == ["Own", "A"]


def test_rules_alone_may_name_shared_calendars(tmp_path: Path):
    """A file that leaves them to the configuration can be read with those of the configuration."""
    file = tmp_path / "alone.yaml"
    file.write_text("rules:\n" + one("A", "during: office\n    critical: {above: 1}"))
    shared = loaded(tmp_path, CALENDARS).calendars
    assert rule_file(file, shared)[0].during == (shared["office"],)
    with pytest.raises(ConfigError, match=r"alone.yaml:4: rules\[0\].during: no calendar is named office"):
        rule_file(file)


def test_rules_alone_are_not_held_against_orgs(tmp_path: Path):
    """Windows that nobody asks for, and metrics of questions that nobody asks, are fine."""
    file = tmp_path / "alone.yaml"
    text = "rules: [{name: A, metric: workitem_backlog, critical: {above: 1}}, "
    text += "{name: B, metric: service_level_ratio, window: 7m, critical: {below: 0.5}}]"
    file.write_text(text)
    assert [each.name for each in rule_file(file)] == ["A", "B"]


@pytest.mark.parametrize("text", ["- a", "word", "rules: {}", "rules: [{}]", "rules: ["])
def test_a_file_of_rules_that_is_none(tmp_path: Path, text):
    """ConfigError, nothing else; a file that is not there as well."""
    file = tmp_path / "alone.yaml"
    for content in (text, None):
        file.unlink(missing_ok=True) if content is None else file.write_text(content)
        with pytest.raises(ConfigError):
            rule_file(file)


def test_a_strange_key_beside_rules_hides_nothing(tmp_path: Path):
    """It is not the section of the same name: rules are held against the orgs as ever."""
    written(tmp_path, a="sources: {}\nrules:\n" + one("A"))
    text = "rule_files: rules/a.yaml\n" + rule(metric="workitem_backlog")
    assert [each.path for each in mistakes(tmp_path, text)] == ["rules[0].metric", "sources"]
