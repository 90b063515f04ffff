"""What the simulated organization is called, whom it lets in, and how often."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Facts about the simulated organization and its one OAuth client.

    `requests_per_minute` is per token, 300 by default as on the platform; `token_seconds` is what the
    platform answers for a client with the default lifetime of a day.

    `task_metrics` and `jobs_offered` tell whether the organization has the work item metrics and the
    asynchronous aggregates, which are gated. A job takes `job_seconds` and fails where `job_error` says why.
    The `level_…` options are the organization's own for its service level: whether flow-outs, short abandons
    and abandons count beside the answered. The defaults are the platform's.
    """

    client_id: str = "demo-client"
    client_secret: str = "demo-secret"  # noqa: S105 (invented)
    organization: str = "Example Org"
    requests_per_minute: int = 300
    token_seconds: int = 86_399
    task_metrics: bool = True
    jobs_offered: bool = True
    job_seconds: float = 2.0
    job_error: str = ""
    level_flow_outs: bool = False
    level_short_abandons: bool = True
    level_abandons: bool = True
