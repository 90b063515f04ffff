"""Small templates from a user's configuration; the only door to Jinja. Pure.

In: a text with `{{ name | filter }}`, `{% if %}` and `{% for … in alerts %}`, the names it may use. Out:
text, or the value of a single expression. What it may hold is a short list, checked when it is compiled:
nothing is called, assigned, imported or reckoned, and only entries of mappings are reached, never attributes
of objects. Data is never compiled. Rendering never raises: what cannot be shown becomes a mark. Nor does it
take long: loops and filters spend what work there is, and a mark ends a template that wants more.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NoReturn

from jinja2 import ChainableUndefined, Environment, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2 import Template as Compiled
from jinja2.environment import TemplateExpression
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from monitor.kit.filters import COMPARISONS, FAULTS, FILTERS, MARK, OUTPUT_LIMIT, Budget, plain, shown

SOURCE_LIMIT = 16_384
"""Characters of a template."""

_DEPTH = 32
"""How deep expressions nest: far below what Python's own compiler takes."""

_LARGEST = 1e15
"""From here on a float does not hold every whole number; infinity has no literal in Python."""

_LOOPS = 8
"""Loops of a template: together with the output limit they bound the work it makes."""

_ALERTS = "alerts"
"""The one list there is to go through."""

_LOOP_FACTS = ("index", "first", "last", "length")


class TemplateProblem(ValueError):
    """A template that cannot be used: what is wrong, what to write instead, and in which line, from 1."""

    def __init__(self, problem: str, hint: str = "", line: int = 1) -> None:
        super().__init__(f"line {line}: {problem}" + (f"; {hint}" if hint else ""))
        self.problem = problem
        self.hint = hint
        self.line = line


_BUDGET = " budget"
"""Where a template's filters find what is left: no name that a text can hold."""


class Template:
    """A compiled template."""

    def __init__(self, text: Compiled, expression: TemplateExpression | None) -> None:
        self._text = text
        self._expression = expression

    def render(self, context: Mapping[str, object], limit: int = OUTPUT_LIMIT) -> str:
        """Return at most `limit` characters; nothing is made beyond them."""
        found: list[str] = []
        length = 0
        for piece in self._pieces(context):
            found.append(piece)
            length += len(piece)
            if length > limit:
                return "".join(found)[: limit - 1] + "…"
        return "".join(found)

    def value(self, context: Mapping[str, object], limit: int = OUTPUT_LIMIT) -> object:
        """Return the value itself where the text is exactly one `{{ expression }}`, else the rendered text.

        It is made of None, bool, int, finite float, str, and mappings and lists of these.
        """
        if self._expression is None:
            return self.render(context, limit)
        try:
            return plain(_present(self._expression({**context, _BUDGET: Budget()})), limit)
        except FAULTS:
            return MARK

    def _pieces(self, context: Mapping[str, object]) -> Iterator[str]:
        try:
            known = {**context, _BUDGET: Budget()}
            yield from self._text.root_render_func(self._text.new_context(known, shared=True))
        except FAULTS:
            yield MARK


def compile(text: str, names: Collection[str]) -> Template:  # noqa: A001 - what it does, as in `re`
    """Return the template that `text` is; it may use `names`, and of each of `alerts` the same.

    Raises:
        TemplateProblem: it cannot be used, and why.
    """
    if len(text) > SOURCE_LIMIT:
        raise TemplateProblem(
            f"the template has {len(text)} characters", f"at most {SOURCE_LIMIT} are allowed"
        )
    try:
        tree = _ENVIRONMENT.parse(text)
        _Check(names).body(tree.body)
        only = _only(tree)
        ready = _Tolerant().visit(tree)
        expression = None if only is None else _expression(_Tolerant().visit(only))
        return Template(_ENVIRONMENT.from_string(ready), expression)
    except TemplateSyntaxError as error:
        raise TemplateProblem(error.message or "it is no template", line=error.lineno) from error
    # Numbers of a thousand digits, brackets in brackets: what the parser itself gives up on.
    except (RecursionError, ArithmeticError, MemoryError, SyntaxError) as error:
        raise TemplateProblem("it is too deeply nested") from error
    except TemplateProblem:
        raise
    # The parser's only other complaint: a number of more digits than Python reads.
    except ValueError as error:
        raise TemplateProblem("a number is too large") from error


