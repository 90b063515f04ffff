"""The reference says what the code says: all of it, as it is now."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import jsonschema_rs
import pytest
import yaml
from pydantic import BeforeValidator

from docs.generating import MAKERS, api, commands, configuration, events, files, log, metrics, schema
from docs.generating.describing import Undescribed
from docs.generating.labels import LABELS
from docs.generating.lines import LINES
from docs.generating.markdown import slug
from docs.generating.metrics import KINDS
from docs.generating.ourselves import families
from docs.generating.samples import SAMPLES
from docs.generating.sections import Entry, everything, sections
from monitor.cli import main
from monitor.config import load
from monitor.config.environment import overlay
from monitor.config.part import Part
from monitor.config.report import Report
from monitor.config.schema import ConfigPart
from monitor.config.webfile import WebFilePart
from monitor.model.alert import EventKind
from monitor.model.catalogue import METRICS, SAID
from monitor.model.metric import PLATFORM, QUEUE, Kind, Metric
from monitor.outbox.envelope import decode
from monitor.web.document.writing import OPERATIONS, document

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = sorted([*ROOT.glob("config/*.yaml"), *ROOT.glob("config/rules/*.yaml")])


class Planted(Part):
    """A part that no file has."""

    word: str = "x"


def shouted(value: object) -> object:
    """Take a number for a text."""
    return str(value)


class Lenient(Part):
    """A part that takes what its types do not say."""

    word: Annotated[str, BeforeValidator(shouted)] = "x"
    """Whatever it is."""


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    """Every generated file."""
    return files()


@pytest.fixture(scope="module")
def pages(made: Mapping[str, str]) -> Mapping[str, str]:
    """Every generated page, by its short name."""
    return {Path(name).stem: text for name, text in made.items() if name.endswith(".md")}


@pytest.fixture(scope="module")
def validator(made: Mapping[str, str]) -> jsonschema_rs.Validator:
    """What an editor makes of the schema."""
    return jsonschema_rs.validator_for(json.loads(made["docs/reference/queuewatch.schema.json"]))


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_kept_is_what_the_code_says(name: str, made: Mapping[str, str]) -> None:
    """Every generated file is as the generator makes it."""
    assert (ROOT / name).read_text(encoding="utf-8") == made[name], "run make generate"


def test_nothing_else_is_kept_among_the_generated() -> None:
    """A page that is generated no more does not stay behind."""
    kept = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/reference").iterdir()}
    assert kept == {name for name in MAKERS if name.startswith("docs/reference/")}


def test_nothing_of_this_machine_is_generated(made: Mapping[str, str]) -> None:
    """Whoever generates has the same: no path of theirs is in it."""
    text = "".join(made.values())
    assert str(ROOT) not in text
    assert str(Path.home()) + "/" not in text


@pytest.mark.parametrize("name", [Path(name).stem for name in MAKERS if name.endswith(".md")])
def test_pages_are_sound(name: str, pages: Mapping[str, str]) -> None:
    """One title, no heading twice, and as many cells in every row of a table as in its head."""
    outside = re.sub(r"```.*?```", "", pages[name], flags=re.DOTALL).splitlines()
    headings = [line.lstrip("#").strip() for line in outside if line.startswith("#")]
    assert [line for line in outside if line.startswith("# ")] == outside[:1]
    assert [one for one, count in Counter(map(slug, headings)).items() if count > 1] == []
    marks = Counter(re.findall(r'<a id="([^"]+)"', "\n".join(outside)))
    assert [one for one, count in marks.items() if count > 1] == []
    rows = [(line, len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0) for line in outside]
    assert [two for (_, one), (two, count) in pairwise(rows) if one and count and one != count] == []


def test_every_metric_is_there() -> None:
    """With the name on /metrics, the name in rules, its labels and its help."""
    page = metrics.page()
    for metric in METRICS.values():
        row = next(line for line in page.splitlines() if f'<a id="{metric.exported}">' in line)
        assert metric.help.split(";")[0].split("(")[0].strip() in row.replace("\\", "")
        assert all(f"`{label}`" in row for label in metric.labels)
        assert not metric.sources or metric.kind is Kind.INFO or f"in rules: `{metric.name}`" in row
    assert set(KINDS) == set(Kind)
    assert {label for metric in METRICS.values() for label in metric.labels} <= set(LABELS)


def test_histograms_and_the_process_are_there() -> None:
    """Under the names that a scrape shows them by."""
    page = metrics.page()
    for family in families().values():
        ends = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
        assert all(f"`{family.name}{end}`" in page for end in ends), family.name


def test_a_new_metric_would_be_seen(made: Mapping[str, str]) -> None:
    """A metric that is added to the catalogue is on the page, and what is kept is not right any more."""
    planted = Metric(
        name="queue_planted",
        kind=Kind.SNAPSHOT,
        unit="calls",
        help="Planted | <here>.",
        labels=QUEUE,
        dialects=PLATFORM,
        sources=("queues",),
    )
    page = metrics.page(said=(*SAID, planted))
    assert page != made["docs/reference/metrics.md"]
    assert r"Planted \| \<here\>." in page
    assert "`genesys_queue_planted`" in page


def test_a_label_without_a_meaning_stops_the_generator() -> None:
    """Nobody can add a label and forget to say what it means."""
    planted = Metric(name="queuewatch_x", kind=Kind.SNAPSHOT, unit="", help="X.", labels=("planted",))
    with pytest.raises(Undescribed, match=r"labels\.py what planted is"):
        metrics.page(own=(planted,))


def test_values_live_as_long_as_the_daemon_lets_them(pages: Mapping[str, str]) -> None:
    """The guides' work items are jobs, whose poll may take twenty minutes: their figures live longer."""
    row = next(line for line in pages["metrics"].splitlines() if line.startswith("| `workitems` | no"))
    assert row == "| `workitems` | no | 1m | 3m | 21m |"


