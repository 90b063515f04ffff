"""`python -m deploy.grafana`: write every generated file of this folder."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.output import files
from deploy.writing import write

HERE = Path(__file__).parent


def main() -> None:
    """Write what `files()` says, and remove dashboards that it no longer names."""
    wanted = files()
    for old in (HERE / "dashboards").glob("*.json"):
        if f"dashboards/{old.name}" not in wanted:
            old.unlink()
    write(HERE, wanted)


if __name__ == "__main__":
    main()
