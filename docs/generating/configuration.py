"""The page of every key of the configuration, and of the web configuration file. Pure.

In: the classes of `monitor.config`, and an example of each section. Out: Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from docs.generating.markdown import BREAK, anchor, block, code, codes, sentence, slug, table
from docs.generating.markdown import page as whole
from docs.generating.parts import summary
from docs.generating.samples import SAMPLES
from docs.generating.sections import Entry, Section, sections
from monitor.config.environment import COMMANDS
from monitor.config.part import Part
from monitor.config.schema import ConfigPart
from monitor.config.webfile import WebFilePart
from monitor.kit import durations

_ABOUT = """\
Every key of `queuewatch.yaml`, with its type, its default and the variable that sets it. The
[start](../start.md) has a first file; `queuewatch check` finds every mistake at once. For editors there is a
[JSON Schema](queuewatch.schema.json): with the YAML language server, the first line
`# yaml-language-server: $schema=<where the schema is>` completes keys and marks misspelt ones."""

_RULES = """\
## How values are written

- **Durations** are text with units: `500ms`, `10s`, `2m`, `1h30m`, `30d`. A number alone is a mistake.
- **Ratios** are 0 to 1: 80 % is `0.8`.
- **Globs** are shell patterns (`*`, `?`, `[…]`) that fit the whole value; capital letters count.
- **Paths** begin at the folder of the file they stand in; those of what is written (`store.path`,
  `audit_file`) at `STATE_DIRECTORY`, else where queuewatch is started.
- **Secrets** come from a variable, or from the file that a `…_file` key names; never from this file.
- A key that is not known is a mistake, and so is a variable.

## Variables

`QUEUEWATCH_` and the way to a key, with two underscores between its parts, in capital letters:
`QUEUEWATCH_WEB__LISTEN` sets `web.listen`. What stands between `<` and `>` is a name of your own, `-` in it
written `_`. Rules, routes and inhibitions go by their `name`; orgs, receivers and the like have to be named
in the file. A list of words is written with commas. `null` or `off` takes a whole section away:
`QUEUEWATCH_RECEIVERS__ONCALL__MQTT=off`. An empty variable says nothing. A variable wins over the file.
Where a mapping stands in several places, the variables shown are those of the first."""

_WEB = """\
## The web configuration file

What `web.config_file` names: TLS, users, tokens. The format is that of Prometheus's exporters
([exporter-toolkit](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md)),
with `basic_auth_scopes` and `bearer_tokens` added. No variable sets any of it. [Access](../access.md) says
what it means."""

ROOT = "Top level"
WEB_ROOT = "The whole web configuration file"


def page(root: type[Part] = ConfigPart, web: type[Part] = WebFilePart) -> str:
    """Return the page."""
    commands = sorted(COMMANDS)
    return whole(
        "Configuration reference",
        _ABOUT,
        _RULES,
        f"Of the command line alone: {codes(commands)} ([commands](commands.md)).",
        *_told(sections(root), lambda path: path or ROOT, SAMPLES),
        _WEB,
        *_told(sections(web), lambda path: f"web file: {path}" if path else WEB_ROOT, {}, level="###"),
    )


def _told(
    found: Iterable[Section], title: Callable[[str], str], samples: dict[str, str], level: str = ""
) -> Iterable[str]:
    places = {one.part: slug(title(one.path)) for one in found}
    web = "web." if level else ""
    for one in found:
        # Three levels at most: what stands deeper is beside its parent.
        depth = level or ("##" if "." not in one.path.replace(".<", "") else "###")
        yield f"{depth} {_heading(title(one.path))}"
        yield _about(one)
        sample = samples.get(one.path)
        if sample is not None:
            yield block(sample, "yaml", above="<!-- part of queuewatch.yaml -->")
        yield table(("key", "type, default", "meaning"), (_row(entry, places, web) for entry in one.entries))


def _heading(text: str) -> str:
    """Return a heading, in which a place of the file is code."""
    return text if text in {ROOT, WEB_ROOT} else code(text)


def _place(path: str) -> str:
    """Return a path as an anchor: without names of the user's own."""
    return re.sub(r"\.<[a-z]+>|\[\]", "", path)


def _about(one: Section) -> str:
    also = f" Stands as well at {codes(one.also)}." if one.also else ""
    return f"{sentence(summary(one.part))}{also}"


def _row(entry: Entry, places: dict[type[Part], str], web: str) -> tuple[str, str, str]:
    meaning = sentence(entry.key.about)
    if entry.kind.part is not None:
        meaning += f" [Its keys](#{places[entry.kind.part]})."
    if entry.secret:
        meaning += " **Not in this file.**"
    if entry.variable:
        meaning += f"{BREAK}<small>{code(entry.variable)}</small>"
    name = f"{anchor(web + _place(entry.path))}{code(entry.key.name)}"
    return name, BREAK.join(filter(None, (_type(entry), _default(entry)))), meaning


def _type(entry: Entry) -> str:
    name = entry.key.name
    if entry.kind.words.endswith("text") and (name.endswith(("_file", "_files")) or name == "path"):
        return entry.kind.words.removesuffix("text") + "path"
    return entry.kind.words


def _default(entry: Entry) -> str:
    if entry.key.required:
        return "**required**"
    shown = _shown(entry.key.default, lasting=entry.kind.duration)
    return f"default {code(shown)}" if shown else ""


def _shown(value: object, *, lasting: bool) -> str:
    """Return a default as somebody would write it; nothing for what says nothing."""
    if value is None or isinstance(value, Part) or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_shown(one, lasting=lasting) for one in map(_length, value))}]"
    if isinstance(value, float) and lasting:
        return durations.show(value).replace("0ms", "0s") if value == 0 else durations.show(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _length(value: object) -> object:
    """Return the length of a window, for which it may stand."""
    length = getattr(value, "length", None)
    return durations.show(length) if isinstance(length, float) else value
