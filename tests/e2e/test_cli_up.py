"""``./carga up`` and everything that talks to it, on real processes."""

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

from infra.embedded.ports import free_port
from tests.support.clone import Clone
from tests.support.waiting import eventually

#: Whole stacks are started, on a machine that may be busy.
pytestmark = pytest.mark.timeout(400)


def _ports() -> dict[str, str]:
    return {"CATALOG_PORT": str(free_port()), "BFF_PORT": str(free_port())}


async def test_a_day_with_up(clone: Clone, tmp_path: Path) -> None:
    """One stack for all of it: starting one takes longer than everything that is tried here."""
    ports = _ports()
    ended = await clone.run("up", "--detach", **ports)
    assert ended.code == 0, ended.errors
    assert f"http://127.0.0.1:{ports['BFF_PORT']}" in ended.errors
    await _the_doctor_finds_nothing(clone)
    await _a_second_up_touches_nothing(clone, ports)
    await _another_clone_is_told_of_the_taken_port(tmp_path, ports)
    await _files_go_in_and_results_come_out(clone)
    assert "task_completed" in (clone.state / "logs" / "worker.log").read_text()
    await _whatever_dies_comes_back(clone)
    await _the_doctor_names_what_is_missing(clone)
    ended = await clone.run("down")
    assert ended.code == 0
    assert clone.processes() == []
    assert not (clone.state / "env").exists()
    assert (await clone.run("down")).code == 0
    unreachable = await clone.run("status", "00000000-0000-4000-8000-000000000000", "--url", _nobody())
    assert unreachable.code == 3
    assert "./carga up" in unreachable.errors


async def _the_doctor_finds_nothing(clone: Clone) -> None:
    ended = await clone.run("doctor")
    assert ended.code == 0, ended.output
    assert len(ended.output.splitlines()) == 9
    assert all(line.startswith("✓") for line in ended.output.splitlines())


async def _a_second_up_touches_nothing(clone: Clone, ports: dict[str, str]) -> None:
    before = (clone.state / "env").read_text(), clone.pid("bff")
    for arguments in (["up"], ["up", "--detach"]):
        ended = await clone.run(*arguments, **ports)
        assert ended.code == 3
        assert "Ya está en marcha" in ended.errors
    assert ((clone.state / "env").read_text(), clone.pid("bff")) == before


async def _another_clone_is_told_of_the_taken_port(tmp_path: Path, ports: dict[str, str]) -> None:
    other = Clone(tmp_path / "other")
    ended = await other.run("up", **ports)
    assert ended.code == 4
    assert f"{ports['CATALOG_PORT']} está ocupado" in ended.errors
    assert "CATALOG_PORT=" in ended.errors
    assert other.processes() == []


async def _files_go_in_and_results_come_out(clone: Clone) -> None:
    data = clone.directory / "data"
    ended = await clone.run("upload", f"{data}/productos_300_con_errores.csv", "--proveedor", "P1", "--json")
    assert ended.code == 5
    status = json.loads(ended.output)
    expected = json.loads((data / "productos_300_con_errores.esperado.json").read_text())
    assert status["status"] == "completed"
    assert status["progress"]["total"] == 300
    assert expected

    dry = await clone.run(
        *("upload", f"{data}/productos_300_con_errores.csv", "--proveedor", "P3", "--validar", "--json")
    )
    assert dry.code == 5
    validation = json.loads(dry.output)["result"]
    assert validation.pop("validacion") is True
    assert validation["resumen"] == status["result"]["resumen"]
    again = await clone.run("upload", f"{data}/productos_300_con_errores.csv", "--proveedor", "P3", "--json")
    assert json.loads(again.output)["result"]["resumen"] == validation["resumen"]

    shown = await clone.run("status", status["task_id"], "--watch")
    assert "Filas rechazadas" in shown.output
    assert str(status["result"]["errores"][0]["fila"]) in shown.output

    accepted = await clone.run(
        *("upload", f"{data}/productos_ejemplo.xlsx", "--proveedor", "P2", "--no-wait", "--json")
    )
    assert json.loads(accepted.output)["status"] == "pending"
    refused = await clone.run("upload", f"{data}/rotos/es_pdf.csv", "--proveedor", "P1", "--json")
    assert refused.code == 2
    assert json.loads(refused.output)["code"]
    failed = await clone.run("upload", f"{data}/rotos/solo_encabezados.csv", "--proveedor", "P1")
    assert failed.code == 1


async def _whatever_dies_comes_back(clone: Clone) -> None:
    names = ("postgres", "valkey", "localstack", "catalog_service", "worker", "bff")
    before = {name: clone.pid(name) for name in names}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    async def all_back() -> bool:
        return all(clone.pid(name) != before[name] for name in names)

    async def healthy() -> bool:
        return (await clone.run("doctor")).code == 0

    await eventually(all_back, seconds=60)
    await eventually(healthy, seconds=60)


async def _the_doctor_names_what_is_missing(clone: Clone) -> None:
    ended = await clone.run("doctor", S3_BUCKET_NAME="nobodys", SQS_QUEUE_NAME="nobodys", BFF_URL=_nobody())
    assert ended.code == 1
    wrong = {line[2:18].strip(): line for line in ended.output.splitlines() if line.startswith("✗")}
    assert set(wrong) == {"S3", "SQS", "SQS DLQ", "bff"}
    assert "infra/init-localstack.sh" in wrong["S3"]
    assert "nobodys" in wrong["SQS"]


async def test_two_stacks_side_by_side_and_no_process_outlives_a_killed_supervisor(
    clone: Clone, tmp_path: Path
) -> None:
    other = Clone(tmp_path / "other")
    ended = await clone.run("up", "--detach", **_ports())
    assert ended.code == 0, ended.errors
    process = await other.start("up", **_ports())

    async def both_answer() -> bool:
        return (other.state / "env").exists()

    await eventually(both_answer, seconds=90)
    async with httpx.AsyncClient(trust_env=False) as client:
        for each in (clone, other):
            assert (await client.get(f"{_variable(each, 'BFF_URL')}/health/ready")).status_code == 200
    assert _variable(clone, "DATABASE_URL") != _variable(other, "DATABASE_URL")

    os.kill(json.loads((clone.state / "up.lock").read_text())["pid"], signal.SIGKILL)
    await eventually(clone.no_process_left)
    assert other.processes() != []

    process.send_signal(signal.SIGINT)
    output, errors = await process.communicate()
    assert process.returncode == 130
    assert other.processes() == []
    assert b"worker_started" in output
    assert b"Traceback" not in output + errors

    # what the killed one left does not stop the next
    again = await clone.run("up", "--detach", **_ports())
    assert again.code == 0, again.errors
    assert (await clone.run("down")).code == 0
    assert clone.processes() == []


def _variable(clone: Clone, name: str) -> str:
    lines = (clone.state / "env").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{name}="))


def _nobody() -> str:
    return f"http://127.0.0.1:{free_port()}"
