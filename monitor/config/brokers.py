"""MQTT brokers."""

from __future__ import annotations

from monitor.config import posting, webhooks
from monitor.config.credentials import Vault
from monitor.config.places import loopback
from monitor.config.report import Trail
from monitor.config.ways import CommandsPart, MqttPart
from monitor.kit.secrets import Secret
from monitor.model.settings import CommandSettings, MqttSettings

PORTS = {False: 1883, True: 8883}
"""The registered ports of MQTT, without and with TLS (IANA)."""


def mqtt(name: str, trail: Trail, part: MqttPart, vault: Vault) -> MqttSettings:
    """Return the settings of a broker."""
    if part.keepalive != int(part.keepalive):
        vault.report.add((*trail, "keepalive"), "should be whole seconds")
    discovery = None if part.home_assistant is None else part.home_assistant.prefix
    if discovery is not None and discovery == part.prefix:
        problem = "is the prefix of the events, too"
        vault.report.add((*trail, "home_assistant", "prefix"), problem, "Home Assistant's is homeassistant")
    # Brokers know users without a password: by their certificate, or by a token for a name.
    password = posting.login(trail, part.username, part.password, part.password_file, vault, optional=True)
    if part.tls is None and password is not None and not loopback(part.host):
        problem = "is missing: the password would be sent for everyone on the way to read"
        vault.report.add((*trail, "tls"), problem, "write tls: true, or tls: {ca_file: …}")
    return MqttSettings(
        name=name,
        host=part.host,
        port=part.port or PORTS[part.tls is not None],
        version=part.version,
        prefix=part.prefix,
        username=part.username,
        password=password,
        tls=posting.tls((*trail, "tls"), part.tls, vault),
        keepalive=int(part.keepalive),
        discovery=discovery,
        commands=None if part.commands is None else _commands(trail, part, part.commands, vault),
        coalesce=part.coalesce,
    )


def _commands(way: Trail, broker: MqttPart, part: CommandsPart, vault: Vault) -> CommandSettings:
    """Return who may give commands: it has to be said, once, and to a broker that keeps huge ones away.

    Only MQTT 5 can tell a broker how long a packet may be (Maximum Packet Size, §3.1.2.11.4).
    """
    trail: Trail = (*way, "commands")
    if broker.version != "5":
        vault.report.add(
            trail, "needs MQTT 5: before it nothing keeps a huge message away", 'write version: "5"'
        )
    secret = webhooks.signing(trail, "secret", part.secret, part.secret_file, vault)
    if secret is not None and part.trust_broker:
        vault.report.add((*trail, "trust_broker"), "cannot stand beside a secret", "keep one")
    elif secret is None and not part.trust_broker:
        problem = "does not say who may give commands"
        hint = "write secret_file, or trust_broker: true where the broker's ACL decides"
        vault.report.add(trail, problem, hint)
    return CommandSettings(secret=None if part.trust_broker else secret or Secret(""))
