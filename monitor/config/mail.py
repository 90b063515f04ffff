"""E-mail: a server, who is written to, and what."""

from __future__ import annotations

from monitor.config import posting
from monitor.config.credentials import Vault
from monitor.config.places import loopback
from monitor.config.report import Trail
from monitor.config.ways import EmailPart
from monitor.config.wording import text
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import EmailSettings

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""Submission (RFC 6409), submission over TLS (RFC 8314 §7.3), and relay (RFC 5321)."""

_RECIPIENTS = 100
"""Recipients that every server takes in one message (RFC 5321 §4.5.3.1.8)."""


def email(name: str, trail: Trail, part: EmailPart, vault: Vault) -> EmailSettings:
    """Return the settings of an e-mail destination."""
    report = vault.report
    if not part.to:
        report.add((*trail, "to"), "should name somebody", "one address, or a list")
    if len(part.to) > _RECIPIENTS:
        report.add((*trail, "to"), f"should hold at most {_RECIPIENTS} addresses", "write to a list")
    password = posting.login(trail, part.username, part.password, part.password_file, vault)
    plain = part.encryption == "none"
    if plain and password is not None and not loopback(part.host):
        problem = "would send the password for everyone on the way to read"
        report.add((*trail, "encryption"), problem, "write starttls or tls")
    if plain and part.ca_file is not None:
        report.add((*trail, "ca_file"), "is of no use with encryption: none", "leave it out")
    for key, template in (("subject", part.subject), ("body", part.body)):
        if template is not None:
            text((*trail, key), template, EVENT_NAMES, report)
    return EmailSettings(
        name=name,
        host=part.host,
        port=part.port or PORTS[part.encryption],
        sender=part.sender,
        recipients=tuple(dict.fromkeys(part.to)),
        username=part.username,
        password=password,
        encryption=part.encryption,
        ca_file=vault.path((*trail, "ca_file"), part.ca_file),
        subject=part.subject,
        body=part.body,
        timeout=part.timeout,
        coalesce=part.coalesce,
    )
