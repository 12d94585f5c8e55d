"""The examples of the guide for front-end developers, run as they stand there, in a browser."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.stack import Bff

pytestmark = pytest.mark.usefixtures("worker")

_ROOT = Path(__file__).resolve().parents[2]
_GUIDE = _ROOT / "docs" / "es" / "guia-integracion-frontend.md"
_REACT = Path(__file__).parent / "react"
_FILE = _ROOT / "data" / "productos_300_con_errores.csv"
_REJECTED, _IMPORTED = 125, 175

_EXAMPLE = re.compile(r"^```js (?P<name>[a-z-]+\.js)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)

_PAGE = """<!doctype html><html lang="es"><title>Guía</title>
<script type="importmap">{"imports": {"react": "/guide/react-module.js"}}</script>
<script src="/guide/react.js"></script><script src="/guide/react-dom.js"></script>
<main id="root"></main></html>"""
#: What a bundler does: the module behind the name.
_REACT_MODULE = """export const { useCallback, useEffect, useRef, useState, createElement } = window.React;"""


def _examples() -> dict[str, str]:
    return {match["name"]: match["code"] for match in _EXAMPLE.finditer(_GUIDE.read_text())}


@pytest.fixture
async def page(browser: Browser, bff: Bff) -> AsyncIterator[Page]:
    """An empty page of the BFF's origin, from which the examples can be imported."""
    files = {
        **_examples(),
        "react-module.js": _REACT_MODULE,
        "react.js": (_REACT / "react.js").read_text(),
        "react-dom.js": (_REACT / "react-dom.js").read_text(),
    }

    async def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        kind = "text/javascript" if name else "text/html"
        await route.fulfill(body=files[name] if name else _PAGE, content_type=f"{kind}; charset=utf-8")

    context = await browser.new_context(locale="es-CO")
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.route(f"{bff.url}/guide/**", serve)
    await page.goto(f"{bff.url}/guide/")
    yield page
    await context.close()
    assert faults == []


async def _choose(page: Page) -> None:
    """Put the file where the examples find it, as a person would."""
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<input type=file id=chosen>')")
    await page.locator("#chosen").set_input_files(_FILE)


async def test_a_file_is_sent_followed_and_its_rejected_rows_are_listed(page: Page) -> None:
    await _choose(page)
    outcome = await page.evaluate(
        """async () => {
            const { run } = await import("/guide/page.js");
            const said = [];
            const file = document.querySelector("#chosen").files[0];
            return { ...(await run(file, "PROV001", (words) => said.push(words))), said };
        }"""
    )
    assert outcome["status"]["status"] == "completed"
    assert len(outcome["rows"]) == _REJECTED
    assert outcome["said"][-1] == f"{_IMPORTED} entraron, {_REJECTED} fueron rechazadas"
    assert any(words.endswith("bytes") for words in outcome["said"])
    assert any(words == "300 de 300 filas" for words in outcome["said"])
    assert outcome["download"].endswith("/errores.xlsx")


async def test_the_long_poll_tells_the_same_as_the_events(page: Page) -> None:
    await _choose(page)
    polled, told = await page.evaluate(
        """async () => {
            const [{ upload }, { poll }, { follow }] = await Promise.all(
                ["upload", "poll", "follow"].map((name) => import(`/guide/${name}.js`)));
            const file = document.querySelector("#chosen").files[0];
            const options = { proveedorId: "PROV001", key: crypto.randomUUID() };
            const { status_url } = await upload(file, options);
            return Promise.all([poll(status_url, () => {}), follow(status_url, () => {})]);
        }"""
    )
    assert polled == told
    assert polled["status"] == "completed"


async def test_an_upload_that_is_refused_says_why(page: Page) -> None:
    refusal = await page.evaluate(
        """async () => {
            const { upload } = await import("/guide/upload.js");
            const file = new File(["%PDF-1.7"], "catalogo.pdf");
            return upload(file, { proveedorId: "PROV001", key: "k" }).catch((error) => error.message);
        }"""
    )
    assert refusal == "Solo se admiten archivos .xlsx, .csv; guarde el suyo en uno de esos formatos"


async def test_the_react_component_takes_a_file_from_choice_to_download(page: Page) -> None:
    await page.evaluate(
        """async () => {
            const { BulkUpload } = await import("/guide/bulk-upload.js");
            const root = ReactDOM.createRoot(document.querySelector("#root"));
            root.render(React.createElement(BulkUpload, { proveedorId: "PROV001" }));
        }"""
    )
    await page.get_by_label("Catálogo").set_input_files(_FILE)
    await expect(page.get_by_role("status")).to_have_text(
        f"{_IMPORTED} entraron, {_REJECTED} fueron rechazadas"
    )
    await expect(page.get_by_role("progressbar")).to_have_attribute("value", "300")
    await expect(page.get_by_role("link", name="Descargar para corregir")).to_have_attribute(
        "href", re.compile(r"/errores\.xlsx$")
    )
