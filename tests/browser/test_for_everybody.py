"""The page for whoever uses it: in two languages, on a phone, by keyboard, by ear, in the dark."""

import asyncio
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FileChooser, Page, expect

from tests.browser.conftest import Open, Screenshot
from tests.browser.stack import Bff
from tests.browser.steps import choose, send_without_review
from tests.support.catalogue_files import csv_file, product, products
from tests.support.interruptions import provider_lock
from tests.support.worker_process import worker_process

FAULTY = csv_file(
    [*products(60, faulty_every=3), product("P90000", nombre="largo" * 80), product("P90001", categoria="")]
)
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

_SAME_KEYS = """
async () => {
  const app = document.querySelector("script[src$='app.js']").src;
  const [es, en] = await Promise.all(["es", "en"].map((name) => import(new URL(`texts/${name}.js`, app))));
  const keys = (value, path) => (typeof value === "object" ? Object.keys(value) : []).flatMap((key) =>
    [`${path}.${key}: ${typeof value[key]}`, ...keys(value[key], `${path}.${key}`)]);
  return [keys(es.default, "").sort(), keys(en.default, "").sort()];
}
"""


async def assert_accessible(page: Page) -> None:
    """Nothing that axe finds wrong."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


async def assert_nothing_sticks_out(page: Page) -> None:
    """The page is no wider than the screen."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
async def test_every_screen_is_accessible(
    open_page: Open, environment: dict[str, str], screenshot: Screenshot, scheme: str, size: str
) -> None:
    page = await open_page(color_scheme=scheme, **(PHONE if size == "phone" else {}))

    async def look(name: str) -> None:
        await assert_accessible(page)
        await assert_nothing_sticks_out(page)
        await screenshot(page, f"{size}-{scheme}-{name}")

    await look("inicio")
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_text("Elija un archivo.", exact=True)).to_be_visible()
    await look("inicio-con-faltas")
    await send_without_review(page, "con faltas.csv", FAULTY)
    await expect(page.get_by_role("heading", name="En cola")).to_be_visible()
    await look("en-cola")
    async with provider_lock(environment["DATABASE_URL"]) as lock, worker_process(environment):
        await lock.someone_waits()
        await expect(page.get_by_text("0 de 62 filas", exact=True)).to_be_visible()
        await look("avance")
        await page.get_by_role("button", name="Cancelar la carga").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await assert_accessible(page)
        await page.keyboard.press("Escape")
        await lock.release()
        await expect(page.get_by_role("heading", name="40 filas cargadas, 22 por corregir")).to_be_visible()
        await expect(page.get_by_role("row")).to_have_count(23)
        await page.get_by_text("Así se leyó su archivo").click()
        await look("resultado")
        await page.get_by_role("link", name="Nueva carga").click()
        await choose(page, "otro.csv", b"una,dos\n1,2\n")
        await page.get_by_role("button", name="Revisar archivo").click()
        await expect(page.get_by_text("Faltan columnas obligatorias")).to_be_visible()
        await look("fallo")
        await page.get_by_role("link", name="Mis cargas", exact=True).click()
        await expect(page.get_by_role("listitem")).to_have_count(2)
        await look("mis-cargas")


async def test_every_text_is_there_in_both_languages(open_page: Open) -> None:
    page = await open_page()
    spanish, english = await page.evaluate(_SAME_KEYS)
    assert len(spanish) > 150
    assert spanish == english


@pytest.mark.usefixtures("worker")
async def test_the_language_is_switched_and_remembered(open_page: Open, screenshot: Screenshot) -> None:
    # a browser that asks for English gets Spanish all the same, until the person says otherwise
    page = await open_page(locale="en-US")
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await send_without_review(page, "con faltas.csv", FAULTY)
    await expect(page.get_by_text("precio_unitario: «gratis» no es un número").first).to_be_visible()
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("heading", name="40 rows loaded, 22 to mend")).to_be_visible()
    await expect(page.get_by_text("precio_unitario: “gratis” is not a number").first).to_be_visible()
    await assert_accessible(page)
    await screenshot(page, "english")
    await page.reload()
    await expect(page.get_by_role("heading", name="40 rows loaded, 22 to mend")).to_be_visible()
    await page.get_by_role("button", name="Español").click()
    await expect(page.get_by_role("heading", name="40 filas cargadas, 22 por corregir")).to_be_visible()


@pytest.mark.usefixtures("worker")
async def test_a_file_is_sent_by_keyboard_alone(open_page: Open) -> None:
    page = await open_page()
    # listened for from the start: the browser needs a moment before it asks us instead of the person
    chooser: asyncio.Future[FileChooser] = asyncio.get_running_loop().create_future()
    page.once("filechooser", lambda asked: chooser.set_result(asked))
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Ir al contenido")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#file")).to_be_focused()
    await page.keyboard.press("Enter")
    file = {"name": "teclado.csv", "mimeType": "text/csv", "buffer": FAULTY}
    await (await chooser).set_files(files=[file])  # type: ignore[arg-type]
    await page.keyboard.press("Tab")
    await page.keyboard.type("PROV001")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Actualizarlo")).to_be_checked()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="40 filas en orden, 22 con errores")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


async def test_what_does_not_fit_is_explained(open_page: Open, bff: Bff) -> None:
    page = await open_page()
    await choose(page, "foto.png", b"no")
    await expect(page.get_by_text("Solo se aceptan archivos .xlsx y .csv")).to_be_visible()
    await choose(page, "vacío.csv", b"")
    await expect(page.get_by_text("El archivo está vacío")).to_be_visible()
    await choose(page, "bien.csv", FAULTY, provider="con espacios")
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_text("Use letras sin tilde")).to_be_visible()
    await expect(page.get_by_label("Proveedor")).to_be_focused()
    # what only the server can tell is said in its words
    await choose(page, "disfrazado.xlsx", b"id,nombre\n")
    await page.get_by_role("button", name="Revisar archivo").click()
    await expect(page.get_by_role("alert")).to_contain_text("No se pudo enviar el archivo")
    await page.get_by_role("button", name="Elegir otro archivo").click()
    # and nobody being there is not the end of it
    await bff.stop()
    await send_later(page)
    await bff.start()
    await page.get_by_role("button", name="Reintentar").click()
    await expect(page.get_by_role("heading", name="En cola")).to_be_visible()


async def send_later(page: Page) -> None:
    """Send a file while nobody answers, until the page gives up for now."""
    await choose(page, "bien.csv", FAULTY)
    await page.get_by_role("button", name="Cargar sin revisar").click()
    await expect(page.get_by_text("Se perdió la conexión")).to_be_visible()
    await expect(page.get_by_text("No hay conexión con el servidor")).to_be_visible()
