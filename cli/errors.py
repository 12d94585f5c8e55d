"""Why a command could not do what was asked, in words for the person and as an exit code."""

from typing import Any

from cli.exit_codes import ExitCode
from common.texts import Text


class CommandError(Exception):
    """Ends the command with ``exit_code`` after showing ``text`` filled in with the keyword arguments.

    ``code`` names the case for programs (``--json``); ``problem`` is the body with which a service refused.
    """

    def __init__(
        self,
        text: Text,
        exit_code: ExitCode,
        *,
        code: str = "command_failed",
        problem: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(code)
        self.text = text
        self.exit_code = exit_code
        self.code = code
        self.problem = problem
        self.params = params
