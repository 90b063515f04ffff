"""Rules in files of their own: found by globs, numbered after those of the file that names them."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.config import reading
from monitor.config.environment import listed
from monitor.config.reading import Data
from monitor.config.report import RULES, Chapter, Report, Trail, meant

KEY = "rule_files"

FILES_LIMIT = 200
"""Files read; each may be as large as a whole configuration."""

_WILD = re.compile(r"[*?\[]")


def include(data: dict[str, Data], environ: Mapping[str, str], folder: Path, report: Report) -> None:
    """Add to the rules of `data` those of the files it names, by globs relative to `folder`.

    The environment's globs replace the file's. Mistakes go to `report`.
    """
    if data.get(RULES) is None:
        data[RULES] = []
    rules = data[RULES]
    if not isinstance(rules, list):
        return
    variable, files = listed((KEY,), environ) or ("", _globs(data.get(KEY)))
    found = _found(files, variable, folder, report)
    if len(found) > FILES_LIMIT:
        _told(variable, (), report, f"fits {len(found)} files, more than {FILES_LIMIT}", "join some")
    for file in found[:FILES_LIMIT]:
        own = Report(file=str(file))
        more = _rules(file, own)
        report.continue_with(Chapter(file=str(file), first=len(rules)), own)
        rules.extend(more)


def _globs(written: Data) -> list[str]:
    """Return the globs among what is written; the schema refuses the rest."""
    return [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)]


def _told(variable: str, trail: Trail, report: Report, problem: str, hint: str) -> None:
    """Note a mistake of a glob at its variable, if that is where it comes from."""
    if variable:
        report.blame(variable, problem, hint)
    else:
        report.add((KEY, *trail), problem, hint)


def _found(files: Sequence[str], variable: str, folder: Path, report: Report) -> list[Path]:
    """Return every file that fits, each once, in order of the globs and then of the names."""
    found: dict[Path, Path] = {Path(report.file).resolve(): Path(report.file)}
    for number, pattern in enumerate(files):
        # Path.glob raises for patterns that are absolute, empty or odd; this one just finds nothing.
        names = glob.glob(pattern, root_dir=folder)  # noqa: PTH207
        fitting = sorted(one for name in names if (one := folder / name).is_file())
        if not fitting:
            problem = "fits no file" if _WILD.search(pattern) else "is not there"
            _told(variable, (number,), report, problem, "paths begin at the folder of the configuration")
        for file in fitting:
            found.setdefault(file.resolve(), file)
    return list(found.values())[1:]


def _rules(file: Path, report: Report) -> list[Data]:
    """Return the rules of one file as data."""
    data = reading.read(file, report)
    if not isinstance(data, dict):
        if data is not None or not report.mistakes:
            report.add((), "should be a mapping", "rules: and below it a list")
        return []
    for key in data:
        if key != RULES:
            report.add((key,), "unknown key", meant(key, [RULES]) or "a file of rules has the one key rules")
    rules = data.get(RULES)
    if rules is None:
        # So it is while somebody writes it, or on a full disk: nobody has said that the rules are gone.
        report.add((RULES,) if RULES in data else (), "is empty", "write rules: [] if that is meant")
        return []
    if not isinstance(rules, list):
        report.add((RULES,), "should be a list", "one line each, beginning with -")
        return []
    return rules
