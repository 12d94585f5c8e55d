"""The whole story of a file with faults, from the first screen to the last mended row."""

import asyncio
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import expect

from tests.browser.conftest import Open, Screenshot
from tests.browser.steps import (
    PROVIDER,
    SAMPLE,
    advance,
    download,
    drop,
    figure,
    mend,
    send_without_review,
    shown_task,
)
from tests.support.catalogue_files import csv_file, products
from tests.support.interruptions import provider_lock

pytestmark = pytest.mark.usefixtures("worker")


async def test_from_a_file_with_faults_to_a_catalogue_without(
    open_page: Open,
    environment: dict[str, str],
    screenshot: Screenshot,
    tmp_path: Path,
) -> None:
    sample = await asyncio.to_thread(SAMPLE.read_bytes)
    page = await open_page(accept_downloads=True)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Subir un catálogo")
    await screenshot(page, "inicio")

    # the file, whose it is, and a look at it
    await drop(page, SAMPLE.name, sample)
    await expect(page.locator(".chosen")).to_contain_text(SAMPLE.name)
    await page.get_by_label("Proveedor").fill(PROVIDER)
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_role("heading", name="175 filas en orden, 125 con errores")).to_be_visible()
    reviewed = await shown_task(page)
    columns = page.get_by_role("region", name="Así se leyó su archivo")
    await expect(columns.get_by_role("row")).to_have_count(14)
    await expect(columns.get_by_role("row", name="A id igual PROD001 PROD002")).to_be_visible()
    await screenshot(page, "revision")
    await screenshot(page.locator("details"), "columnas")

    # sent for real, and watched batch by batch
    async with provider_lock(environment["DATABASE_URL"], PROVIDER) as lock:
        await page.get_by_role("button", name="Cargar en el catálogo").click()
        await expect(page.get_by_text("0 de 300 filas", exact=True)).to_be_visible()
        task_id = await shown_task(page)
        assert task_id != reviewed
        done = 0
        while done < 150:
            later = await advance(lock, page, "300")
            assert later > done
            done = later
            created, rejected = await figure(page, "created"), await figure(page, "rejected")
            assert int(created) + int(rejected) == done
        await screenshot(page, "avance")
    await expect(page.get_by_role("heading", name="175 filas cargadas, 125 por corregir")).to_be_visible()
    assert await figure(page, "sum") == "175 + 0 + 0 + 125 = 300 filas del archivo"
    await screenshot(page, "resultado")

    # which rows, and why
    rows = page.get_by_role("row")
    await page.get_by_role("button", name="11 producto duplicado").click()
    await expect(rows).to_have_count(12)
    await expect(rows.nth(1)).to_contain_text("Producto duplicado")
    await page.get_by_role("button", name="11 producto duplicado").click()
    await page.get_by_label("Buscar").fill("certificado_sanitario")
    await expect(rows.nth(1)).to_contain_text("certificado_sanitario")
    await screenshot(page.locator("section", has=page.get_by_role("table")), "filas-rechazadas")
    await page.get_by_label("Buscar").fill("")
    await expect(rows.nth(1)).to_contain_text("22")
    await page.get_by_role("button", name="Siguientes").click()
    await expect(rows.nth(1)).not_to_contain_text("22")
    await page.get_by_role("button", name="Anteriores").click()
    await expect(rows.nth(1)).to_contain_text("22")

    # the workbook, mended, and the very same file dropped where it was downloaded
    book = await download(page, "Descargar en Excel", tmp_path)
    assert book.name == "productos_300_con_errores - errores.xlsx"
    content = await asyncio.to_thread(book.read_bytes)
    assert load_workbook(book).worksheets[0].max_row == 126
    await drop(page, book.name, mend(content))
    await page.get_by_role("button", name="Enviar correcciones").click()
    await expect(page.get_by_role("heading", name="Listo: 125 filas sin ningún error")).to_be_visible()
    assert await shown_task(page) != task_id
    await screenshot(page, "correccion")

    # and the upload that it mends shows that nothing is left open
    await page.get_by_role("link", name="la carga original").click()
    await expect(page.get_by_role("heading", name="lo rechazado ya se corrigió")).to_be_visible()
    assert await shown_task(page) == task_id
    assert await figure(page, "corrections") == "Todo corregido: 125 de 125"
    await expect(page.get_by_text("Corrija las")).to_have_count(0)
    await screenshot(page, "todo-corregido")

    await page.get_by_role("link", name="← Mis cargas").click()
    await expect(page.get_by_role("listitem")).to_have_count(3)
    await screenshot(page, "mis-cargas")


async def test_only_the_rejected_rows_are_tried_again(open_page: Open) -> None:
    page = await open_page()
    await drop(page, SAMPLE.name, await asyncio.to_thread(SAMPLE.read_bytes))
    await page.get_by_label("Proveedor").fill(PROVIDER)
    await page.get_by_role("button", name="Cargar sin revisar").click()
    await expect(page.get_by_role("heading", name="125 por corregir")).to_be_visible()
    task_id = await shown_task(page)
    await page.get_by_role("button", name="Reintentar solo las filas rechazadas").click()
    await expect(page.get_by_role("link", name="la carga original")).to_be_visible()
    assert await shown_task(page) != task_id
    await expect(page.get_by_role("heading", name="las 125 filas tienen errores")).to_be_visible()


async def test_what_is_mended_in_part_says_what_is_still_open(open_page: Open, tmp_path: Path) -> None:
    page = await open_page(accept_downloads=True)
    await send_without_review(page, "lista.csv", csv_file(products(20, faulty_every=5)))
    await expect(page.get_by_role("heading", name="16 filas cargadas, 4 por corregir")).to_be_visible()
    saved = await download(page, "En CSV", tmp_path)
    assert saved.name == "lista - errores.csv"
    content = await asyncio.to_thread(saved.read_bytes)
    await drop(page, saved.name, content.replace(b",gratis,", b",12.50,", 3))
    await page.get_by_role("button", name="Enviar correcciones").click()
    await expect(page.get_by_role("heading", name="3 filas cargadas, 1 por corregir")).to_be_visible()
    await expect(page.get_by_text("Allí queda 1 fila por corregir.")).to_be_visible()

    await page.get_by_role("link", name="la carga original").click()
    await expect(page.locator("[data-figure=corrections]")).to_have_text("3 corregidas, 1 por corregir")
    rows = page.get_by_role("row")
    await expect(rows).to_have_count(2)
    await page.get_by_label("Solo las que faltan").uncheck()
    await expect(rows).to_have_count(5)
    await expect(page.get_by_role("link", name="Corregida")).to_have_count(3)

    # what is left is all that is given out, and the last of it closes the upload
    saved = await download(page, "En CSV", tmp_path)
    content = await asyncio.to_thread(saved.read_bytes)
    assert content.count(b",gratis,") == 1
    await drop(page, saved.name, content.replace(b",gratis,", b",12.50,"))
    await page.get_by_role("button", name="Enviar correcciones").click()
    await expect(page.get_by_text("Allí ya no queda nada por corregir.")).to_be_visible()
