"""Text from strangers, made safe to store, encode and print."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

NAME_LIMIT = 200
"""Characters kept of a name: Genesys allows 256 for a queue; a label needs fewer (FAULTS.md F46)."""

_HIDDEN = {"Cc", "Cs", "Cf", "Zl", "Zp", "Co"}
"""Unicode categories that break terminals, encoders or reading order: control characters, lone
surrogates, format characters (bidi overrides, zero width), line separators, private use."""


def clean(text: str, limit: int = NAME_LIMIT) -> str:
    """Return `text` without hidden characters, with single spaces, at most `limit` characters long.

    Remembered, because every poll brings the same names, media types and statuses again. Cut before that,
    so that what is remembered stays small; four times the limit leaves room for what is taken out.
    """
    return _cleaned(text[: limit * 4], limit)


@lru_cache(maxsize=32_768)
def _cleaned(text: str, limit: int) -> str:
    if text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text:
        return text.strip()
    kept = "".join(" " if unicodedata.category(char) in _HIDDEN else char for char in text)
    joined = " ".join(unicodedata.normalize("NFC", kept).split())
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"
