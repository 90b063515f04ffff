"""Reads a file of tests, with the rules they are about; every mistake at once."""

from __future__ import annotations

import glob
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.config import reading
from monitor.config.report import Report, show
from monitor.model.alert import SOURCE_DOWN, AlertState, EventKind
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.errors import ConfigError, Mistake
from monitor.model.metric import PLATFORM_PREFIX
from monitor.model.rule import Rule, Severity
from monitor.proving import notation
from monitor.proving.form import Form
from monitor.proving.story import Check, Saying, Series, Story, Suite, Wanted

INTERVAL = 10.0
"""Seconds between polls where the file says nothing: the default of the source `queues`."""
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Where the file says nothing: nine o'clock of a Monday."""
ORG = "test"

OPTIONAL = frozenset({"agent"})
"""Labels that a metric may be without: names of people are there only where they are asked for."""
OF_FILE = ("rule_files", "rules", "calendars", "interval", "tests")
OF_TEST = ("name", "start", "series", "alerts", "events")
OF_ALERT = ("state", "severity")
OF_EVENT = ("at", "kind", "rule", "severity", "reason")
LABELS = tuple(dict.fromkeys(label for metric in METRICS.values() for label in metric.labels))
"""Labels that an entity may have; what an alert or event says of itself comes before one of the same name."""

Load = Callable[[Path], tuple[Rule, ...]]
"""Returns the rules of a file alone. Raises ConfigError."""


def read(file: Path, load: Load) -> Suite:
    """Return the tests of `file`; `load` reads rules. Raises ConfigError with every mistake."""
    report = Report(file=str(file))
    data = reading.read(file, report)
    if not isinstance(data, dict):
        if data is not None or not report.mistakes:
            report.add((), "should be a mapping", "lines of the form key: value")
        report.close()
        data = {}
    reader = _Reader(file, Form(data, (), report), load)
    suite = reader.suite()
    if reader.foreign:
        raise ConfigError((*reader.foreign, *report.mistakes))
    report.close()
    return suite


@dataclass(slots=True)
class _Reader:
    """Turns one file's data into a suite. `foreign` are the mistakes of other files."""

    file: Path
    form: Form
    load: Load
    foreign: list[Mistake] = field(default_factory=list)
    names: set[str] = field(default_factory=lambda: {SOURCE_DOWN})

    def suite(self) -> Suite:
        """Return the whole file; no good where a mistake was found."""
        self.form.known(OF_FILE)
        interval = self.form.seconds("interval", INTERVAL) or INTERVAL
        rules = tuple(self._rules())
        if not self.form.data.keys() & {"rules", "rule_files"}:
            self.form.report.add(("rules",), "is missing: there is nothing to test", "or write rule_files")
        self._unique(rules)
        stories = tuple(self._stories(interval))
        if not self.form.data.get("tests"):
            self.form.report.add(("tests",), "is missing", "write at least one test")
        return Suite(file=self.file, interval=interval, rules=rules, stories=stories)

    # The rules.

    def _rules(self) -> Iterator[Rule]:
        """Yield the rules of the files and those of this one; where it has calendars, all may name them."""
        parts = {key: value for key, value in self.form.data.items() if key in ("calendars", "rules")}
        files = [str(self.file.parent / str(name)) for _, name in self.form.items("rule_files")]
        if "calendars" in parts:
            parts["rule_files"] = [glob.escape(str(Path(one).resolve())) for one in files]
        else:
            for one in files:
                yield from self._loaded(Path(one))
        if parts.keys() & {"rules", "rule_files"}:
            with tempfile.TemporaryDirectory() as folder:
                alone = Path(folder) / self.file.name
                alone.write_text(json.dumps(parts), "utf-8")
                yield from self._loaded(alone, copy=True)

    def _loaded(self, file: Path, *, copy: bool = False) -> tuple[Rule, ...]:
        """Return the rules of `file`; what is wrong in a `copy` of this file's own words is wrong here."""
        try:
            return self.load(file)
        except ConfigError as error:
            own = [one for one in error.details if copy and one.file == str(file)]
            self.form.report.mistakes += [self._here(one) for one in own]
            self.foreign += [one for one in error.details if one not in own]
            return ()

    def _here(self, mistake: Mistake) -> Mistake:
        """Return a mistake of the rules with the line it has in this file."""
        lines = {show(trail): line for trail, line in self.form.report.lines.items()}
        path = mistake.path
        while path and path not in lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return replace(mistake, file=str(self.file), line=lines.get(path))

    def _unique(self, rules: tuple[Rule, ...]) -> None:
        for rule in rules:
            if rule.name in self.names:
                self.form.report.add(("rule_files",), f"there are two rules named {rule.name}")
            self.names.add(rule.name)

    # The tests.

    def _stories(self, interval: float) -> Iterator[Story]:
        seen: set[str] = set()
        for form in self.form.forms("tests"):
            form.known(OF_TEST)
            name = form.text("name") or ""
            if name in seen:
                form.complain("name", f"there are two tests named {name!r}")
            seen.add(name)
            series = tuple(one for each in form.forms("series") if (one := _series(each)) is not None)
            if not series:
                if not form.data.get("series"):
                    form.complain("series", "is missing", "write at least one series")
                continue
            story = Story(name=name, start=form.moment("start", START), series=series)
            end = (story.polls - 1) * interval
            checks = tuple(self._checks(form, end))
            sayings = tuple(self._sayings(form, end)) if "events" in form.data else None
            if not form.data.keys() & {"alerts", "events"}:
                form.complain("alerts", "is missing: nothing is expected", "or write events")
            yield replace(story, checks=checks, sayings=sayings)

    def _checks(self, form: Form, end: float) -> Iterator[Check]:
        for each in form.forms("alerts"):
            each.known(("at", "rule", "expect"))
            if "expect" not in each.data:
                each.complain("expect", "is missing", "[] is none pending or firing")
            wanted = tuple(_wanted(one) for one in each.forms("expect"))
            yield Check(at=_at(each, end), rule=self._rule(each), wanted=wanted)

    def _sayings(self, form: Form, end: float) -> Iterator[Saying]:
        for each in form.forms("events"):
            each.known((*OF_EVENT, *LABELS))
            if "kind" not in each.data:
                each.complain("kind", "is missing", ", ".join(EventKind))
            yield Saying(
                at=_at(each, end),
                kind=each.word("kind", EventKind) or EventKind.FIRED,
                rule=self._rule(each),
                labels=_labels(each, OF_EVENT),
                severity=each.word("severity", Severity),
                reason=each.text("reason", "") or None,
            )

    def _rule(self, form: Form) -> str:
        name = form.text("rule") or ""
        if name and name not in self.names and not self.foreign:
            form.complain("rule", "there is no such rule", f"there are {', '.join(sorted(self.names))}")
        return name


