"""What is said of `/api/v1/rules`."""

from __future__ import annotations

from monitor.model.rule import Action, Severity, Verdict
from monitor.web.access import Scope
from monitor.web.document.operation import Operation, paged, paging
from monitor.web.document.schema import flag, mapping, maybe, number, record, ref, several, text, whole, word

TAG = "rules"

_SEVERITY = word(Severity)
_SECONDS = number("Seconds.")
_VERDICTS = (Verdict.NO_DATA, Verdict.ERROR, Verdict.STALE, Verdict.IDLE, Verdict.BREACHED, Verdict.CLEAR)

SCHEMAS = {
    "RuleLevel": record(
        "Entered below `low` or above `high`, left at the clear edges; null where there is no such edge.",
        severity=_SEVERITY,
        low=maybe(number()),
        high=maybe(number()),
        clear_low=maybe(number()),
        clear_high=maybe(number()),
        for_=number("Seconds it has to be breached before it fires."),
        truth=flag("The level of a condition that is true or false."),
    ),
    "Burn": record(
        "How fast a budget burns over two windows.",
        severity=_SEVERITY,
        objective=number("0 to 1."),
        long=text(),
        short=text(),
        factor=number(),
        for_=_SECONDS,
    ),
    "Matcher": record(
        "What one label has to be: any of the globs, or the whole of the regex.",
        label=text(),
        globs=several(text()),
        regex=maybe(text()),
    ),
    "Guard": record(
        "What has to be true besides for a breach to count.",
        volume=maybe(text("A metric.")),
        at_least=number(),
        confidence=maybe(number("0 to 1.")),
    ),
    "Rule": record(
        "One rule as it is judged now; it judges a metric, or an expression.",
        name=text(),
        summary=text("The rule in one line."),
        metric=text(),
        expr=text(),
        levels=several(ref("RuleLevel"), "Mildest first."),
        burns=several(ref("Burn")),
        matchers=several(ref("Matcher")),
        keep_firing_for=_SECONDS,
        guard=maybe(ref("Guard")),
        unknown=mapping(
            record(action=word(Action), for_=_SECONDS),
            "What each kind of unknown does after so long.",
            propertyNames={"enum": list(_VERDICTS)},
        ),
        during=several(text(), "Calendars."),
        not_during=several(text(), "Calendars."),
        overrides=several(record(during=text("A calendar."), levels=several(ref("RuleLevel")))),
        flapping=flag("Whether an alert that comes and goes is kept back."),
        inhibit_members=flag(),
        labels=mapping(text()),
        annotations=mapping(text()),
        firing=whole("Alerts of it that fire."),
        pending=whole("Alerts of it that are about to."),
    ),
}

OPERATIONS = (
    Operation(
        id="list_rules",
        path="/api/v1/rules",
        scope=Scope.READ,
        tag=TAG,
        about="The rules that are judged now, by name.",
        parameters=paging(),
        answers={200: paged("rules", "Rule")},
        problems=(400,),
        tagged=True,
    ),
)
