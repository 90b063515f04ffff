"""Budgets: no module and no function grows a tail, every room and every test says what it is for."""

import ast
import statistics
import sys
from pathlib import Path, PurePath
from textwrap import dedent

import pytest

from tests.architecture.house import ROOT, Module, modules

LONGEST_MODULE = 400
MEDIAN_MODULE = 150
LONGEST_FUNCTION = 50
MEDIAN_FUNCTION = 8
SHORTEST_PACKAGE_DOCSTRING = 80

STRAIGHT_LINE = {("monitor/app/building.py", "build")}  # the wiring, deliberately one straight-line function
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager2", "base", "stuff", "tools"}
# Named for what they are about; imports are absolute, so nothing is hidden by them.
MAY_SHADOW = {
    "monitor/cli/calendar.py",  # named as its command is
    "monitor/clients/platform/__init__.py",  # a dialect: the Genesys Cloud platform API
    "monitor/simulator/platform.py",  # the same dialect, spoken
    "monitor/kit/http.py",  # the one door to HTTP
    "monitor/sinks/email.py",  # what it speaks, and its key in the configuration
    "monitor/kit/secrets.py",  # values that hide themselves
}


def long_modules(found: list[Module]) -> list[str]:
    """Modules over the limit."""
    return [f"{module.name}: {module.lines} lines" for module in found if module.lines > LONGEST_MODULE]


def long_functions(found: list[Module]) -> list[str]:
    """Functions over the limit, but for the wiring."""
    return [
        f"{module.name}:{function.lineno} {function.name}: {module.length(function)} lines"
        for module in found
        for function in module.functions()
        if module.length(function) > LONGEST_FUNCTION and (module.name, function.name) not in STRAIGHT_LINE
    ]


def silent_modules(found: list[Module]) -> list[str]:
    """Modules without a docstring, and packages whose docstring says next to nothing."""
    silent = [module.name for module in found if not module.docstring]
    terse = [
        module.name
        for module in found
        if PurePath(module.name).name == "__init__.py"
        and 0 < len(module.docstring) < SHORTEST_PACKAGE_DOCSTRING
    ]
    return silent + terse


def bad_names(found: list[Module]) -> list[str]:
    """Modules and packages whose name says nothing, or is the standard library's."""
    bad = []
    for module in found:
        path = PurePath(module.name)
        name = path.parent.name if path.name == "__init__.py" else path.stem
        if name in SAYS_NOTHING or (name in sys.stdlib_module_names and module.name not in MAY_SHADOW):
            bad.append(module.name)
    return bad


def silent_tests(found: list[Module]) -> list[str]:
    """Tests without a sentence of their own."""
    silent = []
    for module in found:
        if not PurePath(module.name).name.startswith("test_"):
            continue
        for function in module.functions():
            docstring = ast.get_docstring(function) or ""
            if function.name.startswith("test_") and not docstring.split("\n\n")[0].endswith((".", "?", "!")):
                silent.append(f"{module.name}:{function.lineno} {function.name}")
    return silent


@pytest.fixture(scope="module")
def house() -> list[Module]:
    """The package's modules, and those that make dashboards, manifests and pages of it."""
    return [module for folder in ("monitor", "deploy", "docs") for module in modules(ROOT, folder)]


def planted(root: Path, files: dict[str, str]) -> list[Module]:
    """Modules of a made-up tree."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return modules(root, next(iter(files)).split("/")[0])


def test_modules_stay_short(house: list[Module]):
    """No module is longer than 400 lines."""
    assert long_modules(house) == []


def test_median_module_is_small(house: list[Module]):
    """Half of the modules have at most 150 lines."""
    assert statistics.median(module.lines for module in house) <= MEDIAN_MODULE


def test_functions_stay_short(house: list[Module]):
    """No function has more than 50 lines of code, but the wiring."""
    assert long_functions(house) == []


def test_median_function_is_small(house: list[Module]):
    """Half of the functions have at most 8 lines of code."""
    lengths = [module.length(function) for module in house for function in module.functions()]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION


def test_every_room_says_what_it_is(house: list[Module]):
    """Every module has a docstring, and a package's says more than its name."""
    assert silent_modules(house) == []


def test_names_mean_something(house: list[Module]):
    """No module is named for nothing or after one of the standard library's."""
    assert bad_names(house) == []


def test_every_test_has_its_sentence():
    """Every test says in a sentence what it shows."""
    assert silent_tests(modules(ROOT, "tests")) == []


def test_long_module_is_found(tmp_path: Path):
    """A module of 401 lines is named, one of 400 is not."""
    found = planted(tmp_path, {"monitor/fits.py": "x = 1\n" * 400, "monitor/long.py": "x = 1\n" * 401})
    assert long_modules(found) == ["monitor/long.py: 401 lines"]


def test_long_function_is_found(tmp_path: Path):
    """51 lines of code are named; docstring, comments and blank lines are free, and so is the wiring."""
    fits = 'def fits():\n    """Says.\n\n    More.\n    """\n' + "    x = 1\n    # why\n\n" * 49
    long = "async def build():\n" + "    x = 1\n" * 50
    found = planted(
        tmp_path, {"monitor/app/building.py": long, "monitor/fits.py": fits, "monitor/long.py": long}
    )
    assert long_functions(found) == ["monitor/long.py:1 build: 51 lines"]


def test_silent_room_is_found(tmp_path: Path):
    """A module without docstring and a package with a word for one are named."""
    words = '"""' + "Says what comes in, what goes out, and what may not happen here, in full. " * 2 + '"""\n'
    files = {"monitor/__init__.py": words, "monitor/a/__init__.py": '"""A."""\n', "monitor/a/b.py": "x = 1\n"}
    assert silent_modules(planted(tmp_path, files)) == ["monitor/a/b.py", "monitor/a/__init__.py"]


def test_empty_name_is_found(tmp_path: Path):
    """`utils`, and a module or package named like one of the standard library, are named."""
    names = ["monitor/a/utils.py", "monitor/logging/__init__.py", "monitor/platform.py", "monitor/queues.py"]
    assert bad_names(planted(tmp_path, dict.fromkeys(names, '"""A."""\n'))) == names[:3]


def test_silent_test_is_found(tmp_path: Path):
    """A test without a sentence is named; a helper without one is not."""
    text = '''
    def test_silent(): ...
    def helper(): ...
    class TestRoom:
        async def test_said(self):
            """A queue breaches."""
        def test_mumbled(self):
            """todo"""
    '''
    found = planted(tmp_path, {"tests/a/test_a.py": text})
    assert [line.split()[-1] for line in silent_tests(found)] == ["test_silent", "test_mumbled"]
