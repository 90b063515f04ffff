"""The tree as the guards see it: its root, its modules, its functions, and the tools of the environment."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One source file, parsed."""

    name: str  # its path below the root
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        """How long it is."""
        return self.text.count("\n")

    @property
    def docstring(self) -> str:
        """Its docstring, or nothing."""
        return ast.get_docstring(self.tree) or ""

    def functions(self) -> Iterator[Function]:
        """Every function and method in it, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def length(self, function: Function) -> int:
        """A function's lines of code: without its docstring, blank lines and lines of comment."""
        first, last = function.lineno, function.end_lineno or function.lineno
        left_out: set[int] = set()
        if ast.get_docstring(function, clean=False) is not None:
            docstring = function.body[0]
            left_out.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
        lines = self.text.splitlines()
        return sum(
            1
            for number in range(first, last + 1)
            if number not in left_out
            and lines[number - 1].strip()
            and not lines[number - 1].lstrip().startswith("#")
        )


def modules(root: Path, folder: str) -> list[Module]:
    """The modules of one top folder, in order of their paths."""
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(name=path.relative_to(root).as_posix(), text=text, tree=ast.parse(text)))
    return found


def run_tool(name: str, *arguments: str, cwd: Path = ROOT, text: str | None = None) -> tuple[int, str]:
    """Run a tool of this environment; its exit code and everything it printed."""
    program = Path(sys.executable).with_name(name)
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
