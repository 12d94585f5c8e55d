"""What a person does on the page, for tests that tell a story of it."""

import io
import re
from base64 import b64encode
from pathlib import Path
from uuid import UUID

from openpyxl import load_workbook
from playwright.async_api import Page, expect

from common.catalog import COLUMN_NAMES
from tests.support.interruptions import ProviderLock

ROOT = Path(__file__).resolve().parents[2]
#: 300 rows, of which 125 are rejected.
SAMPLE = ROOT / "data" / "productos_300_con_errores.xlsx"
PROVIDER = "PROV001"
TASK_ADDRESS = re.compile(r"#/tareas/[0-9a-f-]{36}$")

_DROP = """
(zone, { name, content }) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}
"""


async def drop(page: Page, name: str, content: bytes) -> None:
    """Drag a file over the page's drop zone and let it go."""
    file = {"name": name, "content": b64encode(content).decode()}
    await page.locator(".dropzone").evaluate(_DROP, file)


async def choose(page: Page, name: str, content: bytes, provider: str = PROVIDER) -> None:
    """On the first screen, choose a file by the button, and the provider."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Subir un catálogo")
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    await page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[arg-type]
    await page.get_by_label("Proveedor").fill(provider)


async def send_without_review(page: Page, name: str, content: bytes, provider: str = PROVIDER) -> UUID:
    """Upload a file from the first screen, and return its task."""
    await choose(page, name, content, provider)
    await page.get_by_role("button", name="Cargar sin revisar").click()
    return await shown_task(page)


async def shown_task(page: Page) -> UUID:
    """Wait for the screen of a task, and return its id."""
    await expect(page).to_have_url(TASK_ADDRESS)
    return UUID(page.url.rpartition("/")[2])


async def download(page: Page, name: str, directory: Path) -> Path:
    """Follow a link to a file, and return where it was saved under the name that the server gave."""
    async with page.expect_download() as pending:
        await page.get_by_role("link", name=name).click()
    arrived = await pending.value
    path = directory / arrived.suggested_filename
    await arrived.save_as(path)
    return path


def mend(book: bytes) -> bytes:
    """Return an error workbook in which every product is sound; its first columns are as they were."""
    workbook = load_workbook(io.BytesIO(book))
    sheet = workbook.worksheets[0]
    headers = [str(cell.value) for cell in sheet[1]]
    for row in range(2, sheet.max_row + 1):
        sound = _sound_product(row)
        for column, header in enumerate(headers, start=1):
            if header in sound:
                sheet.cell(row, column).value = sound[header]
    mended = io.BytesIO()
    workbook.save(mended)
    return mended.getvalue()


def _sound_product(row: int) -> dict[str, str | int | float]:
    values = dict.fromkeys(COLUMN_NAMES, f"corregido {row}")
    numbers = {"precio_unitario": 12.5, "tiempo_entrega_dias": 3, "stock_minimo": 8, "stock_critico": 4}
    return {**values, **numbers, "requiere_lote": "sí", "requiere_vencimiento": "no"}


async def figure(page: Page, name: str) -> str:
    """Return what stands in one of the page's figures."""
    return (await page.locator(f"[data-figure={name}]").inner_text()).strip()


async def advance(lock: ProviderLock, page: Page, total: str) -> int:
    """Let a batch or two of the upload that runs pass, and wait until the page shows the rows that are in."""
    await lock.someone_waits()
    await lock.step()
    rows: int = await lock.connection.fetchval("SELECT processed FROM tasks WHERE status = 'processing'")
    await expect(page.get_by_text(f"{rows} de {total} filas", exact=True)).to_be_visible()
    return rows
