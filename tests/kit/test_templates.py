"""Templates: what they may say, what they may not, and that data can do nothing to them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.kit import templates
from monitor.kit.filters import FILTERS, MARK, OUTPUT_LIMIT
from monitor.kit.templates import SOURCE_LIMIT, TemplateProblem
from monitor.model.naming import ANNOTATION_NAMES, EVENT_NAMES

CONTEXT: dict[str, object] = {
    "queue": "Support",
    "value": 0.7142857,
    "numerator": 30.0,
    "denominator": 42.0,
    "threshold": None,
    "data_age_seconds": 90.0,
    "episode": 3,
    "drill": True,
    "owner": "",
    "fired_at": "2026-11-21T09:04:00.000Z",
    "labels": {"team": "one", "class": "gold"},
    "alerts": [{"queue": "Support", "value": 0.5}, {"queue": "Sales"}],
}


def rendered(text: str, **changes: object) -> str:
    """What a template makes of the context."""
    return templates.compile(text, EVENT_NAMES).render({**CONTEXT, **changes})


def problem(text: str) -> TemplateProblem:
    """What is wrong with a template."""
    with pytest.raises(TemplateProblem) as caught:
        templates.compile(text, EVENT_NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        ("plain, with a newline\n", "plain, with a newline\n"),
        (
            "{{queue}} at {{value | percent}} ({{numerator}} of {{denominator}})",
            "Support at 71.4 % (30 of 42)",
        ),
        ("{{value}} {{threshold}} {{drill}} {{episode}}", "0.714 – yes 3"),
        ("{{value|percent(digits=0)}} {{value|round(2)}} {{value|number(1)}}", "71 % 0.71 0.7"),
        ("{{data_age_seconds|duration}}", "1 m 30 s"),
        (
            "{{fired_at|local('Europe/Berlin')}} {{fired_at|local}}",
            "2026-11-21 10:04 CET 2026-11-21 09:04 UTC",
        ),
        ("{{queue|upper}} {{queue|lower}} {{queue|truncate(4)}}", "SUPPORT support Sup…"),
        ("{{queue|replace('Supp', 'R')}}", "Rort"),
        ("{{owner|default('nobody')}} {{owner|default(queue)}}", "nobody Support"),
        ("{{labels.team}} {{labels['class']}} {{labels}}", "one gold team=one, class=gold"),
        ("{{labels.nothing.deeper}}", "–"),
        ("{% if value < 0.8 and not owner %}low{% elif drill %}x{% else %}y{% endif %}", "low"),
        ("{{ 'low' if 0.5 < value < 0.8 else 'fine' }}", "low"),
        ("{{ 'yes' if queue in ['Support', 'Sales'] else 'no' }}", "yes"),
        ("{{ value > -1 }}", "yes"),
        (
            "{% for a in alerts %}{{loop.index}} {{a.value}}{% if not loop.last %};{% endif %}{% endfor %}",
            "1 0.5;2 –",
        ),
        ("{% for one in alerts if one.value > 0.1 %}\n{{one.queue}}\n{% endfor %}\n", "Support\n"),
        ("{% raw %}{{queue}}{% endraw %}{# a remark #}", "{{queue}}"),
    ],
)
def test_a_template_says(text: str, made: str):
    """Everything a template may hold, with what it makes."""
    assert rendered(text) == made


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("{{ quueue }}", "'quueue'", "'queue'"),
        ("{{ queue | uper }}", "'uper'", "'upper'"),
        ("{% for a in alerts %}{{ a.quue }}{% endfor %}", "'quue'", "'queue'"),
        ("{% for a in alerts %}{{ loop.cycle }}{% endfor %}", "'cycle'", "index"),
        ("{{ a.queue }}", "'a'", ""),
        ("{% for a in alerts %}{% endfor %}{{ a }}", "'a'", ""),
        ("{{ loop.index }}", "'loop'", ""),
        ("{{ fired_at | local('Europe/Berln') }}", "local", "Europe/Berln"),
        ("{{ fired_at | local(zon='UTC') }}", "local", "zone"),
        ("{{ value | percent(20) }}", "percent", "0 to 9"),
        ("{{ value | percent('2') }}", "percent", "0 to 9"),
        ("{{ value | percent(digits=value) }}", "plain values", ""),
        ("{{ value | upper(1) }}", "upper", "nothing"),
        ("{{ queue | replace('', 'x') }}", "replace", "64"),
        ("{{ queue | replace('a', '" + "x" * 65 + "') }}", "replace", "64"),
        ("{{ queue | join('" + "x" * 65 + "') }}", "join", "64"),
        ("{{ queue.upper() }}", "calls", "filters"),
        ("{{ range(9) }}", "calls", ""),
        ("{{ value * 2 }}", "arithmetic", ""),
        ("{{ 'x' * 1000000000 }}", "arithmetic", ""),
        ("{{ queue ~ queue }}", "~", ""),
        ("{{ queue[value] }}", "computed", ""),
        ("{{ queue[0:2] }}", "computed", ""),
        ("{{ value is defined }}", "tests", ""),
        ("{{ {'a': 1} }}", "mappings", ""),
        ("{{ [queue, alerts] }}", "all alerts", ""),
        ("{{ (alerts, 1) | join }}", "all alerts", ""),
        ("{% set x = 1 %}", "set", ""),
        ("{% set x %}{% endset %}", "set", ""),
        ("{% include 'x' %}", "include", ""),
        ("{% import 'x' as y %}", "import", ""),
        ("{% extends 'x' %}", "extends", ""),
        ("{% macro m() %}{% endmacro %}", "macro", ""),
        ("{% block b %}{% endblock %}", "block", ""),
        ("{% filter upper %}x{% endfilter %}", "filter blocks", ""),
        ("{% with a = 1 %}{% endwith %}", "with", ""),
        ("{% for a in labels %}{% endfor %}", "only alerts", "in alerts"),
        ("{% for a, b in alerts %}{% endfor %}", "one name", ""),
        ("{% for a in alerts recursive %}{% endfor %}", "one name", ""),
        ("{% for a in alerts %}{% for b in alerts %}{% endfor %}{% endfor %}", "loop in a loop", ""),
        ("{% for a in alerts %}{% endfor %}" * 9, "8 loops", ""),
        ("{{ 1e999 }}", "too large", ""),
        ("{{ " + "9" * 5000 + " }}", "too large", ""),
        ("{{ -1000000000000000000 }}", "too large", ""),
        ("{{ queue", "end of template", ""),
        ("{% if queue %}", "endif", ""),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested", ""),
        ("{{ queue" + "|upper" * 100 + " }}", "nested", ""),
        ("{% if queue %}" * 200 + "{% endif %}" * 200, "nested", ""),
        ("x" * (SOURCE_LIMIT + 1), "characters", str(SOURCE_LIMIT)),
    ],
)
def test_what_a_template_may_not_hold(text: str, said: str, hint: str):
    """Each is refused when it is compiled, in words that say what and what instead."""
    wrong = problem(text)
    assert said in wrong.problem
    assert hint in wrong.hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ queue.__class__.__mro__ }}",
        "{{ queue['__class__'] }}",
        "{{ labels.__init__.__globals__ }}",
        "{{ labels|attr('__class__') }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__ }}",
        "{{ lipsum }}",
        "{{ config }}",
        "{{ ''.format_map(labels) }}",
        "{{ '%s'|format(queue) }}",
        "{% for a in alerts %}{{ loop.__class__ }}{% endfor %}",
        "{% for a in [].__class__ %}{% endfor %}",
        "{{ _ }}",
        "{{ ' each' }}{{ queue | each }}",
    ],
)
def test_there_is_no_way_out(text: str):
    """The ways out of a sandbox that are known end at the first check."""
    with pytest.raises(TemplateProblem):
        templates.compile(text, EVENT_NAMES)


@pytest.mark.parametrize(
    "text", ["{{queue.upper}}", "{{labels.items}}", "{{value.real}}", "{{alerts.append}}"]
)
def test_objects_have_no_attributes(text: str):
    """Only entries of mappings are reached: what Python's objects can do is not there."""
    assert rendered(text) == "–"


