"""Prints the document: `python -m monitor.web.document > docs/openapi.json`."""

from __future__ import annotations

import sys

from monitor.web.document.writing import written

sys.stdout.write(written())
