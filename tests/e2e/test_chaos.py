"""``./carga chaos``, for about a minute: everything is killed, frozen and cut, and nothing may be lost."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from chaos.faults import Fault
from chaos.process import ROOT

SEED = 2026
KILLS = 20


@pytest.mark.timeout(600)
async def test_nothing_is_lost_while_everything_is_killed(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-P",
        "-m",
        "cli",
        "chaos",
        "--kills",
        str(KILLS),
        "--seed",
        str(SEED),
        "--json",
    ]
    process = await asyncio.create_subprocess_exec(
        *command, "--reports", str(tmp_path),
        cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert output, errors.decode()
    report = json.loads(output)
    assert report["findings"] == []
    assert (report["lost"], report["doubled"], report["stuck"], report["violations"]) == (0, 0, 0, 0)
    assert report["kills"] >= KILLS
    assert report["seed"] == SEED
    assert report["tasks"] > KILLS / 2
    assert report["rows"] > 0
    assert sum(report["faults"].values()) > report["kills"]
    assert process.returncode == 0
    _check_files(tmp_path, report)


def _check_files(reports: Path, report: dict[str, object]) -> None:
    """The diary has every action, and the report stands beside it."""
    (directory,) = reports.iterdir()
    assert json.loads((directory / "report.json").read_text()) == report
    diary = [json.loads(line) for line in (directory / "actions.log").read_text().splitlines()]
    assert diary[0]["event"] == "run_started"
    assert diary[0]["seed"] == SEED
    struck = [line for line in diary if line["event"] == "fault" and line["target"] is not None]
    assert dict.fromkeys(Fault, 0) | report["faults"] == {  # type: ignore[operator]
        name: sum(line["fault"] == name for line in struck) for name in Fault
    }