def test_the_loop_itself_is_nothing_to_show():
    """What counts the rounds is an object, and marked as all of these."""
    assert rendered("{% for a in alerts %}{{ loop }}{% endfor %}") == MARK * 2


def test_the_line_of_a_problem_is_said():
    """Where to look, from 1."""
    wrong = problem("one\ntwo\n{{ quueue }}\n")
    assert wrong.line == 3
    assert str(wrong).startswith("line 3: ")


def test_names_are_the_callers():
    """An annotation has no annotations to speak of."""
    with pytest.raises(TemplateProblem, match="annotations"):
        templates.compile("{{ annotations.summary }}", ANNOTATION_NAMES)
    with pytest.raises(TemplateProblem, match="gone through"):
        templates.compile("{% for a in alerts %}{% endfor %}", ANNOTATION_NAMES)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ queue | percent }} at {{ queue }}", f"{MARK} at Support"),
        ("{{ queue | duration }}.", f"{MARK}."),
        ("{{ queue | local }}.", f"{MARK}."),
        ("{{ threshold | percent }}.", "–."),
        ("{{ value < threshold }}{{ queue < 3 }}{{ queue in value }}", "nonono"),
        ("{% for a in alerts %}{{ a.value > 0 }} {% endfor %}", "yes no "),
        ("{{ org }} {{ rule.x.y }}", "– –"),
    ],
)
def test_what_cannot_be_shown_is_marked(text: str, made: str):
    """Rendering goes on: the text stays, and only what fails is missing or marked."""
    assert rendered(text) == made


