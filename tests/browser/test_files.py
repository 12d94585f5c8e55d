"""How the page is served: its addresses, what browsers may keep, and what it may do."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bff.main import create_app
from bff.page import Page
from bff.settings import Settings

_ADDRESS = re.compile(r'(?:href|src)="([^"]+)"')


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the BFF inside this process."""
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bff") as running:
        yield running


async def test_the_page_comes_with_a_policy_that_lets_in_nothing_from_elsewhere(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*|data:", policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script>|<style|style=|\son[a-z]+=|https?://", answer.text)


async def test_all_that_the_page_names_is_there_and_kept_for_ever(client: httpx.AsyncClient) -> None:
    addresses = _ADDRESS.findall((await client.get("/")).text)
    assert len(addresses) > 20
    for address in addresses:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        expected = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}[
            Path(address).suffix
        ]
        assert answer.headers["content-type"].partition(";")[0] == expected


async def test_the_page_itself_is_asked_for_again_and_answered_briefly(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await client.head("/")
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])


async def test_a_file_of_another_version_is_given_and_not_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/0123456789abcdef/app.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["../page.py", "..%2fpage.py", "nada.js", "index.html", "vendor/README.md", ""]
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/assets/{Page().digest}/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_change_of_any_file_changes_every_address(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="{assets}/app.js"></script>{preloads}')
    (tmp_path / "app.js").write_text("one")
    before = Page(tmp_path)
    (tmp_path / "app.js").write_text("two")
    after = Page(tmp_path)
    assert before.digest != after.digest
    assert f"/assets/{after.digest}/app.js".encode() in after.index
