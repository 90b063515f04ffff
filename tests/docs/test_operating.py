"""Where a page has its reader change something, the configuration it gives lets the reader do so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.examples import Page, names, page, parsed

DOING = re.compile(r"queuewatch (?:notify test|ack|silence add|outbox (?:retry|drop)) |/-/reload")
"""What needs the scope `operate`."""
PAGES = {name: page(name) for name in names()}


def allowed(each: Page) -> bool:
    """Return whether a configuration of the page gives the scope, on the loopback or to users."""
    files = [block for block in each.blocks if block.language == "yaml"]
    webs = [
        yaml.safe_load(block.text).get("web", {})
        for block in files
        if Path(block.marks.get("part of", block.file)).name == "queuewatch.yaml"
    ]
    return not webs or any(web.get("operate") or "config_file" in web for web in webs)


def doing(each: Page) -> bool:
    """Return whether the page has its reader type what needs the scope, beside the page's own daemon."""
    return any(block.beside != "demo" and DOING.search(block.text) for block in each.blocks)


@pytest.mark.parametrize("name", [name for name, each in PAGES.items() if doing(each)])
def test_what_a_page_has_typed_is_allowed_by_its_configuration(name: str) -> None:
    """No reader is refused (403) at a drill, an acknowledgement, a silence or a reload of the page."""
    assert allowed(PAGES[name])


def test_a_page_that_would_be_refused_is_noticed() -> None:
    """A drill beside a configuration without `web.operate` or users."""
    page = "```yaml\n# queuewatch.yaml\norgs: {}\n```\n```sh\nqueuewatch notify test oncall\n```\n"
    assert doing(parsed("page.md", page))
    assert not allowed(parsed("page.md", page))
    assert allowed(parsed("page.md", page.replace("orgs: {}", "web: {operate: true}")))
    assert doing(PAGES["docs/connect.md"])
    assert doing(PAGES["docs/howto/pagerduty.md"])