@pytest.mark.parametrize("alerts", [None, 3, "text", {"a": 1}])
def test_what_is_no_list_is_not_gone_through(alerts: object):
    """A single event's missing alerts, or anything else, are no rounds."""
    assert rendered("a{% for a in alerts %}x{% endfor %}b", alerts=alerts) == "ab"


def test_output_ends_at_its_limit():
    """What is made is cut there, and no more of a long loop is gone through than it takes."""
    asked = 0

    class Counting(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            nonlocal asked
            asked += 1
            return super().__getitem__(name)

    alerts = [Counting(queue="q" * 100)] * 100_000
    text = rendered("{% for a in alerts %}{{ a.queue }}{% endfor %}", alerts=alerts)
    assert len(text) == OUTPUT_LIMIT
    assert text.endswith("q…")
    assert asked <= OUTPUT_LIMIT // 100 + 1


STORM = [{"queue": "q" * 200, "labels": {f"l{n}": "x" * 200 for n in range(30)}} for _ in range(200)]
LOOP = (
    "{% for a in alerts %}{% if a.queue|" + "|".join(["replace('q', 'qq')"] * 20) + " == 'x' %}y{% endif %}"
)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ((LOOP + "{% endfor %}") * 8, True),
        ("{% if alerts|join == 'x' %}y{% endif %}" * 400, False),
        ("{% if alerts|truncate(3) == 'x' %}y{% endif %}" * 340, False),
        ("{{ alerts }}", False),
        ("{{ [labels, labels, labels, labels] }}", False),
    ],
)
def test_no_template_takes_long(text: str, mark: bool):
    """Whatever it makes and throws away; what asks for too much ends with a mark."""
    template = templates.compile(text, EVENT_NAMES)
    context = {**CONTEXT, "alerts": STORM, "labels": {"all": STORM}}
    started = time.process_time()
    shown = template.render(context)
    template.value(context)
    assert time.process_time() - started < 1.0
    assert shown.endswith("[?]") == mark


def test_a_value_has_parts_enough_and_no_more():
    """What is more than any body has room for is left out."""
    template = templates.compile("{{ alerts }}", EVENT_NAMES)
    found = template.value({"alerts": [{"queue": number} for number in range(50_000)]})
    assert isinstance(found, list)
    assert 4_000 < len(found) <= 10_000
    assert found[0] == {"queue": 0}


def test_a_limit_may_be_another():
    """A caller with less room says so."""
    assert templates.compile("{{queue}}", EVENT_NAMES).render(CONTEXT, limit=4) == "Sup…"


