"""Uploads that are refused: which code, and that nothing of them stays in any store."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from tests.support.catalog_api import (
    CSV,
    UPLOAD,
    assert_problem,
    catalog_api,
    objects,
    post,
    received,
    unfinished,
)

XLSX = b"PK\x03\x04" + bytes(200)
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200)
PDF = b"%PDF-1.7\n..."
PNG = b"\x89PNG\r\n\x1a\n"
MEGABYTE = 1024 * 1024


async def _assert_nothing_left(environment: dict[str, str]) -> None:
    assert objects(environment) == {}
    assert unfinished(environment) == 0
    assert received(environment) == []
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        assert await redis.dbsize() == 0


async def _send(client: httpx.AsyncClient, body: bytes, content_type: str) -> httpx.Response:
    return await client.post(
        UPLOAD, params={"proveedor_id": "PROV001"}, content=body, headers={"Content-Type": content_type}
    )


def _form(*parts: bytes, end: bytes = b"--b--\r\n") -> bytes:
    return b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end


FILE = b'name="file"; filename="p.csv"\r\n\r\n' + CSV

FORMS = {
    "no parts": (b"--b--\r\n", "file_missing"),
    "only a text field": (_form(b'name="comentario"\r\n\r\nhola'), "file_missing"),
    "text where the file should be": (_form(b'name="file"\r\n\r\nhola'), "file_missing"),
    "file in another field": (_form(b'name="archivo"; filename="p.csv"\r\n\r\nx'), "wrong_file_field"),
    "no file chosen in a browser": (_form(b'name="file"; filename=""\r\n\r\n'), "filename_missing"),
    "a name of invisible characters": (
        _form('name="file"; filename="a/\u202e\u200b "\r\n\r\nx'.encode()),
        "filename_missing",
    ),
    "a name of dots": (_form(b'name="file"; filename=".."\r\n\r\nx'), "filename_missing"),
    "an empty file": (_form(b'name="file"; filename="p.csv"\r\n\r\n'), "file_empty"),
    "two files": (_form(FILE, FILE), "several_files"),
    "a second file in another field": (
        _form(FILE, b'name="otro"; filename="q.csv"\r\n\r\nx'),
        "several_files",
    ),
    "a second file of no bytes": (_form(FILE, b'name="file"; filename="q.csv"\r\n\r\n'), "several_files"),
    "nothing at all": (b"", "malformed_multipart"),
    "cut off within the file": (_form(FILE, end=b""), "malformed_multipart"),
    "cut off within a header": (b"--b\r\nContent-Disp", "malformed_multipart"),
    "another boundary than declared": (_form(FILE).replace(b"--b", b"--c"), "malformed_multipart"),
    "a header that is not UTF-8": (
        _form(b'name="file"; filename="a\xf1o.csv"\r\n\r\nx'),
        "malformed_multipart",
    ),
    "hundreds of parts": (_form(*[b'name="x"\r\n\r\n1'] * 300), "form_over_limits"),
    "a filename of 100 KB": (
        _form(b'name="file"; filename="%s.csv"\r\n\r\nx' % (b"x" * 100_000)),
        "form_over_limits",
    ),
    "a filename of 100 KB in pieces": (
        _form(b'name="file"; filename="' + b"x\r\n " * 25_000 + b'.csv"\r\n\r\nx'),
        "form_over_limits",
    ),
    "a field name of 100 KB": (_form(b'name="%s"\r\n\r\nx' % (b"x" * 100_000)), "form_over_limits"),
    "dozens of headers": (_form(b'name="file"' + b"\r\nX-A: b" * 50 + b"\r\n\r\nx"), "form_over_limits"),
    "a text field of 100 KB": (_form(b'name="x"\r\n\r\n' + b"x" * 100_000, FILE), "form_over_limits"),
    "100 KB behind the form": (_form(FILE) + b"x" * 100_000, "form_over_limits"),
    "no name for a part": (b"--b\r\n\r\nx\r\n--b--\r\n", "malformed_multipart"),
}


async def test_form_without_exactly_one_good_file(
    environment: dict[str, str], subtests: pytest.Subtests
) -> None:
    async with catalog_api(environment) as client:
        for name, (body, code) in FORMS.items():
            with subtests.test(name):
                response = await _send(client, body, "multipart/form-data; boundary=b")
                assert_problem(response, 400, code)

    await _assert_nothing_left(environment)


CONTENT_TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "",
    "multipart/form-data",
    'multipart/form-data; boundary=""',
    "multipart/mixed; boundary=b",
]


async def test_body_that_is_no_form(environment: dict[str, str], subtests: pytest.Subtests) -> None:
    async with catalog_api(environment) as client:
        for content_type in CONTENT_TYPES:
            with subtests.test(content_type):
                assert_problem(await _send(client, _form(FILE), content_type), 400, "not_multipart")


KINDS = {
    "xls by name": (OLE2, "p.xls", "unsupported_extension"),
    "no extension": (CSV, "productos", "unsupported_extension"),
    "only an extension": (CSV, ".csv", "unsupported_extension"),
    "program": (b"MZ", "p.csv.exe", "unsupported_extension"),
    "csv called xlsx": (CSV, "p.xlsx", "content_mismatch"),
    "xls called xlsx": (OLE2, "p.xlsx", "content_mismatch"),
    "pdf called xlsx": (PDF, "p.xlsx", "content_mismatch"),
    "xlsx called csv": (XLSX, "p.csv", "content_mismatch"),
    "xls called csv": (OLE2, "p.csv", "content_mismatch"),
    "pdf called csv": (PDF, "p.csv", "content_mismatch"),
    "png called csv": (PNG, "p.csv", "content_mismatch"),
    "bytes called csv": (b"id,nombre\0\n", "p.csv", "content_mismatch"),
    "xlsx of two bytes": (b"PK", "p.xlsx", "content_mismatch"),
}


async def test_kind_of_file(environment: dict[str, str], subtests: pytest.Subtests) -> None:
    async with catalog_api(environment) as client:
        for name, (content, filename, code) in KINDS.items():
            with subtests.test(name):
                assert_problem(await post(client, content, filename), 415, code)

    await _assert_nothing_left(environment)


async def test_file_over_the_limit_of_declared_length(environment: dict[str, str]) -> None:
    async with catalog_api(environment, max_file_size_mb=1) as client:
        body = assert_problem(await post(client, b"x" * (2 * MEGABYTE)), 413, "file_too_large")

    assert body["limit_mb"] == 1
    assert "1 MB" in body["detail"]
    await _assert_nothing_left(environment)


@pytest.mark.parametrize(("limit_mb", "too_much"), [(1, 1), (20, 1), (20, 5 * MEGABYTE)])
async def test_file_over_the_limit_while_reading(
    environment: dict[str, str], limit_mb: int, too_much: int
) -> None:
    """One byte too much is seen, by PutObject and by parts, before anything is complete."""
    start, end = _form(FILE, end=b"").removesuffix(CSV + b"\r\n"), b"\r\n--b--\r\n"

    async def body() -> AsyncIterator[bytes]:
        yield start
        left = limit_mb * MEGABYTE + too_much
        while left > 0:
            yield b"x" * min(left, 100_000)
            left -= 100_000
        yield end

    async with catalog_api(environment, max_file_size_mb=limit_mb) as client:
        response = await client.post(
            UPLOAD,
            params={"proveedor_id": "PROV001"},
            content=body(),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )

    assert_problem(response, 413, "file_too_large")
    await _assert_nothing_left(environment)


async def test_second_file_behind_a_large_one_is_still_refused(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        files = [("file", ("a.csv", b"x" * (9 * MEGABYTE))), ("file", ("b.csv", CSV))]
        response = await client.post(UPLOAD, params={"proveedor_id": "PROV001"}, files=files)

    assert_problem(response, 400, "several_files")
    await _assert_nothing_left(environment)


PROVIDERS = [
    "",
    "-a",
    ".a",
    "a b",
    "a/b",
    "ñandú",
    "a\n",
    "a\u202eb",
    "x" * 65,
    "x" * 10_000,
    "'; DROP--",
    "a%",
]


async def test_provider_id_of_another_form(environment: dict[str, str], subtests: pytest.Subtests) -> None:
    async with catalog_api(environment) as client:
        for proveedor_id in PROVIDERS:
            with subtests.test(ascii(proveedor_id[:12])):
                assert_problem(await post(client, proveedor_id=proveedor_id), 422, "invalid_proveedor_id")

    await _assert_nothing_left(environment)


async def test_provider_id_missing(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await client.post(UPLOAD, files={"file": ("p.csv", CSV)})

    body = assert_problem(response, 422, "invalid_parameters")
    assert body["names"] == ["proveedor_id"]


async def test_flag_that_is_neither_yes_nor_no(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await post(client, reemplazar_duplicados="quizás")

    assert "reemplazar_duplicados" in assert_problem(response, 422, "invalid_boolean")["detail"]


async def test_idempotency_key_of_another_form(
    environment: dict[str, str], subtests: pytest.Subtests
) -> None:
    async with catalog_api(environment) as client:
        for key in ["", "a b", "clave\u00f1", "x" * 256, "a\tb"]:
            with subtests.test(ascii(key[:12])):
                response = await client.post(
                    UPLOAD,
                    params={"proveedor_id": "PROV001"},
                    files={"file": ("p.csv", CSV)},
                    headers=[(b"Idempotency-Key", key.encode())],
                )
                assert_problem(response, 422, "invalid_idempotency_key")

    await _assert_nothing_left(environment)


async def test_refusal_in_english(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await post(client, b"", headers={"Accept-Language": "en-GB,en;q=0.9,es;q=0.5"})

    assert assert_problem(response, 400, "file_empty")["detail"].startswith("The file is empty")
    assert response.headers["content-language"] == "en"


async def test_wrong_method_and_wrong_address(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        assert_problem(await client.put(UPLOAD), 405, "method_not_allowed")
        assert_problem(await client.get("/api/catalog/nada"), 404, "not_found")
