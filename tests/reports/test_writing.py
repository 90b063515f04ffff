"""CSV files that are whole or not there."""

from __future__ import annotations

import csv
import io
import os
import threading
from pathlib import Path

import pytest

from monitor.reports.writing import replacing, write


def test_rows_are_read_back_as_they_were() -> None:
    """Commas, quotes and line breaks in names survive; unknown is an empty cell, figures are short."""
    file = io.StringIO()
    name = 'Support, "Voice"\nEMEA'
    assert write(file, ("queue", "of", "share"), [(name, 12.0, None), ("é", 0.12345, "50.00")]) == 2
    file.seek(0)
    assert list(csv.reader(file)) == [
        ["queue", "of", "share"],
        [name, "12", ""],
        ["é", "0.123", "50.00"],
    ]


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@sum"])
def test_a_name_is_not_executed_by_a_spreadsheet(name: str) -> None:
    """A text that begins like a formula is quoted; a figure is not."""
    file = io.StringIO()
    write(file, ("name", "figure"), [(name, -1.0)])
    assert file.getvalue().splitlines()[1] == f"'{name},-1"


def test_the_file_is_there_when_the_block_ends_well(tmp_path: Path) -> None:
    """The old content stays until then, and nothing else is left in the folder."""
    path = tmp_path / "report.csv"
    path.write_text("old")
    with replacing(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_no_half_file(tmp_path: Path) -> None:
    """Neither the file nor its unfinished part is there after an error."""

    def fail() -> None:
        with replacing(tmp_path / "report.csv") as file:
            file.write("half")
            raise RuntimeError("no more answers")

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    """The error comes before the block runs."""
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "nowhere" / "report.csv"):
        pytest.fail("the block must not run")


def test_a_link_leads_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    """A symbolic link stays one."""
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    with replacing(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """What is no regular file stays what it is."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()), daemon=True)
    reader.start()
    with replacing(path) as file:
        file.write("rows")
    reader.join(5)
    assert read == ["rows"]
    assert path.is_fifo()
