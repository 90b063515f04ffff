"""Fixtures that several rooms share: the real servers, each private to one test."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog

from tests.servers.mosquitto import Mosquitto
from tests.servers.prometheus import Prometheus


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[[str], Prometheus]]:
    """A maker of running servers: `prometheus("127.0.0.1:9877")` scrapes that target."""
    with ExitStack() as stack:

        def scraping(target: str) -> Prometheus:
            folder = tmp_path / f"prometheus-{target.replace(':', '-')}"
            return stack.enter_context(Prometheus(folder, target))

        yield scraping


@pytest.fixture(autouse=True)
def _unconfigured() -> Iterator[None]:
    """A test that sets up logging sets it up for itself alone."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have a slow test: begun last, one alone would be waited for by all."""
    slow = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow)


def pytest_sessionstart() -> None:
    """Have no event loop outside of tests: Python 3.11 would make one for looptime that nobody closes."""
    asyncio.set_event_loop(None)
