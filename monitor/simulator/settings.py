"""What the simulated organization is called, whom it lets in, and how often."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Facts about the simulated organization and its one OAuth client.

    `requests_per_minute` is per token, 300 by default as on the platform; `token_seconds` is what the
    platform answers for a client with the default lifetime of a day.
    """

    client_id: str = "demo-client"
    client_secret: str = "demo-secret"  # noqa: S105 (invented)
    organization: str = "Example Org"
    requests_per_minute: int = 300
    token_seconds: int = 86_399
