"""``scripts/resilience``: they find the stack, tell what held by their exit codes, and can fail."""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from infra.embedded.ports import free_port
from tests.support.clone import Clone, Ended

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")

SCRIPTS = Path(__file__).parents[2] / "scripts" / "resilience"


async def run(clone: Clone, script: str, *arguments: str, **variables: str) -> Ended:
    """Run a script of the clone to its end."""
    process = await asyncio.create_subprocess_exec(
        *(str(clone.directory / "scripts" / "resilience" / script), *arguments),
        env={**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "", **variables},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, errors = await process.communicate()
    return Ended(process.returncode or 0, output.decode(), errors.decode())


async def test_without_a_stack_they_say_how_to_start_one(clone: Clone) -> None:
    ended = await run(clone, "all.sh")
    assert ended.code == 3
    assert "./carga up --detach" in ended.errors


async def test_they_hold_on_a_running_stack_and_tell_when_something_does_not(clone: Clone) -> None:
    ports = {"CATALOG_PORT": str(free_port()), "BFF_PORT": str(free_port())}
    up = await clone.run("up", "--detach", VISIBILITY_TIMEOUT_SECONDS="5", **ports)
    assert up.code == 0, up.errors
    ended = await run(clone, "all.sh", "load_uploads", "queue_disorder", UPLOADS="5")
    assert ended.code == 0, ended.output + ended.errors
    assert [line.split()[:2] for line in ended.output.splitlines()[-2:]] == [
        ["✓", "load_uploads"],
        ["✓", "queue_disorder"],
    ]
    assert "NOT HOLD" not in ended.output

    # an import of twenty rows is over before anything can disturb it
    ended = await run(clone, "all.sh", "worker_restart", ROWS="20")
    assert ended.code == 1
    assert "try ROWS=40" in ended.errors
    assert ended.output.splitlines()[-1].startswith("✗  worker_restart")
    assert (await clone.run("down")).code == 0
    assert clone.processes() == []


def test_every_script_is_run_by_all() -> None:
    listed = (SCRIPTS / "all.sh").read_text().partition("every=(")[2].partition(")")[0].split()
    found = {script.stem for script in SCRIPTS.glob("*.sh")} - {"all", "lib", "stack"}
    assert sorted(listed) == sorted(found)
