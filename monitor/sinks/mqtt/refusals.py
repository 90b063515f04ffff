"""Pure: the words of a broker that says no, and what each means for an envelope."""

from __future__ import annotations

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from monitor.model.delivery import Outcome, Rejected, Retry

DENIED, NO_TOPIC, TOO_LARGE, BAD_PAYLOAD, DISPLACED, UNSAID = 0x87, 0x90, 0x95, 0x99, 0x8E, 0x80
"""Reason codes: https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc3901031
`UNSAID` (unspecified error) is also what paho makes of a connection that just ends, and of any in 3.1.1.
"""
_NEVER = {NO_TOPIC: "invalid_topic", TOO_LARGE: "too_large", BAD_PAYLOAD: "invalid"}


class PublishRejected(aiomqtt.MqttError):
    """The broker answered a publish or a subscription with a refusal; `code` is its MQTT 5 reason code."""

    def __init__(self, code: int, topic: str) -> None:
        super().__init__(f"the broker refused {topic} (reason code {code:#04x})")
        self.code = code
        self.topic = topic


class ConnectionLost(aiomqtt.MqttError):
    """The connection ended; `code` is the broker's reason, if it gave one."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__(str(error) if error is not None else "the broker closed the connection")
        reason = getattr(error, "rc", None)
        self.code = reason.value if isinstance(reason, ReasonCode) else None


def judged(error: PublishRejected, who: str) -> Outcome:
    """Return what becomes of an envelope that the broker did not take from `who`."""
    if error.code == DENIED:
        detail = f"the broker does not let {who} publish to {error.topic}: extend its ACL"
        return Retry(reason="denied", detail=detail)
    if error.code in _NEVER:
        return Rejected(reason=_NEVER[error.code], detail=str(error))
    return Retry(reason="refused", detail=str(error))
