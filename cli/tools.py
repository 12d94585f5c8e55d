"""``./carga test``, ``lint``, ``bench``, ``chaos``: the tools of the project, called as everybody calls
them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cli.exit_codes import ExitCode
from cli.screen import Screen
from cli.state import ROOT
from common.texts import Text

_RUNNING = Text("── {command}", "── {command}")
_SKIPPED = Text("── {command}: no está instalado, se omite", "── {command}: not installed, skipped")
_FOUND = Text("Hay algo que corregir: {names}", "There is something to mend: {names}")
_CLEAN = Text("Todo en orden", "All in order")

_SHELL_SCRIPTS = ("carga", ".ci/run", "requirements/compile.sh", "infra/*.sh", "scripts/**/*.sh")


def become_pytest(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the tests, run from the top of the clone."""
    _become("pytest", arguments)


def become_bench(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the benchmarks."""
    _become("bench", arguments)


def become_chaos(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the stack under attack."""
    _become("chaos", arguments)


def lint(screen: Screen) -> ExitCode:
    """Run every linter, even after one has found something."""
    tools = Path(sys.executable).parent
    commands: dict[str, Sequence[str | Path]] = {
        "ruff check": [tools / "ruff", "check"],
        "ruff format": [tools / "ruff", "format", "--check"],
        "mypy": [tools / "mypy"],
        "lint-imports": [tools / "lint-imports"],
    }
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        screen.say(_SKIPPED, style="dim", command="shellcheck")
    else:
        scripts = [script for pattern in _SHELL_SCRIPTS for script in sorted(ROOT.glob(pattern))]
        commands["shellcheck"] = [shellcheck, *scripts]
    failed = [name for name, command in commands.items() if not _passes(screen, name, command)]
    if failed:
        screen.say(_FOUND, style="red", names=failed)
        return ExitCode.FAILED
    screen.say(_CLEAN, style="green")
    return ExitCode.OK


def _passes(screen: Screen, name: str, command: Sequence[str | Path]) -> bool:
    screen.say(_RUNNING, style="bold", command=name)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _become(module: str, arguments: Sequence[str]) -> NoReturn:
    os.chdir(ROOT)
    os.execv(  # noqa: S606 (no shell is what we want)
        sys.executable, [sys.executable, "-P", "-m", module, *arguments]
    )