def _wanted(form: Form) -> Wanted:
    form.known((*OF_ALERT, *LABELS))
    state = form.word("state", AlertState) or AlertState.FIRING
    if state is AlertState.INACTIVE:
        form.complain("state", "should be pending or firing", "leave inactive alerts out")
    return Wanted(labels=_labels(form, OF_ALERT), state=state, severity=form.word("severity", Severity))


def _at(form: Form, end: float) -> float:
    at = form.seconds("at") or 0.0
    if at > end:
        form.complain("at", f"is after the last value, which is at {end:g} s", "write more values")
        return end
    return at


def _labels(form: Form, other: tuple[str, ...]) -> Mapping[str, str]:
    return {name: form.text(name) or "" for name in form.data if name in LABELS and name not in other}


def _series(form: Form) -> Series | None:
    form.known(("series", "values"))
    named, points = form.made("series", notation.series), form.made("values", notation.points)
    if named is None or points is None:
        return None
    name, labels = named[0].removeprefix(PLATFORM_PREFIX), dict(named[1])
    if name not in judgeable():
        form.complain("series", f"there is no metric {name} that a rule could judge")
        return None
    metric, org = METRICS[name], labels.pop("org", ORG)
    for one, other in (("queue_id", "queue"), ("queue", "queue_id")):
        if one in metric.labels and other in labels:
            labels.setdefault(one, labels[other])
    missing = [label for label in metric.labels if label not in labels and label not in OPTIONAL]
    unknown = [label for label in labels if label not in metric.labels]
    if missing or unknown:
        problem = f"lacks {', '.join(missing)}" if missing else f"has no label {', '.join(unknown)}"
        form.complain("series", f"{name} {problem}", f"its labels are {', '.join(metric.labels)}")
        return None
    # Averages come with either source; only the guides' queues have them under the window "recent".
    source = metric.sources[-1] if labels.get("window") == "recent" else metric.sources[0]
    ordered = {label: labels[label] for label in metric.labels if label in labels}
    return Series(metric=name, org=org, source=source, labels=ordered, points=points)