def test_every_key_is_there(pages: Mapping[str, str]) -> None:
    """Of both files, with what it says of itself, its default, and its variable."""
    rows = [line for line in pages["configuration"].splitlines() if line.startswith("| <a")]
    entries = [*everything(ConfigPart), *everything(WebFilePart)]
    assert [(one.path, what) for one in entries for what in lacking(one, rows)] == []


def lacking(entry: Entry, rows: list[str]) -> list[str]:
    """Return what the rows do not say of a key."""
    named = [row for row in rows if f"`{entry.key.name}`" in row]
    said = [row for row in named if entry.key.about.split("`")[0].rstrip(".") in row.replace("\\", "")]
    wanted = [
        "| ",
        *([f"`{entry.variable}`"] if entry.variable else []),
        *(["**required**"] if entry.key.required else []),
        *(["**Not in this file.**"] if entry.secret else []),
    ]
    return [one for one in wanted if not any(one in row for row in said)]


def test_no_mapping_is_forgotten() -> None:
    """The keys that are told are those of the schema, mapping by mapping."""
    told = {section.part: {entry.key.name for entry in section.entries} for section in sections(ConfigPart)}
    for part, names in told.items():
        assert names == {field.alias or name for name, field in part.model_fields.items()}
    assert sum(map(len, told.values())) > 150


def test_a_key_without_a_description_stops_the_generator() -> None:
    """Nobody can add a key and forget to say what it does."""
    with pytest.raises(Undescribed, match=r"Planted\.word"):
        configuration.page(root=Planted)


def test_a_validator_of_which_nobody_says_what_it_lets_in_stops_the_generator() -> None:
    """An editor must not mark what queuewatch takes: whoever adds a short form says so to the schema, too."""
    with pytest.raises(Undescribed, match=r"kinds\.py what shouted lets in"):
        schema.document(root=Lenient)