def _only(tree: nodes.Template) -> nodes.Expr | None:
    """Return the expression that is all there is, if it is."""
    match tree.body:
        case [nodes.Output(nodes=[nodes.TemplateData()])]:
            return None
        case [nodes.Output(nodes=[expression])]:
            return expression
    return None


def _expression(expression: nodes.Expr) -> TemplateExpression:
    # As Environment.compile_expression does, which takes only text.
    target = nodes.Name("result", "store", lineno=1)
    tree = nodes.Template([nodes.Assign(target, expression, lineno=1)], lineno=1)
    return TemplateExpression(_ENVIRONMENT.from_string(tree), undefined_to_none=True)


class _Check:
    """Whether a template holds only what it may."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._loop = ""
        self._loops = 0

    def body(self, found: Iterable[nodes.Node]) -> None:
        for node in found:
            match node:
                case nodes.Output():
                    for part in node.nodes:
                        self._expression(part)
                case nodes.If():
                    self._expression(node.test)
                    self.body([*node.body, *node.elif_, *node.else_])
                case nodes.For():
                    self._for(node)
                case _:
                    _refuse(node)

    def _for(self, node: nodes.For) -> None:
        target, self._loops = node.target, self._loops + 1
        if self._loop:
            raise TemplateProblem("a loop in a loop is not allowed", line=node.lineno)
        if self._loops > _LOOPS:
            raise TemplateProblem(f"there are more than {_LOOPS} loops", line=node.lineno)
        if not (isinstance(node.iter, nodes.Name) and node.iter.name == _ALERTS in self._names):
            hint = "write {% for alert in alerts %}" if _ALERTS in self._names else ""
            raise TemplateProblem("only alerts can be gone through here", hint, node.lineno)
        if not isinstance(target, nodes.Name) or node.recursive or target.name == "loop":
            raise TemplateProblem("a loop has one name of its own", "", node.lineno)
        self.body(node.else_)
        self._loop = target.name
        if node.test is not None:
            self._expression(node.test)
        self.body(node.body)
        self._loop = ""

    def _expression(self, node: nodes.Node, depth: int = 0) -> None:
        if depth > _DEPTH:
            raise TemplateProblem("an expression is too deeply nested", line=node.lineno)
        match node:
            case nodes.Name():
                self._name(node)
            case (
                nodes.Getattr(node=inner, attr=str(entry))
                | nodes.Getitem(node=inner, arg=nodes.Const(value=str(entry)))
            ):
                self._entry(inner, entry, node.lineno)
            case nodes.Filter() if node.node is not None:
                _filter(node)
            case nodes.Const(value=int() | float() as figure) if not abs(figure) < _LARGEST:
                raise TemplateProblem("a number is too large", line=node.lineno)
            case nodes.Neg(node=nodes.Const(value=int() | float())):
                pass
            case nodes.Getitem(arg=nodes.Const(value=int())):
                pass
            case _ if not isinstance(node, _ALLOWED):
                _refuse(node)
        for child in _inner(node):
            self._expression(child, depth + 1)

    def _name(self, node: nodes.Name) -> None:
        if self._loop and node.name in {self._loop, "loop"}:
            return
        if node.name not in self._names:
            raise TemplateProblem(
                f"there is no {node.name!r} here", _near(node.name, self._names), node.lineno
            )

    def _entry(self, inner: nodes.Expr, entry: str, line: int) -> None:
        if entry.startswith("_"):
            raise TemplateProblem(f"{entry!r} cannot be reached", line=line)
        if not self._loop or not isinstance(inner, nodes.Name):
            return
        known = {self._loop: self._names, "loop": _LOOP_FACTS}.get(inner.name)
        if known is not None and entry not in known:
            raise TemplateProblem(f"{inner.name} has no {entry!r}", _near(entry, known), line)


_ALLOWED = (
    nodes.TemplateData, nodes.Const, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Keyword, nodes.List, nodes.Tuple,
)  # fmt: skip


def _inner(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if (
            isinstance(node, nodes.List | nodes.Tuple)
            and isinstance(child, nodes.Name)
            and child.name == _ALERTS
        ):
            raise TemplateProblem("a list cannot hold all alerts", line=node.lineno)
        yield child


def _refuse(node: nodes.Node) -> NoReturn:
    what = type(node).__name__.lower()
    raise TemplateProblem(
        f"a template may not use {_WORDS.get(what, what)}",
        "it may use names, filters, if and for … in alerts",
        node.lineno,
    )


_WORDS = {
    "call": "calls", "getitem": "computed entries", "test": "tests", "concat": "~", "dict": "mappings",
    "add": "arithmetic", "sub": "arithmetic", "mul": "arithmetic", "div": "arithmetic", "pow": "arithmetic",
    "floordiv": "arithmetic", "mod": "arithmetic", "neg": "arithmetic", "pos": "arithmetic",
    "assign": "set", "assignblock": "set", "filterblock": "filter blocks",
}  # fmt: skip


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"


def _filter(node: nodes.Filter) -> None:
    """Check a filter's name, and what it is given, by trying it out."""
    if node.name not in FILTERS:
        raise TemplateProblem(f"there is no filter {node.name!r}", _near(node.name, FILTERS), node.lineno)
    one = FILTERS[node.name]
    given = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if node.dyn_args or node.dyn_kwargs or not all(isinstance(arg, nodes.Const) for arg in given):
        if node.name != "default" or len(given) != 1:
            raise TemplateProblem(f"{node.name} takes only plain values", line=node.lineno)
        return
    try:
        one.make(
            one.sample, *(arg.as_const() for arg in node.args), **dict(arg.as_const() for arg in node.kwargs)
        )
    except FAULTS as error:
        takes = ", ".join(list(inspect.signature(one.make).parameters)[1:]) or "nothing"
        hint = str(error) if isinstance(error, ValueError) else f"it takes {takes}"
        raise TemplateProblem(f"{node.name} cannot be used like this", hint, node.lineno) from error


