"""The list of uploads: found again, filtered, searched, and complete even while nobody works."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.stack import Bff
from tests.browser.steps import send_without_review
from tests.support.catalogue_files import csv_file, products
from tests.support.worker_process import worker_process

SOUND = csv_file(products(10))
FAULTY = csv_file(products(10, faulty_every=5))
NO_CATALOGUE = b"una,dos\n1,2\n"


async def send_all(page: Page) -> None:
    """Three uploads of two providers, one of each outcome."""
    uploads = [
        ("enero.csv", SOUND, "PROV001", "Listo"),
        ("Última revisión.csv", FAULTY, "PROV002", "por corregir"),
        ("mal hecho.csv", NO_CATALOGUE, "PROV001", "súbalo aquí"),
    ]
    for name, content, provider, outcome in uploads:
        await page.get_by_role("link", name="Nueva carga").click()
        await send_without_review(page, name, content, provider)
        await expect(page.get_by_role("heading", name=outcome)).to_be_visible()


async def test_uploads_are_filtered_searched_and_opened(
    open_page: Open, bff: Bff, environment: dict[str, str]
) -> None:
    page = await open_page()
    async with worker_process(environment):
        await send_all(page)
    await page.get_by_role("link", name="Mis cargas", exact=True).click()
    entries = page.get_by_role("listitem")
    await expect(entries).to_have_count(3)
    await expect(entries.first).to_contain_text("mal hecho.csv")

    await page.get_by_label("Estado").select_option("failed")
    await expect(entries).to_have_count(1)
    await expect(page).to_have_url(f"{bff.url}/#/tareas?status=failed")
    await page.reload()
    await expect(page.get_by_label("Estado")).to_have_value("failed")
    await expect(entries).to_have_count(1)
    await page.get_by_label("Estado").select_option("")

    await page.get_by_label("Proveedor").fill("PROV002")
    await expect(entries).to_have_count(1)
    await page.get_by_label("Proveedor").fill("")
    await page.get_by_label("Buscar por archivo").fill("ultima")
    await expect(entries).to_have_count(1)
    await expect(entries).to_contain_text("8 cargadas, 2 rechazadas")
    await page.get_by_label("Buscar por archivo").fill("nunca")
    await expect(page.get_by_text("Ninguna carga coincide")).to_be_visible()
    await page.get_by_label("Buscar por archivo").fill("ultima")

    await entries.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Última revisión.csv")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.go_back()
    await expect(entries).to_have_count(1)


async def test_older_uploads_come_page_by_page(
    open_page: Open, bff: Bff, environment: dict[str, str]
) -> None:
    page = await open_page()
    async with worker_process(environment):
        for number in range(23):
            answer = await page.request.post(
                f"{bff.url}/api/catalog/items/bulk-upload?proveedor_id=PROV001",
                multipart={"file": {"name": f"{number}.csv", "mimeType": "text/csv", "buffer": SOUND}},
            )
            assert answer.status == 202
        await page.goto(f"{bff.url}/#/tareas?status=completed")
        await page.reload()
        entries = page.get_by_role("listitem")
        await page.get_by_role("button", name="Ver más antiguas").click()
        await expect(entries).to_have_count(23)
        await expect(page.get_by_role("button", name="Ver más antiguas")).to_have_count(0)


async def test_an_upload_that_no_worker_has_seen_is_there(
    open_page: Open, environment: dict[str, str]
) -> None:
    page = await open_page()
    await send_without_review(page, "espera.csv", SOUND)
    await expect(page.get_by_role("heading", name="En cola")).to_be_visible()
    await page.get_by_role("link", name="← Mis cargas").click()
    entry = page.get_by_role("listitem")
    await expect(entry).to_contain_text("espera.csv")
    await expect(entry).to_contain_text("En cola")
    async with worker_process(environment):
        await expect(entry).to_contain_text("Completada")
    await expect(entry).to_have_count(1)


async def test_an_address_that_leads_nowhere_says_so(open_page: Open) -> None:
    page = await open_page("#/tareas/7d0a3c52-5a51-4c54-9c0f-3f0b6a0f2a11")
    await expect(page.get_by_text("No encontramos esta carga")).to_be_visible()
    await page.goto(page.url.replace("tareas/7", "nada/7"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Aquí no hay nada")
