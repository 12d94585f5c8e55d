"""``./carga demo``: what a stranger sees first."""

import signal

import pytest

from tests.support.clone import Clone
from tests.support.waiting import eventually

#: Whole stacks are started, on a machine that may be busy.
pytestmark = pytest.mark.timeout(400)


async def test_the_demo_imports_the_sample_and_leaves_nothing_running(clone: Clone) -> None:
    ended = await clone.run("demo")
    assert ended.code == 0, ended.errors
    assert "Carga masiva completada" in ended.output
    assert "Ninguna fila fue rechazada" in ended.output
    assert "productos_ejemplo.xlsx: subiendo" in ended.errors
    assert clone.processes() == []


async def test_without_localstack_it_says_what_is_missing_and_leaves_nothing_running(clone: Clone) -> None:
    (clone.state / "localstack-venv").unlink()
    ended = await clone.run("demo")
    assert ended.code == 4
    assert "LocalStack is not installed" in ended.errors
    assert "Traceback" not in ended.errors
    assert clone.processes() == []


async def test_ctrl_c_in_the_middle_of_starting_leaves_nothing_running(clone: Clone) -> None:
    process = await clone.start("demo")

    async def localstack_is_starting() -> bool:
        return (clone.state / "demo" / "stores" / "localstack" / "localstack.pid").exists()

    await eventually(localstack_is_starting, seconds=60)
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    assert clone.processes() == []
