"""An MQTT subscriber to every event, on a session of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiomqtt

TOPIC = "queuewatch/+/event"


async def listen(port: int, received: Callable[[bytes], None]) -> None:
    """Hand every event published on the local broker to `received`, for ever; reconnects by itself."""
    while True:
        try:
            async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
                await client.subscribe(TOPIC, qos=1)
                async for message in client.messages:
                    if isinstance(message.payload, bytes):
                        received(message.payload)
        except aiomqtt.MqttError:
            await asyncio.sleep(0.2)
