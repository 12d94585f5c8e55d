"""The API does what its OpenAPI document says, whatever is sent: schemathesis asks, always the same things.

Every answer must be of a documented status, content type and form, bad data refused and good data not, and
nothing may be a 500.
"""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.support.catalog_api import catalog_process, post
from tests.support.waiting import eventually
from tests.support.worker_process import worker_process

DATA = Path(__file__).resolve().parents[2] / "data"

#: Where the document cannot say all that is asked: the name of a file, what a cursor holds, and that a key
#: comes with the same options each time.
CONFIG = """
[[operations]]
include-name = "POST /api/catalog/items/bulk-upload"
checks.positive_data_acceptance.expected-statuses = ["202", "415"]

[[operations]]
include-name = "GET /api/catalog/items"
checks.positive_data_acceptance.expected-statuses = ["200", "422"]

[[operations]]
include-name = "GET /api/catalog/bulk-upload/tasks"
checks.positive_data_acceptance.expected-statuses = ["200", "422"]

[[operations]]
include-name = "POST /api/catalog/bulk-upload/{task_id}/reintentar"
checks.positive_data_acceptance.expected-statuses = ["202", "404", "422"]
"""


async def schemathesis(
    port: int, directory: Path, *options: str, parameters: Mapping[str, str] | None = None
) -> str:
    """Let it ask the API on ``port``, and return what it has to say of that."""
    given = "".join(f'{name} = "{value}"\n' for name, value in (parameters or {}).items())
    config = directory / "schemathesis.toml"
    config.write_text(f"[parameters]\n{given}\n{CONFIG}")
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", config),
        *("run", f"http://127.0.0.1:{port}/openapi.json", "--no-color"),
        *("--generation-deterministic", "--workers", "1", "--suppress-health-check", "all", *options),
        cwd=directory,
        env={**os.environ, "COLUMNS": "120"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    report = output.decode()
    assert process.returncode == 0, report
    return report


def passed(report: str) -> int:
    """How many questions were asked, all of them answered well."""
    counts = re.search(r"(\d+) generated, (\d+) passed", report)
    assert counts, report
    assert counts[1] == counts[2]
    return int(counts[1])


async def test_whatever_is_sent_the_answer_is_a_documented_one(
    environment: dict[str, str], tmp_path: Path
) -> None:
    async with catalog_process(environment) as (_, port):
        report = await schemathesis(port, tmp_path, "--max-examples", "30")
    assert passed(report) > 300


async def test_what_there_is_is_told_as_documented(environment: dict[str, str], tmp_path: Path) -> None:
    """With an import that rejected rows and created products, by its id and theirs: answers of substance."""
    content = (DATA / "productos_300_con_errores.csv").read_bytes()
    async with catalog_process(environment) as (_, port), worker_process(environment):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            task = (await post(client, content)).json()

            async def completed() -> bool:
                status = (await client.get(task["status_url"])).json()
                assert status["status"] != "failed", status
                return bool(status["status"] == "completed")

            await eventually(completed, seconds=60)
            errors = (await client.get(task["status_url"])).json()["result"]["errores"]
            products = (await client.get("/api/catalog/items", params={"proveedor_id": "PROV001"})).json()
        assert errors
        existing = {"task_id": task["task_id"], "proveedor_id": "PROV001", "id": products["items"][0]["id"]}
        report = await schemathesis(
            port, tmp_path, "--mode", "positive", "--max-examples", "5", parameters=existing
        )
    assert passed(report) > 50
    # none of them asked for what is not there
    assert "Missing test data" not in report
