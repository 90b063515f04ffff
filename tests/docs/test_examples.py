"""Whatever the documents show works: commands run, configurations load, and what is named is there.

tests/docs/examples.py says how a block is marked.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from yaml import YAMLError

from tests.docs.checking import Checker
from tests.docs.examples import Block, Page, names, page
from tests.docs.network import COMPANIONS, SHARED, Network
from tests.docs.terminal import Terminal
from tests.docs.typed import commanded, wrong

PAGES = {name: page(name) for name in names()}


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages that are in one of the languages."""
    return [one for each in PAGES.values() for one in each.blocks if one.language in languages]


def used(*pages: str) -> list[str]:
    """Return beside what the pages are read."""
    return sorted({one.beside for name in pages for one in PAGES[name].blocks} - {""})


def thread(name: str) -> str:
    """Return which thread reads a page: all that is read beside one thing is read one after the other."""
    return next((one for one in SHARED if one in used(name)), "own")


def ran() -> list[str]:
    """Return the pages with something to run; first those that need an alert, which fires early."""
    return sorted(filter(used, PAGES), key=lambda name: not any(one.firing for one in PAGES[name].blocks))


@pytest.fixture(scope="module")
def tried(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[str]]]:
    """What went wrong with each page that is asked for: several are read at once."""
    items = [one for one in request.session.items if isinstance(one, pytest.Function)]
    trying = [one for one in items if one.originalname == test_what_a_page_has_typed_works.__name__]
    chosen = [str(one.callspec.params["name"]) for one in trying]
    folder = tmp_path_factory.mktemp("networks")
    with ExitStack() as stack:
        shared = {
            name: stack.enter_context(Network(folder, name)) for name in used(*chosen) if name in SHARED
        }
        threads = {name: ThreadPoolExecutor(1 if name in SHARED else 2) for name in map(thread, chosen)}
        for one in threads.values():
            stack.callback(one.shutdown, cancel_futures=True)
        yield {
            name: threads[thread(name)].submit(read, PAGES[name], tmp_path_factory.mktemp("terminal"), shared)
            for name in chosen
        }


def read(page: Page, folder: Path, shared: Mapping[str, Network]) -> str:
    """Do what a page says from top to bottom; return what went wrong first, or nothing."""
    with ExitStack() as stack:
        terminal = stack.enter_context(Terminal(folder))
        networks = {
            name: shared.get(name) or stack.enter_context(Network(folder, name)) for name in used(page.name)
        }
        for block in page.blocks:
            terminal.keep(block)
            if not block.beside:
                continue
            networks[block.beside].wait(firing=block.firing)
            problem = terminal.run(block, networks[block.beside])
            if problem:
                return problem
    return ""


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """What checks configurations."""
    return Checker(tmp_path_factory.mktemp("checking"))


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.parametrize("name", ran())
def test_what_a_page_has_typed_works(name: str, tried: Mapping[str, Future[str]]) -> None:
    """The blocks of a page, run in order in one folder, do what a reader expects: none of them fails."""
    problem = tried[name].result()
    assert not problem, problem


@pytest.mark.parametrize("name", [name for name, each in PAGES.items() if each.blocks])
def test_configurations_and_data_are_what_they_seem(name: str, checker: Checker) -> None:
    """YAML is taken by what it is written for, JSON parses, Python compiles."""
    problems = [problem for block in PAGES[name].blocks for problem in checked(block, checker)]
    assert not problems, "\n".join(problems)


def checked(block: Block, checker: Checker) -> Iterator[str]:
    """Yield what is wrong with a block that is not run."""
    try:
        if block.language == "json" and "not checked" not in block.marks:
            json.loads(block.text)
        elif block.language == "python":
            ast.parse(block.text)
        elif block.language == "yaml":
            yield from (f"{block.place}: {problem}" for problem in checker.problems(block))
    except (TypeError, ValueError, SyntaxError, YAMLError) as error:
        yield f"{block.place}: {error}"


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_names_is_there(name: str) -> None:
    """Commands and their options, targets of make, and files, in code style and in blocks."""
    each = PAGES[name]
    problems = [f"{name}:{line}: {problem}" for line, code in each.codes for problem in wrong(code)]
    for block in each.blocks:
        problems += [f"{block.place}: {problem}" for problem in commanded("\n".join(lines(block)))]
    assert not problems, "\n".join(problems)


def lines(block: Block) -> list[str]:
    """Return what is typed in a block: a script, or what stands behind a transcript's prompts."""
    if block.language == "sh":
        return block.text.splitlines()
    prompted = block.text.splitlines() if block.language == "console" else []
    return [line.removeprefix("$ ") for line in prompted if line.startswith("$ ")]


@pytest.mark.parametrize("name", PAGES)
def test_every_block_says_what_it_is(name: str) -> None:
    """It names its language, and its marks are known and have a reason."""
    problems = []
    for block in PAGES[name].blocks:
        if not block.language:
            problems.append(f"{block.place}: names no language; text is one")
        problems += [
            f"{block.place}: {mark} without a word" for mark, value in block.marks.items() if not value
        ]
        if block.language == "sh" and "run" in block.marks and block.beside not in COMPANIONS:
            problems.append(f"{block.place}: there is no {block.marks['run']} to run it beside")
        if block.language == "sh" and block.text.startswith("$ "):
            problems.append(f"{block.place}: a prompt in what is run; a transcript is console")
    assert not problems, "\n".join(problems)