class _Tolerant(NodeTransformer):
    """Puts comparisons and loops that cannot fail in the place of Python's."""

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802 - as the visitor wants it
        """Replace by filters: their names are none that a text can hold."""
        left = self.visit(node.expr)
        found: nodes.Expr | None = None
        for operand in node.ops:
            right = self.visit(operand.expr)
            one = nodes.Filter(left, f" {operand.op}", [right], [], None, None, lineno=node.lineno)
            found = one if found is None else nodes.And(found, one, lineno=node.lineno)
            left = right
        return node if found is None else found

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        """Go through a list, or through nothing."""
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, " each", [], [], None, None, lineno=node.lineno)
        return node


def _shown(value: object) -> str:
    """Return what `{{ value }}` prints."""
    try:
        return shown(_present(value))
    except FAULTS:
        return MARK


def _present(value: object) -> object:
    return None if isinstance(value, Undefined) else value


def _safe(name: str) -> Callable[..., object]:
    """Return the filter as templates get it: what is missing stays so, what fails is marked."""
    made = FILTERS[name].make

    @pass_context
    def called(context: Context, value: object, *given: object, **named: object) -> object:
        present = _present(value)
        if present is None and name != "default":
            return None
        try:
            found = made(present, *given, **named)
        except FAULTS:
            return MARK
        if not isinstance(found, str):
            return found
        _spend(context, len(found))
        return found[:OUTPUT_LIMIT]

    return called


def _spend(context: Context, characters: int) -> None:
    budget = context.parent.get(_BUDGET)
    if isinstance(budget, Budget):
        budget.spend(characters)


def _compared(made: Callable[..., object]) -> Callable[..., bool]:
    """Return the comparison, which is false for what cannot be compared."""

    @pass_context
    def called(context: Context, left: object, right: object) -> bool:
        _spend(context, 0)
        try:
            return bool(made(_present(left), _present(right)))
        except FAULTS:
            return False

    return called


@pass_context
def _each(context: Context, value: object) -> Iterator[object]:
    for one in value if isinstance(value, list | tuple) else ():
        _spend(context, 0)
        yield one


class _Sandbox(ImmutableSandboxedEnvironment):
    """Reaches entries of mappings and places of lists, and no attribute of anything."""

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, LoopContext) and attribute in _LOOP_FACTS:
            return Environment.getattr(self, obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(name=str(argument))


def _environment() -> _Sandbox:
    environment = _Sandbox(
        autoescape=False,
        finalize=_shown,
        undefined=ChainableUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update({name: _safe(name) for name in FILTERS})
    environment.filters[" each"] = _each
    for name, compared in COMPARISONS.items():
        environment.filters[f" {name}"] = _compared(compared)
    return environment


_ENVIRONMENT = _environment()
