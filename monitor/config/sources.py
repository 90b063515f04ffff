"""What an org is asked: the shared words and its own, put together and checked across keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from monitor.config import places
from monitor.config.credentials import Vault
from monitor.config.part import Part, merged
from monitor.config.questions import SelectPart, ServiceLevelPart, SourcesPart, WeightsPart
from monitor.config.report import Trail
from monitor.config.schema import OrgPart
from monitor.kit.secrets import Secret
from monitor.model.org import Selection
from monitor.model.servicelevel import Formula, Window
from monitor.model.settings import (
    AgentsSettings,
    DirectorySettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from monitor.model.strategy import Weights

TIMEOUTS = (5.0, 30.0)
"""Seconds within which the default time limit of a poll of queues stays, whatever the interval."""

WORKITEMS_TIMEOUTS = {"platform": 30.0, "guides": 1200.0}
"""Seconds. A query of the guides may be in processing for 15 minutes (GUIDES.md §4), then come chunks."""

SUM_TOLERANCE = 1e-9
"""How far the sum of weights may be from 1: 0.1 + 0.2 + 0.7 is not quite 1 in binary."""

_WEBHOOK = ("webhook_url", "webhook_url_file")


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of the org `name`: `shared` is what every org starts from, `part` what it says itself.

    `audit` makes the path of an audit file.
    """

    name: str
    part: OrgPart
    shared: SourcesPart
    vault: Vault
    audit: Callable[[str | None], str]

    @property
    def asked(self) -> SourcesPart:
        """Both together."""
        return merged(self.shared, self.part.sources)

    def where(self, *keys: str) -> Trail:
        """Return where `sources.<keys>` was decided: below the org if it says so, else at the top."""
        here: object = self.part.sources
        for key in keys:
            if not isinstance(here, Part) or key not in here.model_fields_set:
                return ("sources", *keys)
            here = getattr(here, key)
        return ("orgs", self.name, "sources", *keys)

    def directory(self) -> DirectorySettings:
        """Return how the directory is read."""
        part = self.asked.directory
        return DirectorySettings(interval=part.interval, select=_selection(part.select))

    def queues(self) -> QueuesSettings | None:
        """Return how queues are asked for, if they are."""
        part = self.asked.queues
        low, high = TIMEOUTS
        timeout = min(max(part.interval, low), high) if part.timeout is None else part.timeout
        return QueuesSettings(interval=part.interval, timeout=timeout) if part.enabled else None

    def service_level(self) -> ServiceLevelSettings | None:
        """Return how the service level is asked for, if it is."""
        part = self.asked.service_level
        if not part.enabled:
            return None
        guides = self.part.dialect == "guides"
        if guides:
            self._known_to_guides(part)
        return ServiceLevelSettings(
            interval=part.interval,
            timeout=part.timeout,
            windows=tuple(Window(window.length, window.aligned) for window in part.windows),
            thresholds=tuple(part.thresholds),
            lag=part.lag,
            formula=Formula(
                abandons=part.formula.abandons,
                short_abandons=part.formula.short_abandons,
                flow_outs=part.formula.flow_outs,
            ),
            self_check=part.self_check and not guides,
        )

    def agents(self) -> AgentsSettings | None:
        """Return how agents are asked for, if they are."""
        part = self.asked.agents
        if not part.enabled:
            return None
        return AgentsSettings(
            interval=part.interval,
            timeout=part.timeout,
            bucket=part.bucket,
            lag=part.lag,
            ids=tuple(dict.fromkeys(part.ids)),
            include_names=part.include_names,
            agents_cap=part.agents_cap,
        )

    def workitems(self) -> WorkitemsSettings | None:
        """Return how work items are asked for, if they are."""
        part = self.asked.workitems
        timeout = WORKITEMS_TIMEOUTS[self.part.dialect] if part.timeout is None else part.timeout
        if not part.enabled:
            return None
        return WorkitemsSettings(
            interval=part.interval, timeout=timeout, bucket=part.bucket, select=_selection(part.select)
        )

    def strategies(self) -> StrategiesSettings | None:
        """Return how routing strategies are evaluated, if they are; weights are looked at in any case."""
        part = self.asked.strategies
        weights = self._weights(part.weights)
        if not part.enabled:
            return None
        return StrategiesSettings(
            interval=part.interval,
            timeout=part.timeout,
            span=part.span,
            ids=tuple(dict.fromkeys(part.ids)),
            weights=weights,
            webhook=self._webhook(),
            audit_path=self.audit(part.audit_file),
        )

    def _known_to_guides(self, part: ServiceLevelPart) -> None:
        """Refuse what the file says about parts that the dialect does not have."""
        said = self.part.sources.service_level.model_fields_set | self.shared.service_level.model_fields_set
        for key, meant in (("formula", True), ("self_check", part.self_check)):
            if key in said and meant:
                self.vault.report.add(
                    self.where("service_level", key),
                    f"is not known to the dialect guides, which {self.name} speaks",
                    "its service level is of what was answered; remove it, or write it below other orgs",
                )

    def _weights(self, part: WeightsPart) -> Weights:
        total = math.fsum((part.handled, part.answer, part.abandoned))
        if abs(total - 1) > SUM_TOLERANCE:
            hint = f"handled {part.handled:g}, answer {part.answer:g}, abandoned {part.abandoned:g}"
            trail = self.where("strategies", "weights")
            self.vault.report.add(trail, f"should sum to 1, not {total:.10g}", hint)
        return Weights(handled=part.handled, answer=part.answer, abandoned=part.abandoned)

    def _webhook(self) -> Secret | None:
        """Return the BI webhook. An org that says anything about where it is says all of it."""
        own = self.part.sources.strategies
        part = own if own.model_fields_set.intersection(_WEBHOOK) else self.shared.strategies
        top: Trail = ("sources",) if part is not own else ("orgs", self.name, "sources")
        trail: Trail = (*top, "strategies", "webhook_url")
        url = self.vault.secret(trail, part.webhook_url, part.webhook_url_file)
        if url:
            try:
                places.webhook(url.reveal(), allow_http=self.asked.strategies.allow_http)
            except places.Unusable as error:
                key = "webhook_url" if part.webhook_url is not None else "webhook_url_file"
                self.vault.report.add((*trail[:-1], key), error.problem, error.hint)
        return url


def _selection(part: SelectPart) -> Selection:
    return Selection(
        ids=tuple(dict.fromkeys(part.ids)), names=tuple(part.names), divisions=tuple(part.divisions)
    )