def test_no_variable_sets_the_web_configuration_file() -> None:
    """The page names none for its keys: queuewatch would refuse it."""
    assert [entry.variable for entry in everything(WebFilePart) if entry.variable] == []


def test_variables_set_what_the_page_says() -> None:
    """Each of them, with names in the place of what stands between < and >, is one that queuewatch knows."""
    names = {"ORG": "acme", "RECEIVER": "desk", "CALENDAR": "office", "NAME": "One", "HEADER": "X-Team"}
    data: Any = {
        "orgs": {"acme": {}},
        "receivers": {"desk": {"webhook": {"headers": {"X-Team": "a"}}}},
        "calendars": {"office": {}},
        "virtual_queues": {"One": {}},
        "rules": [{"name": "One"}],
        "inhibitions": [{"name": "One"}],
        "routes": [{"name": "One"}],
    }
    variables = [entry.variable for entry in everything(ConfigPart) if entry.variable]
    assert len(variables) > 120
    for variable in variables:
        name = re.sub(r"<([A-Z]+)>", lambda found: names[found[1]].upper().replace("-", "_"), variable)
        report = Report(file="")
        overlay(json.loads(json.dumps(data)), {name: "1"}, report)
        assert not [mistake for mistake in report.mistakes if "sets nothing" in mistake.problem], name


@pytest.mark.parametrize("place", SAMPLES)
def test_examples_of_the_configuration_are_right(place: str, tmp_path: Path) -> None:
    """Each stands in its section, loads beside one org, and has the mapping that it is an example of."""
    assert place in {section.path for section in sections(ConfigPart)}
    file = tmp_path / "queuewatch.yaml"
    given = yaml.safe_load(SAMPLES[place])
    org = "" if "orgs" in given else "orgs: {acme: {region: eu-west-1}}\n"
    file.write_text(org + SAMPLES[place], encoding="utf-8")
    load(file, {}, require_secrets=False)
    assert place.partition(".")[0].removesuffix("[]") in given


def plain(data: object) -> Any:
    """Return YAML as an editor's language server reads it: dates are text."""
    return json.loads(json.dumps(data, default=str))


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.name)
def test_editors_take_what_queuewatch_takes(path: Path, validator: jsonschema_rs.Validator) -> None:
    """The schema accepts every configuration that is shipped."""
    assert [error.message for error in validator.iter_errors(plain(yaml.safe_load(path.read_text())))] == []


@pytest.mark.parametrize("place", SAMPLES)
def test_editors_take_the_examples(place: str, validator: jsonschema_rs.Validator) -> None:
    """The schema accepts every example of the page."""
    assert [error.message for error in validator.iter_errors(plain(yaml.safe_load(SAMPLES[place])))] == []


@pytest.mark.parametrize(
    "text",
    [
        "orgs: {a: {region: eu-west-1, timezon: UTC}}",
        "orgs: {a: {client_secret: abc}}",
        "orgs: [a]",
        "sources: {queues: {interval: 10}}",
        "sources: {queues: {interval: 10 s}}",
        "sources: {agents: {enabled: 'yes'}}",
        "rules: [{metric: queue_waiting, critical: {above: 1}}]",
        "rules: [{name: A, metric: queue_wating, critical: {above: 1}}]",
        "rules: [{name: A, metric: queue_waiting, critical: {over: 1}}]",
        "rules: [{name: A, metric: queue_waiting, critical: {above: '10'}}]",
        "rules: [{name: A B, metric: queue_waiting}]",
        "rules: [{name: A, for_each: {queue: {glob: x}}}]",
        "receivers: {a: {webhook: {url: 'https://x.example', batch: 0}}}",
        "receivers: {a: {webhok: {}}}",
        "receivers: {a: {mqtt: {host: x, version: 4}}}",
        "routes: [{receivers: a, repeat_interval: 1h}]",
        "web: {listen: 9877}",
        "log: {level: loud}",
    ],
)
def test_editors_mark_mistakes(text: str, tmp_path: Path, validator: jsonschema_rs.Validator) -> None:
    """What the schema refuses queuewatch refuses too."""
    assert not validator.is_valid(plain(yaml.safe_load(text)))
    file = tmp_path / "queuewatch.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match=r"queuewatch\.yaml"):
        load(file, {}, require_secrets=False)


