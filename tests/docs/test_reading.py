"""What tests the documents is tested: marks are read, faults are found, a terminal leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.checking import Checker
from tests.docs.examples import ROOT, Block, Page, parsed
from tests.docs.network import Network
from tests.docs.terminal import Terminal
from tests.docs.typed import commanded, wrong
from tests.servers.programs import wait_until

TEXT = """\
# A page with `queuewatch status` in
it, and `two
lines`.

<!-- exits: 3 -->
<!-- run: demo, firing -->
```sh
echo one
```

- in a list:
  <!-- part of queuewatch.yaml: receivers.oncall -->
  ```yaml
  log: true
  ```

<!-- not run: it waits -->
```sh
cat
```

```python
# tools/lamp.py
print(1)
```
"""


def block(text: str, language: str = "sh", **marks: str) -> Block:
    """Return a block with its marks."""
    named = {name.replace("_", " "): value for name, value in marks.items()}
    return Block(page="page.md", line=1, language=language, marks=named, text=text)


def test_a_page_is_read_with_its_marks() -> None:
    """Every block has its place, its marks and what they mean; code style is found across lines."""
    page = parsed("page.md", TEXT)
    assert page.codes == ((1, "queuewatch status"), (2, "two lines"))
    first, second, third, fourth = page.blocks
    assert (first.place, first.beside, first.firing, first.code) == ("page.md:8", "demo", True, 3)
    assert (second.marks, second.text) == ({"part of": "queuewatch.yaml: receivers.oncall"}, "log: true\n")
    assert (third.beside, third.marks) == ("", {"not run": "it waits"})
    assert (fourth.file, fourth.beside, first.file) == ("tools/lamp.py", "", "")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("queuewatch statsu", "no command statsu"),
        ("queuewatch status --onec", "no option --onec"),
        ("queuewatch rules tets FILE", "no command tets"),
        ("make everything", "make has no target everything"),
        ("deploy/prometheus/rulez", "there is no deploy/prometheus/rulez"),
    ],
)
def test_what_is_not_there_is_found(code: str, problem: str) -> None:
    """A word, an option, a target, a path: each is named."""
    assert [one.removeprefix(f"{code}: ") for one in wrong(code)] == [problem]


def test_commands_are_found_wherever_they_are_typed() -> None:
    """Behind pipes and variables, in brackets and after `sudo`; not in remarks, nor as another's word."""
    script = """\
    X=1 queuewatch a || sudo -u queuewatch .venv/bin/queuewatch b  # queuewatch c
    until ! queuewatch d; do echo $(queuewatch e --f); done
    systemctl reload queuewatch; kubectl -n queuewatch get pods; queuewatch status \\
      --once --wat
    queuewatch COMMAND --help
    """
    found = [problem.rpartition(": ")[2] for problem in commanded(script)]
    assert found == [*(f"no command {name}" for name in "abde"), "no option --wat"]


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """What checks configurations."""
    return Checker(tmp_path_factory.mktemp("checking"))


@pytest.mark.parametrize(
    ("text", "part", "problem"),
    [
        ("routes: [{receivers: [nobody]}]", "queuewatch.yaml", "nobody"),
        ("slack: {url: x}", "queuewatch.yaml: receivers.oncall", "slack"),
        ("basic_auth_users: {kim: plain}", "web.yaml", "kim"),
        ("scrape_configs: [{}]", "prometheus.yml", "job_name"),
        ("groups: [{name: x, rules: [{alert: A, expr: '('}]}]", "rules.yml", "parse"),
        ("route: {receiver: gone}", "alertmanager.yml", "gone"),
        (
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{}]}}",
            "kubernetes",
            "required",
        ),
        ("recources: []", "kustomization.yaml", "recources"),
        ("a: 1", "", "mark it"),
    ],
)
def test_a_wrong_configuration_is_found(checker: Checker, text: str, part: str, problem: str) -> None:
    """Whatever it is written for, its reader says what is wrong."""
    marks = {"part_of": part} if part else {}
    assert problem in "\n".join(checker.problems(block(text, "yaml", **marks)))


def test_a_terminal_goes_on_and_leaves_nothing(tmp_path: Path) -> None:
    """Folder, variables and jobs last from block to block, other files than the folder's stay as they are."""
    own = Path("/proc/self/ns/net").readlink()
    with Network(tmp_path, "alone") as network, Terminal(tmp_path) as terminal:
        begin = "export X=1; mkdir there; cd there; sleep 300 & echo $! > job; echo x >> ../config/demo.yaml"
        assert terminal.run(block(begin), network) == ""
        network_of = 'test "$(readlink /proc/self/ns/net)" != "' + str(own) + '"'
        assert terminal.run(block(f"test $X = 1; kill -0 $(cat job); {network_of}"), network) == ""
        job = (terminal.folder / "there" / "job").read_text().strip()
        said = terminal.run(block("echo so; false"), network)
        assert said == "page.md:1: exit code 1, not 0\nso\n"
        assert terminal.run(block("exit 3", exits="3"), network) == ""
    assert not (ROOT / "config/demo.yaml").read_text().endswith("x\n")
    wait_until(lambda: ended(job), within=10, what="the job's end")


def ended(pid: str) -> bool:
    """Whether a process is gone, but for what its parent has not looked at yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("missing", ["unshare", "nsenter", "curl"])
def test_a_network_asks_for_its_programs(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one is not installed, a test says which, instead of failing later."""
    for name in {"unshare", "nsenter", "curl"} - {missing}:
        (tmp_path / name).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=missing), Network(tmp_path, "alone"):
        pass


def test_an_unclosed_page_is_read_to_its_end() -> None:
    """A fence that nobody closes takes the rest, and names no other block."""
    assert parsed("page.md", "```sh\necho\n") == Page(
        name="page.md",
        blocks=(Block(page="page.md", line=2, language="sh", marks={}, text="echo\n"),),
        codes=(),
    )
