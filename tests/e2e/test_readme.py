"""Every command of the README prints what the README says, on a stack as `./carga up` makes it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator

import pytest

from cli.exit_codes import ExitCode
from cli.stack import ServicePorts, Stack
from infra.embedded.ports import free_port
from tests.support import readme

ROOT = readme.README.parent


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    running = Stack(
        tmp_path_factory.mktemp("stack"), ServicePorts(free_port(), free_port()), lambda _name, _line: None
    )
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


async def test_every_example_answers_as_shown(stack: Stack) -> None:
    shown = [example for example in readme.examples() if "curl" in example.commands]
    # one shell for all of them: later blocks use variables of earlier ones
    script = "\n".join(f"{example.commands}\necho; echo '---- end of example'" for example in shown)
    shell = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", script,
        cwd=ROOT, env={**os.environ, **stack.addresses()},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await shell.communicate()
    assert shell.returncode == 0, errors.decode()
    answers = output.decode().split("---- end of example\n")[:-1]
    assert len(answers) == len(shown) > 8
    for example, answer in zip(shown, answers, strict=True):
        if example.answer is not None:
            assert readme.matches(readme.parse(example.answer), json.loads(answer)), (
                f"{example.commands}\n{answer}"
            )


async def test_the_terminal_example_imports_the_sample(stack: Stack) -> None:
    commands = next(e.commands for e in readme.examples() if "./carga upload" in e.commands)
    upload = next(line for line in commands.splitlines() if line.startswith("./carga upload"))
    shell = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-c", upload,
        cwd=ROOT, env={**os.environ, **stack.addresses()}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await shell.communicate()
    assert shell.returncode == ExitCode.REJECTED_ROWS
    assert "duplicad" in output.decode()
