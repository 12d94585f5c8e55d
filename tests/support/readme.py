"""The README as something to run: its commands, and what it says that they print."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

README = Path(__file__).resolve().parents[2] / "README.md"

_BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```(?:\n```json\n(?P<answer>.*?)```)?", re.DOTALL)
_TABLE_ROW = re.compile(
    r"^\| `(?P<name>[A-Z0-9_]+)` \| (?P<default>[^|]*) \| (?P<meaning>[^|]+) \|$", re.MULTILINE
)


class Example(NamedTuple):
    """A block of commands, and the JSON document that stands under it."""

    commands: str
    answer: str | None


def examples() -> list[Example]:
    """Return the shell blocks of the README, in their order."""
    return [Example(match["commands"], match["answer"]) for match in _BLOCK.finditer(README.read_text())]


def variables() -> dict[str, str]:
    """Return the variables of the configuration table with their defaults, as they stand there."""
    return {row["name"]: row["default"].strip().strip("`") for row in _TABLE_ROW.finditer(README.read_text())}


def matches(shown: Any, answered: Any) -> bool:
    """Return whether an answer is what the README shows, where ``…`` stands for whatever may differ.

    In a text it stands for any characters, at the end of a list for the rest of it.
    """
    if isinstance(shown, str):
        pattern = ".+".join(map(re.escape, shown.split("…")))
        return isinstance(answered, str) and re.fullmatch(pattern, answered) is not None
    if isinstance(shown, dict):
        return (
            isinstance(answered, dict)
            and shown.keys() == answered.keys()
            and all(matches(value, answered[key]) for key, value in shown.items())
        )
    if isinstance(shown, list):
        open_end = bool(shown) and shown[-1] == "…"
        expected = shown[:-1] if open_end else shown
        return (
            isinstance(answered, list)
            and (len(answered) > len(expected) if open_end else len(answered) == len(expected))
            and all(matches(*pair) for pair in zip(expected, answered, strict=False))
        )
    return bool(shown == answered) and type(shown) is type(answered)


def parse(answer: str) -> Any:
    """Return the JSON document that stands under an example."""
    return json.loads(answer)