def test_data_is_never_a_template():
    """A queue called like a template is shown as it is called."""
    assert rendered("{{queue}}", queue="{{ 7*7 }}{% raw %}") == "{{ 7*7 }}{% raw %}"
    assert rendered("{{queue|replace('a', '{{value}}')}}", queue="a") == "{{value}}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ value }}", 0.7142857),
        ("{{ episode }}", 3),
        ("{{ drill }}", True),
        ("{{ threshold }}", None),
        ("{{ org }}", None),
        ("{{ labels }}", {"team": "one", "class": "gold"}),
        ("{{ labels.team }}", "one"),
        ("{{ alerts }}", [{"queue": "Support", "value": 0.5}, {"queue": "Sales"}]),
        ("{{ value | percent }}", "71.4 %"),
        ("{{ value < 0.8 }}", True),
        ("{{ queue | percent }}", MARK),
        (" {{ value }}", " 0.714"),
        ("{{ value }}{{ value }}", "0.7140.714"),
        ("{% if drill %}{{ value }}{% endif %}", "0.714"),
        ("value", "value"),
        ("", ""),
    ],
)
def test_a_single_expression_has_a_value(text: str, value: object):
    """A whole `{{ }}` keeps its type; anything more is text."""
    assert templates.compile(text, EVENT_NAMES).value(CONTEXT) == value


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_value_is_never_what_json_lacks(number: float):
    """Neither at the top nor within."""
    assert templates.compile("{{ value }}", EVENT_NAMES).value({"value": number}) is None
    assert templates.compile("{{ labels }}", EVENT_NAMES).value({"labels": {"a": [number]}}) == {"a": [None]}


def test_a_value_is_cut():
    """Texts of a value are as bounded as those that are rendered."""
    template = templates.compile("{{ labels }}", EVENT_NAMES)
    assert template.value({"labels": {"a": "x" * 9}}, limit=4) == {"a": "xxx…"}


def test_dates_may_be_dates():
    """A caller may hand over what it has."""
    when = datetime(2026, 11, 21, 9, 4, tzinfo=UTC)
    assert rendered("{{fired_at|local}} {{fired_at}}", fired_at=when) == (
        "2026-11-21 09:04 UTC 2026-11-21T09:04:00+00:00"
    )


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from([10**400, object(), b"bytes", {1, 2}, datetime(1, 1, 1, tzinfo=UTC)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def expressions() -> Iterator[str]:
    """Every filter on every kind of place, comparisons, conditions, a loop."""
    for name in FILTERS:
        arguments = "('a', 'b')" if name == "replace" else ""
        yield f"{{{{ queue | {name}{arguments} }}}}"
        yield f"x {{{{ labels.a | {name}{arguments} }}}} y"
    yield "{{ queue < value }}{{ queue == labels }}{{ value in queue }}{{ queue not in alerts }}"
    yield "{% if queue > 3 %}a{% else %}{{ queue }}{% endif %}"
    yield "{% for a in alerts %}{{ a }}{{ a.queue }}{{ loop.last }}{% endfor %}"
    yield "{{ queue[0] }}{{ labels['a'].b.c }}{{ alerts[7].queue }}"
    yield "{{ 'a' if queue else labels }}{{ queue and value or alerts }}"


TEMPLATES = [templates.compile(text, EVENT_NAMES) for text in expressions()]


@settings(max_examples=200)
@given(
    queue=ODD,
    value=ODD,
    labels=ODD | st.dictionaries(st.just("a"), ODD),
    alerts=ODD | st.lists(ODD, max_size=3),
)
def test_rendering_never_raises(queue: Any, value: Any, labels: Any, alerts: Any):
    """Whatever the data is, there is a text of bounded length, and a value."""
    context = {"queue": queue, "value": value, "labels": labels, "alerts": alerts}
    for template in TEMPLATES:
        assert len(template.render(context)) <= OUTPUT_LIMIT
        template.value(context)


TAGS = ("{{", "}}", "{%", "%}", "{#", "#}", "if", "for", "in", "endfor", "endif", "else", "raw")
WORDS = ("queue", "alerts", "a", "and", "percent", "__class__", "|", "(", ")", "[", "]", "'", "1", "<", ".")
PIECES = (*TAGS, *WORDS, " ", "\n")


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=30,
    ).map("".join)
)
def test_any_text_is_a_template_or_a_problem(text: str):
    """No text makes the compiler fail in any other way, and what it takes can be rendered."""
    try:
        template = templates.compile(text, EVENT_NAMES)
    except TemplateProblem:
        return
    assert isinstance(template.render(CONTEXT), str)
    template.value(CONTEXT)
