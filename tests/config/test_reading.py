"""Strict YAML."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import reading
from monitor.config.report import Report


def parsed(text: str) -> tuple[reading.Data, Report]:
    """Parse a text; mistakes are in the report."""
    report = Report(file="x.yaml")
    return reading.parse(text, report), report


def told(text: str) -> list[str]:
    """Return the mistakes of a text as they are printed."""
    return [str(mistake) for mistake in parsed(text)[1].mistakes]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("no", "no"),  # Norway: False in YAML 1.1
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("0123", "0123"),  # 83 in YAML 1.1
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),  # 1000 in YAML 1.1
        ("12:30:00", "12:30:00"),  # 45000 in YAML 1.1
        ("2026-10-08", "2026-10-08"),  # a date in YAML 1.1
        ("=", "="),
        ("10s", "10s"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("0", 0),
        ("-12", -12),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("'12'", "12"),
        ('"true"', "true"),
    ],
)
def test_only_core_scalars_are_more_than_text(word, value):
    """Words mean what YAML 1.2 says, and everything else is text."""
    data, report = parsed(f"key: {word}")
    assert isinstance(data, dict)
    assert (data["key"], type(data["key"])) == (value, type(value))
    assert not report.mistakes


def test_every_duplicate_key_is_reported_with_both_lines():
    """Keys given twice are mistakes, wherever and however often."""
    data, report = parsed("a: 1\nb: {c: 1, c: 2}\na: 2\nlist:\n  - x: 1\n    x: 2\na: 3\n")
    assert [(mistake.path, mistake.line) for mistake in report.mistakes] == [
        ("b.c", 2),
        ("a", 3),
        ("list[0].x", 6),
        ("a", 7),
    ]
    assert "first in line 1" in report.mistakes[1].problem
    assert data == {"a": 1, "b": {"c": 1}, "list": [{"x": 1}]}


def test_keys_are_text():
    """`no:`, `1:` and `null:` name things."""
    assert parsed("no: 1\n1: 2\nnull: 3\n")[0] == {"no": 1, "1": 2, "null": 3}


def test_lines_are_known_for_every_part():
    """A path leads to the line of its key or item."""
    report = parsed("a:\n  b:\n    - 1\n    - c: 2\n")[1]
    assert report.lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 3,
        ("a", "b", 1): 4,
        ("a", "b", 1, "c"): 4,
    }


def test_an_alias_bomb_does_not_go_off():
    """Aliases are refused, so that ten lines stay ten lines."""
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    data, report = parsed(bomb)
    assert len(report.mistakes) == 78
    assert data is not None


def test_depth_is_limited():
    """Brackets without end are a mistake, not a crash."""
    assert told("[" * 100_000) == ["x.yaml:1: is nested deeper than 32 levels"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2\nb: 3\n", "x.yaml:2: is not valid YAML: expected ',' or ']'"),
        ("a:\n\tb: 1\n", "indent with spaces, not tabs"),
        ("a: !!python/object:os.system x\n", "tags (!name) are not supported"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: holds more than one document"),
        ("? [1]\n: 2\n", "a key should be a word"),
        ("a: \x01\n", "not text"),
        ('a: "\\ud800"\n', "not text"),
        ('a: "\\0"\n', "not text"),
        ('a: "\\UFFFFFFFF"\n', "is not valid YAML"),
        ("%YAML " + "9" * 5000 + "\n---\na: 1\n", "is not valid YAML"),
    ],
)
def test_what_is_not_ours_is_a_mistake(text, words):
    """Syntax errors and exotic YAML are reported in words."""
    assert words in "\n".join(told(text))


def test_syntax_errors_quote_nothing():
    """A secret that YAML stumbles over is not repeated."""
    for text in (
        "password: *hunter2\n",
        "password: !hunter2 x\n",
        "password: @hunter2\n",
        "p: !hunter2!x y\n",
        "p: 'hunter2\n",
    ):
        assert told(text)
        assert "hunter2" not in "".join(told(text))


def test_an_empty_text_is_an_empty_mapping():
    """Nothing, a comment and a bare document are the same."""
    assert [parsed(text)[0] for text in ("", "# nothing\n", "---\n", "null\n")] == [{}] * 4


def test_files_that_cannot_be_read_are_mistakes(tmp_path: Path):
    """No file, a folder, another encoding, too much: each is told."""
    cases = {
        "none": "No such file",
        "folder": "Is a directory",
        "latin": "is not UTF-8",
        "large": "is larger than 1048576",
    }
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xe4\n")
    (tmp_path / "large").write_bytes(b"#" * (1024 * 1024 + 1))
    for name, words in cases.items():
        report = Report(file=name)
        assert reading.read(tmp_path / name, report) is None
        assert words in report.mistakes[0].problem
    assert reading.read(Path("a\0b"), Report(file="x")) is None


@given(st.text(alphabet=st.sampled_from("ab:- []{}\"'&*!|>%@?#,\n\t\\0x~\r\ufeff\ud800")))
def test_no_text_crashes_the_reader(text):
    """Whatever the text, there is data or a mistake."""
    data, report = parsed(text)
    assert data is not None or report.mistakes
