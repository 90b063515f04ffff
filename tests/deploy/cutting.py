"""Takes PromQL apart: the selectors in an expression, and the expression with its comparisons relaxed. Pure.

An alert's expression is empty while all is well, and also when a label in it is misspelt. Its selectors must
find something, and with relaxed comparisons so must the whole.
"""

from tests.deploy.promql import LISTS, WORDS, tokens

_COMPARISONS = {"==", "!=", "<", ">", "<=", ">="}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def selectors(promql: str) -> list[str]:
    """Every vector selector, as instant vectors: without ranges and offsets; each once, in order."""
    words = [*tokens(promql), ""]
    found: dict[str, None] = {}
    place = 0
    while words[place]:
        word, after = words[place], words[place + 1]
        if word == "[" or (word.lower() in LISTS and after == "("):
            place = words.index(_CLOSING[after if word != "[" else word], place)
        elif word == "{" or (_is_metric(word) and after != "(" and after.lower() not in LISTS):
            end = words.index("}", place) if "{" in {word, after} else place
            found["".join(words[place : end + 1])] = None
            place = end
        place += 1
    return list(found)


def relaxed(promql: str) -> str:
    """The expression with every comparison saying 0 or 1 instead of dropping series, and no `unless`."""
    words = [*tokens(promql), ""]
    inside = False
    for place, word in enumerate(words):
        inside = word == "{" or (inside and word != "}")
        if word in _COMPARISONS and not inside and words[place + 1] != "bool":
            words[place] = f"{word} bool"
        elif word.lower() == "unless":
            words[place] = "and"
    return " ".join(words).strip()


def _is_metric(word: str) -> bool:
    return (word[0].isalpha() or word[0] in "_:") and word.lower() not in LISTS | WORDS
