"""Where a command writes: results to stdout, its progress to stderr, in the person's language."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text as Styled

from cli.errors import CommandError
from common.texts import Language, Text, render


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of the locale; Spanish unless it is English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "en" if environment[name].lower().startswith("en") else "es"
    return "es"


class Screen:
    """Two consoles and a language."""

    def __init__(self, language: Language, out: Console | None = None, err: Console | None = None) -> None:
        self.language = language
        self.out = out or Console(highlight=False)
        self.err = err or Console(stderr=True, highlight=False)

    def words(self, text: Text, **params: Any) -> str:
        """The sentence in the person's language."""
        return render(text, params, self.language)

    def say(self, text: Text, style: str = "", **params: Any) -> None:
        """Tell what is going on (stderr)."""
        self.err.print(Styled(self.words(text, **params), style=style), soft_wrap=True)

    def show(self, text: Text, style: str = "", **params: Any) -> None:
        """Give a result (stdout)."""
        self.out.print(Styled(self.words(text, **params), style=style), soft_wrap=True)

    def log_line(self, name: str, style: str, line: str) -> None:
        """Pass on one line of a process's log (stdout), marked with the name of the process."""
        mark = f"{name:<15} │ "
        if self.out.is_terminal:
            self.out.print(Styled.assemble((mark, style), line), soft_wrap=True)
            return
        # plain, and a reader who has gone away (`| head`) is no reason to end what is being logged
        with contextlib.suppress(OSError):
            self.out.file.write(f"{mark}{line}\n")
            self.out.file.flush()

    def json(self, document: Any) -> None:
        """Give a result as one JSON document (stdout)."""
        self.out.file.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        self.out.file.flush()

    def fail(self, error: CommandError, *, as_json: bool) -> None:
        """Tell why the command ends here; with ``as_json`` for programs as well."""
        self.say(error.text, style="red", **error.params)
        if as_json:
            sentence = self.words(error.text, **error.params)
            self.json(error.problem or {"code": error.code, "detail": sentence})
