"""The examples of the documents: every fenced block with its marks, and what stands in code style around it.

A mark is an HTML comment on the line above a fence:

- `<!-- not run: why -->` and `<!-- not checked: why -->` leave a block out;
- `<!-- run: alone -->` (the default of a `sh` block), `<!-- run: simulator -->`, `<!-- run: demo -->` and
  `<!-- run: demo, firing -->` say beside what it is run;
- `<!-- exits: 1 -->` says with which code it ends, if not with 0;
- `<!-- needs: mosquitto -->` says which program it starts that not every machine has;
- `<!-- part of NAME -->`, or `<!-- part of NAME: receivers.oncall -->`, says what a fragment belongs to.

A block whose first line is a comment that is a file's name is that file, for the blocks below it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<language>[\w+-]*)(?P<rest>.*)$")
_MARK = re.compile(r"^ *<!-- *(?P<name>run|not run|not checked|exits|needs|part of):? *(?P<value>.*?) *-->$")
_FILE = re.compile(
    r"^(?:#|//|;) (?P<name>/?(?:[\w.-]+/)*(?:[\w-]+\.[\w.-]+|\.?[\w-]+file))(?=$|[,;:]| \()",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?P<code>.+?)(?<!`)\1(?!`)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block. `line` is its first line's number in the page, that of the fence plus one."""

    page: str
    line: int
    language: str
    marks: dict[str, str]
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as editors jump to it."""
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str:
        """The name of the file that it is; empty where its first line names none."""
        found = _FILE.match(self.text)
        return found["name"] if found else ""

    @property
    def beside(self) -> str:
        """Beside what it is run: alone, simulator or demo; empty where it is not run."""
        if self.language != "sh" or "not run" in self.marks:
            return ""
        return self.marks.get("run", "alone").partition(",")[0]

    @property
    def firing(self) -> bool:
        """Whether it is run once an alert fires, not before."""
        return self.marks.get("run", "").partition(",")[2].strip() == "firing"

    @property
    def code(self) -> int:
        """The exit code it ends with."""
        return int(self.marks.get("exits", "0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document: its blocks, and what is in code style outside of them, with the number of the line."""

    name: str
    blocks: tuple[Block, ...]
    codes: tuple[tuple[int, str], ...]


def names() -> list[str]:
    """Return every page there is, as a path from the checkout.

    Decisions (docs/adr) are left out: they tell of their day, and are not rewritten.
    """
    shelf = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    front = ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "SECURITY.md"]
    return [*front, *(name for name in shelf if not name.startswith("docs/adr/"))]


def page(name: str) -> Page:
    """Return one document, read."""
    return parsed(name, (ROOT / name).read_text(encoding="utf-8"))


def parsed(name: str, text: str) -> Page:
    """Return the page that a text is."""
    blocks: list[Block] = []
    prose: list[str] = []
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            prose.append(line)
            continue
        inside = list(_until(lines, fence["fence"]))
        marks = _marks(prose)
        blocks.append(
            Block(
                page=name,
                line=number + 1,
                language=fence["language"],
                marks=marks,
                text=textwrap.dedent("".join(f"{one}\n" for one in inside)),
            )
        )
        prose.extend([""] * (len(inside) + 2))
    return Page(name=name, blocks=tuple(blocks), codes=tuple(_codes("\n".join(prose))))


def _until(lines: Iterator[tuple[int, str]], fence: str) -> Iterator[str]:
    """Yield the lines before the fence that closes."""
    for _, line in lines:
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            return
        yield line


def _marks(prose: list[str]) -> dict[str, str]:
    """Return the marks at the end of what came before a fence."""
    marks: dict[str, str] = {}
    for line in reversed(prose):
        mark = _MARK.match(line)
        if mark is None:
            break
        marks[mark["name"]] = mark["value"]
    return marks


def _codes(prose: str) -> Iterator[tuple[int, str]]:
    """Yield what is in code style, each on one line, with the number of the line where it begins."""
    start = 1
    for paragraph in re.split(r"(\n\s*\n)", prose):
        for code in _CODE.finditer(paragraph):
            yield start + paragraph.count("\n", 0, code.start()), " ".join(code["code"].split())
        start += paragraph.count("\n")
