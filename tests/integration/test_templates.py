"""Downloading the templates."""

import csv
import io

from openpyxl import load_workbook

from catalog_service.validation import CONTENT_TYPES
from common.catalog import COLUMN_NAMES
from tests.support.catalog_api import assert_problem, catalog_api, post

TEMPLATE = "/api/catalog/items/bulk-upload/plantilla"


async def test_templates_download_with_and_without_examples(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        for query, rows in (("", 1), ("?ejemplos=false", 1), ("?ejemplos=true", 4), ("?ejemplos=SI", 4)):
            xlsx = await client.get(f"{TEMPLATE}.xlsx{query}")
            sheet = load_workbook(io.BytesIO(xlsx.content)).worksheets[0]
            assert sheet.max_row == rows
            text = await client.get(f"{TEMPLATE}.csv{query}")
            assert text.content.startswith(b"\xef\xbb\xbf")
            lines = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"), newline="")))
            assert len(lines) == rows
            assert tuple(lines[0]) == COLUMN_NAMES

    assert xlsx.headers["content-type"] == CONTENT_TYPES[".xlsx"]
    assert xlsx.headers["content-disposition"] == 'attachment; filename="plantilla_productos.xlsx"'
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert text.headers["content-disposition"] == 'attachment; filename="plantilla_productos.csv"'


async def test_template_speaks_the_readers_language(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        spanish = await client.get(f"{TEMPLATE}.xlsx")
        english = await client.get(f"{TEMPLATE}.xlsx", headers={"Accept-Language": "en"})

    assert load_workbook(io.BytesIO(spanish.content)).sheetnames == ["Productos", "Instrucciones"]
    assert load_workbook(io.BytesIO(english.content)).sheetnames == ["Products", "Instructions"]


async def test_template_with_examples_can_be_uploaded_as_it_is(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        for extension in ("xlsx", "csv"):
            template = await client.get(f"{TEMPLATE}.{extension}?ejemplos=true")
            assert (await post(client, template.content, f"plantilla.{extension}")).status_code == 202


async def test_wrong_flag(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        assert_problem(await client.get(f"{TEMPLATE}.csv?ejemplos=tal"), 422, "invalid_boolean")