@pytest.mark.parametrize(
    "text",
    [
        "rules:",
        "sources: {queues: {interval: }}",
        "routes: [{receivers: [], group: off, repeat: off, escalate: off}]",
        "rules: [{name: A, on_error: alert, on_stale: {action: ok, for: 1m}}]",
        "receivers: {a: {mqtt: {tls: true, home_assistant: true, version: 5}}}",
        "receivers: {a: {email: {to: one@example.com}}}",
        "orgs: {a: {client_secret: }}",
    ],
)
def test_editors_take_short_forms(text: str, validator: jsonschema_rs.Validator) -> None:
    """What may be shorter, or comes from a variable, is no mistake."""
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


def test_the_schema_is_one() -> None:
    """It is a valid schema of its own draft, and its references lead somewhere."""
    jsonschema_rs.meta.validate(schema.document())


def test_every_command_is_there() -> None:
    """With every option, and the example of its help."""
    page = commands.page()
    for told in commands.tree(main):
        assert f" `{told.words}`\n" in page
        for option in told.command.params:
            assert all(f"`{name}`" in page for name in option.opts if name.startswith("-")), told.words
        example = re.search(r"Example: (.*)", told.command.help or "")
        assert example is None or f"\n{example[1]}\n" in page


def test_every_operation_is_there() -> None:
    """With its address, its scope and every record of an answer."""
    page = api.page()
    for one in OPERATIONS:
        section = page.split(f"\n### {one.id}\n")[1].split("\n### ")[0]
        assert f"`{one.method} {one.path}`" in section
        assert f"Scope: {f'`{one.scope.value}`' if one.scope else 'none'}" in section
        assert all(f"`{parameter.name}`" in section for parameter in one.parameters)
        assert all(f"`{status}`" in section for status in (*one.answers, *one.problems))
    assert all(f"\n### {name}\n" in page for name in document()["components"]["schemas"])


def test_every_kind_of_event_is_there(pages: Mapping[str, str]) -> None:
    """With its type, and an example that is an event of that type."""
    told = events.kinds()
    assert set(told) == set(EventKind)
    page = pages["events"]
    shown = [json.loads(found) for found in re.findall(r"```json\n(.*?)\n```", page, flags=re.DOTALL)]
    types = {one.get("type") for one in shown if isinstance(one, dict)}
    for type_ in told.values():
        assert f"`{type_}`" in page
        assert type_ in types
    single = [one for one in shown if isinstance(one, dict) and "sequence" in one]
    assert all(decode(json.dumps(one).encode()).id == one["id"] for one in single)


def test_every_line_of_the_log_is_there(pages: Mapping[str, str]) -> None:
    """What is logged has a meaning, and nothing is on the page that is logged no more."""
    logged = {line.event for line in log.lines(ROOT / "monitor")}
    assert logged == set(LINES)
    assert all(f"`{event}`" in pages["log"] for event in logged)


@pytest.mark.parametrize(
    "text",
    [
        "log.info(word, x=1)",
        "words = structlog.get_logger(__name__)",
        "structlog.get_logger().info('a.b')",
        "bound = log.bind(x=1)",
        "log.bind(x=1).info('a.b')",
    ],
)
def test_a_line_that_nobody_can_name_stops_the_generator(text: str, tmp_path: Path) -> None:
    """A line whose event is made up while it runs, or whose logger has an odd name, would be on no page."""
    (tmp_path / "monitor").mkdir()
    (tmp_path / "monitor" / "odd.py").write_text(f"{text}\n", encoding="utf-8")
    with pytest.raises(log.Nameless, match=r"odd\.py:1"):
        log.lines(tmp_path / "monitor")
