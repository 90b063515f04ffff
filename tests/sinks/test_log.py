"""The log as a destination."""

import structlog

from monitor.model.delivery import Delivered
from monitor.sinks.log import LogSink
from tests.outbox.making import an_event, envelopes_of


async def test_each_event_is_one_line():
    """With everything to find it by, and its whole body."""
    (envelope,) = envelopes_of([an_event()], "log")
    with structlog.testing.capture_logs() as logs:
        assert await LogSink().send(envelope) == Delivered()
    (line,) = logs
    assert line["event"] == "alert.published"
    assert (line["kind"], line["rule"], line["id"]) == ("fired", "ServiceLevelLow", envelope.event_id)
    assert line["body"] == envelope.body.decode()
