"""One MQTT broker as a destination, and as a place where people ask for something.

In: envelopes, what is to be shown, commands. Out: events, retained states, answers. `sink` keeps the
connection, `client` is one connection, `states` knows what every retained topic shows, `losses` how long to
stay away, `commands` and `inbox` take commands, `discovery` and `showcase` show Home Assistant what there is.

What may not happen: a publish the broker refused taken for delivered, an older event shown over a newer one,
a command done that nobody proved to have sent, or done twice. MQTT 3.1.1 has no word for a denied publish:
with it, and only with it, such an event is lost unseen, which is logged when we connect. Nor can it limit
what the broker sends us, so commands are taken in MQTT 5 only.
"""

from __future__ import annotations

from monitor.sinks.mqtt.commands import Command
from monitor.sinks.mqtt.sink import MqttSink

__all__ = ["Command", "MqttSink"]
