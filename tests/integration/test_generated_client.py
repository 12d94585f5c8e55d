"""A client that somebody generates from the OpenAPI document works, as it comes out of the generator."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog_service.main import create_app
from catalog_service.settings import Settings
from tests.support.catalog_api import catalog_process
from tests.support.worker_process import worker_process

DATA = Path(__file__).resolve().parents[2] / "data"

#: Without this, the generator leaves out answers of a kind of file that it does not know.
CONFIG = """
post_hooks: []
content_type_overrides:
  application/vnd.openxmlformats-officedocument.spreadsheetml.sheet: application/octet-stream
"""

#: What whoever has generated it would write.
STORY = """
import json, sys, time
from io import BytesIO
from pathlib import Path

from carga_client import Client
from carga_client.api.uploads import (
    cancel, created_products, receipt, rejected_rows_csv, rejected_rows_xlsx, retry, row_errors, status,
    tasks, upload,
)
from carga_client.models import ProblemBody, UploadBody
from carga_client.types import File

url, path = sys.argv[1:]
client = Client(base_url=url, headers={"Accept-Language": "en"})
file = File(payload=BytesIO(Path(path).read_bytes()), file_name="productos.csv", mime_type="text/csv")
accepted = upload.sync(client=client, body=UploadBody(file=file), proveedor_id="PROV001")
told = status.sync(accepted.task_id, client=client)
while told.status not in ("completed", "failed"):
    told = status.sync(accepted.task_id, client=client, wait=5)
listed = tasks.sync(client=client, proveedor_id="PROV001", q="productos", limit=10)
rows = row_errors.sync(accepted.task_id, client=client, abiertas="true", limit=1000)
workbook = rejected_rows_xlsx.sync(accepted.task_id, client=client)
text = rejected_rows_csv.sync(accepted.task_id, client=client)
account = receipt.sync(accepted.task_id, client=client)
again = retry.sync(accepted.task_id, client=client, validar="true")
created = created_products.sync(accepted.task_id, client=client)
refused = cancel.sync(accepted.task_id, client=client)
assert isinstance(refused, ProblemBody)
print(json.dumps({
    "status": told.status,
    "failed": told.progress.failed,
    "listed": [str(task.task_id) for task in listed.tasks],
    "task_id": str(accepted.task_id),
    "rows": len(rows.errores),
    "sentence": rows.errores[0].error,
    "workbook": workbook.payload.read(2).decode(),
    "text": text.splitlines()[0],
    "counts": account.recuento.to_dict(),
    "again": again.filename,
    "created": created.productos_creados[:2],
    "refused": [refused.status, refused.code],
}))
"""


async def run(*command: str | Path, directory: Path, environment: Mapping[str, str] | None = None) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, (output + errors).decode()
    return (output + errors).decode()


async def test_a_generated_client_uploads_follows_lists_and_mends(
    environment: dict[str, str], tmp_path: Path
) -> None:
    document, config, story = (tmp_path / name for name in ("openapi.json", "config.yml", "story.py"))
    document.write_text(json.dumps(create_app(Settings()).openapi()))
    config.write_text(CONFIG)
    story.write_text(STORY)
    generator = Path(sys.executable).with_name("openapi-python-client")
    made = ("generate", "--path", document, "--config", config, "--meta", "none", "--fail-on-warning")
    await run(generator, *made, "--output-path", tmp_path / "carga_client", directory=tmp_path)

    file = DATA / "productos_300_con_errores.csv"
    async with catalog_process(environment) as (_, port), worker_process(environment):
        printed = await run(sys.executable, story, f"http://127.0.0.1:{port}", file, directory=tmp_path)
    told: dict[str, Any] = json.loads(printed)
    assert told["status"] == "completed"
    assert told["listed"] == [told["task_id"]]
    assert told["rows"] == told["failed"] == told["counts"]["rechazados"] > 0
    assert told["sentence"]
    assert told["workbook"] == "PK"
    assert told["text"].removeprefix("\ufeff").startswith("motivo")
    assert told["again"] == "productos - errores.csv"
    assert len(told["created"]) == 2
    assert told["refused"] == [409, "task_over"]
