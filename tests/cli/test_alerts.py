"""`queuewatch alerts` and `queuewatch ack`, as a person calls them, against a daemon that listens."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from rich.console import Console

from monitor.cli import drawing
from monitor.kit.clock import SystemClock
from monitor.model.alert import Acknowledgement, Alert, AlertState, Entity, Evidence, Strand
from monitor.model.rule import Severity
from monitor.model.settings import WebAccess
from tests.builders import EPOCH
from tests.cli.test_queues import rows
from tests.cli.watching import Watched
from tests.web.api.desk import LONG, Desk, an_alert
from tests.web.api.looked import identified
from tests.web.keys import a_token
from tests.web.making import HOSTILE, FakeJournal, a_history, a_try
