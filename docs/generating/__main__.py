"""Writes the generated files: `python -m docs.generating`, from anywhere."""

from __future__ import annotations

from pathlib import Path

from docs.generating import files

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write every file that is not as it should be."""
    for name, text in files().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
