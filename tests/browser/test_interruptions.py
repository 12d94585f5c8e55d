"""Whatever comes between a person and the end of an upload: the page finds its way back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import Open, Screenshot
from tests.browser.stack import Bff
from tests.browser.steps import advance, choose, send_without_review, shown_task
from tests.support.catalogue_files import csv_file, products
from tests.support.interruptions import ProviderLock, provider_lock

pytestmark = pytest.mark.usefixtures("worker")

LARGE = csv_file(products(5_000, faulty_every=50))
TOTAL = "5.000"
SMALL = csv_file(products(100, faulty_every=10))


@asynccontextmanager
async def standing_still(page: Page, environment: dict[str, str]) -> AsyncIterator[ProviderLock]:
    """A large upload from the first screen that stands still after its first rows."""
    async with provider_lock(environment["DATABASE_URL"]) as lock:
        await send_without_review(page, "grande.csv", LARGE)
        await advance(lock, page, TOTAL)
        yield lock


async def number_of_tasks(environment: dict[str, str]) -> int:
    connection = await asyncpg.connect(environment["DATABASE_URL"])
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM tasks")
        return count
    finally:
        await connection.close()


async def test_a_large_upload_is_cancelled(
    open_page: Open, environment: dict[str, str], screenshot: Screenshot
) -> None:
    page = await open_page()
    async with standing_still(page, environment):
        await page.get_by_role("button", name="Cancelar la carga").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button", name="Volver")).to_be_focused()
        await screenshot(page, "cancelar")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("button", name="Cancelar la carga")).to_be_focused()
        await page.get_by_role("button", name="Cancelar la carga").click()
        await dialog.get_by_role("button", name="Sí, cancelar").click()
    await expect(page.get_by_role("note").get_by_text("Carga cancelada")).to_be_visible()
    await expect(page.get_by_text("eso se conserva")).to_be_visible()
    await page.get_by_role("link", name="Mis cargas").first.click()
    await expect(page.get_by_role("listitem")).to_contain_text("Cancelada")


async def test_a_reload_in_the_middle_changes_nothing(open_page: Open, environment: dict[str, str]) -> None:
    page = await open_page()
    async with standing_still(page, environment) as lock:
        await page.reload()
        await expect(page.get_by_text("de 5.000 filas").first).to_be_visible()
        await expect(page.get_by_role("heading", level=1)).to_have_text("grande.csv")
        await advance(lock, page, TOTAL)
    await expect(page.get_by_role("heading", name="4.900 filas cargadas, 100 por corregir")).to_be_visible()


async def test_a_lost_server_is_told_of_and_caught_up_with(
    open_page: Open, bff: Bff, environment: dict[str, str], screenshot: Screenshot
) -> None:
    page = await open_page()
    async with standing_still(page, environment) as lock:
        await bff.stop()
        await expect(page.get_by_role("note").get_by_text("Sin conexión")).to_be_visible()
        await screenshot(page, "sin-conexion")
        await lock.step()
        await bff.start()
        await advance(lock, page, TOTAL)
        await expect(page.get_by_role("note").get_by_text("Sin conexión")).to_have_count(0)
    await expect(page.get_by_role("heading", name="4.900 filas cargadas")).to_be_visible()


async def test_a_network_that_comes_back_is_noticed_at_once(
    open_page: Open, environment: dict[str, str]
) -> None:
    page = await open_page()
    async with standing_still(page, environment) as lock:
        await page.context.set_offline(True)
        await lock.step()
        await expect(page.get_by_role("note").get_by_text("Sin conexión")).to_be_visible()
        await page.context.set_offline(False)
        await advance(lock, page, TOTAL)
        await expect(page.get_by_role("note").get_by_text("Sin conexión")).to_have_count(0)


async def test_a_laptop_that_slept_catches_up_when_it_wakes(
    open_page: Open, bff: Bff, environment: dict[str, str]
) -> None:
    page = await open_page()
    lid = await page.context.new_cdp_session(page)
    async with standing_still(page, environment) as lock:
        await lid.send("Page.setWebLifecycleState", {"state": "frozen"})
        await lock.step()
        # what it was connected to is gone by the time it wakes
        await bff.stop()
        await bff.start()
        await lid.send("Page.setWebLifecycleState", {"state": "active"})
        await advance(lock, page, TOTAL)


async def test_without_events_progress_is_asked_for(open_page: Open, environment: dict[str, str]) -> None:
    page = await open_page()
    await page.route("**/events", lambda route: route.fulfill(status=502))
    async with standing_still(page, environment) as lock:
        await advance(lock, page, TOTAL)
    await expect(page.get_by_role("heading", name="4.900 filas cargadas")).to_be_visible()


async def test_an_upload_whose_answer_was_lost_is_not_made_twice(
    open_page: Open, environment: dict[str, str]
) -> None:
    page = await open_page()
    keys: list[str | None] = []

    async def lose_the_first_answer(route: Route) -> None:
        keys.append(await route.request.header_value("idempotency-key"))
        if len(keys) == 1:
            answer = await route.fetch()
            assert answer.status == 202
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await page.route("**/items/bulk-upload?*", lose_the_first_answer)
    await send_without_review(page, "pequeño.csv", SMALL)
    await expect(page.get_by_role("heading", name="90 filas cargadas, 10 por corregir")).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1] is not None
    assert await number_of_tasks(environment) == 1


async def test_an_upload_cut_by_a_reload_is_offered_again(
    open_page: Open, environment: dict[str, str], screenshot: Screenshot
) -> None:
    page = await open_page()
    on_its_way = asyncio.Event()

    await page.route("**/items/bulk-upload?*", lambda _: on_its_way.set())
    await choose(page, "pequeño.csv", SMALL)
    await page.get_by_role("button", name="Cargar sin revisar").click()
    await on_its_way.wait()
    await expect(page.get_by_text("No cierre esta página todavía")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await expect(page.get_by_text("El envío de pequeño.csv se interrumpió")).to_be_visible()
    await expect(page.get_by_label("Proveedor")).to_have_value("PROV001")
    await screenshot(page, "envio-interrumpido")
    await page.unroute("**/items/bulk-upload?*")
    await send_without_review(page, "pequeño.csv", SMALL)
    await expect(page.get_by_role("heading", name="90 filas cargadas")).to_be_visible()
    assert await number_of_tasks(environment) == 1
    await page.get_by_role("link", name="Nueva carga").click()
    await expect(page.get_by_text("se interrumpió")).to_have_count(0)


async def test_bytes_are_counted_while_a_file_is_on_its_way(open_page: Open, screenshot: Screenshot) -> None:
    page = await open_page()
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    await network.send("Network.emulateNetworkConditions", slow)
    await choose(page, "lento.csv", LARGE + LARGE)
    await page.get_by_role("button", name="Cargar sin revisar").click()
    bar = page.get_by_role("progressbar", name="Envío del archivo")
    seen: set[str | None] = set()
    while len(seen) < 3:
        seen.add(await bar.get_attribute("value"))
    await screenshot(page, "envio")
    slow["uploadThroughput"] = -1
    await network.send("Network.emulateNetworkConditions", slow)
    await shown_task(page)


async def test_a_file_that_was_edited_after_it_was_chosen_is_not_sent_as_it_was(
    open_page: Open, tmp_path: Path
) -> None:
    file = tmp_path / "editado.csv"
    await asyncio.to_thread(file.write_bytes, SMALL)
    page = await open_page()
    await page.locator("#file").set_input_files(file)
    await page.get_by_label("Proveedor").fill("PROV001")
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_role("heading", name="90 filas en orden, 10 con errores")).to_be_visible()
    mended = csv_file(products(101))
    await asyncio.to_thread(file.write_bytes, mended)
    await page.get_by_role("button", name="Cargar en el catálogo").click()
    await expect(page.get_by_role("alert")).to_contain_text("El archivo cambió")
    await page.get_by_role("button", name="Elegir otro archivo").click()
    await page.locator("#reviewed").set_input_files(file)
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_role("heading", name="Todo en orden: 101 filas sin errores")).to_be_visible()
    await page.get_by_role("button", name="Cargar en el catálogo").click()
    await expect(page.get_by_role("heading", name="Listo: 101 filas sin ningún error")).to_be_visible()
