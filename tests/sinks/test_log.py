"""The log as a destination."""

from dataclasses import replace

import structlog

from monitor.model.delivery import Delivered
from monitor.sinks.log import LogSink
from tests.outbox.making import an_event, envelopes_of


async def test_each_event_is_one_line():
    """With everything to find it by, and its whole body."""
    envelope = replace(envelopes_of([an_event()], "log")[0], skipped=2)
    with structlog.testing.capture_logs() as logs:
        assert await LogSink().send(envelope) == Delivered()
    (line,) = logs
    assert line["event"] == "event.delivered"
    assert (line["kind"], line["rule"], line["id"]) == ("fired", "ServiceLevelLow", envelope.event_id)
    assert line["skipped"] == 2
    assert line["body"] == envelope.body.decode()
