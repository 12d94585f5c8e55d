"""A sentence in both languages, and the choice between them."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Language = Literal["es", "en"]
Params = Mapping[str, Any]


class Text(NamedTuple):
    """One sentence in both languages, with ``{parameters}`` in the style of ``str.format``."""

    es: str
    en: str


def choose_language(accept_language: str | None) -> Language:
    """Return the language an ``Accept-Language`` header asks for (RFC 9110, section 12.5.4); Spanish unless
    English is preferred to it."""
    weights: dict[str, float] = {}
    for item in (accept_language or "").split(","):
        tag, _, parameters = item.partition(";")
        name, _, weight = parameters.partition("=")
        try:
            quality = float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        primary = tag.strip().lower().partition("-")[0]
        weights[primary] = max(quality, weights.get(primary, 0.0))
    wildcard = weights.get("*", 0.0)
    return "en" if weights.get("en", wildcard) > weights.get("es", wildcard) else "es"


def render(text: Text, params: Params, language: Language) -> str:
    """Return the sentence with its parameters filled in; lists are joined with commas. A parameter that is
    not there (the code was written by an older worker) is shown as a gap."""
    words = defaultdict(lambda: "…", params)
    for key, value in params.items():
        if isinstance(value, list):
            words[key] = ", ".join(map(str, value))
    return (text.en if language == "en" else text.es).format_map(words)
