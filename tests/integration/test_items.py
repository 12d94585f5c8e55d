"""Reading the catalogue over HTTP."""

import asyncio
import json
import os
import signal
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import psutil
import pytest

from catalog_service.schemas import ProductBody, ProductPageBody
from infra.embedded.stores import Stores
from tests.support.catalog_api import assert_problem, catalog_api
from tests.support.ledger_rows import insert_product

ITEMS = "/api/catalog/items"


async def fill(environment: dict[str, str], *products: dict[str, Any]) -> None:
    connection: asyncpg.Connection = await asyncpg.connect(environment["DATABASE_URL"])
    for product in products:
        await insert_product(connection, product.pop("id"), **product)
    await connection.close()


async def ids(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    query = {"proveedor_id": "PROV001", **params}
    while True:
        response = await client.get(ITEMS, params=query)
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["items"]) <= query.get("limit", 50)
        found += [product["id"] for product in page["items"]]
        if page["next_cursor"] is None:
            assert page["total"] == len(found)
            return found
        query["cursor"] = page["next_cursor"]


async def test_product_has_the_files_names_and_exact_values(environment: dict[str, str]) -> None:
    await fill(
        environment,
        {
            "id": "0008584",
            "nombre": "Acetaminofén",
            "codigo": "A/1",
            "precio_unitario": Decimal("9999999999.99"),
            "presentacion": "Caja",
        },
    )
    async with catalog_api(environment) as client:
        response = await client.get(f"{ITEMS}/0008584", params={"proveedor_id": "PROV001"})

    assert response.status_code == 200
    ProductBody.model_validate_json(response.content)
    body = response.json()
    assert {name: body[name] for name in body if name not in ("created_at", "updated_at")} == {
        "proveedor_id": "PROV001",
        "id": "0008584",
        "nombre": "Acetaminofén",
        "codigo": "A/1",
        "categoria": "Insumos",
        "precio_unitario": 9999999999.99,
        "certificado_sanitario": "INVIMA 1",
        "condiciones_almacenamiento": "Seco",
        "tiempo_entrega_dias": 5,
        "presentacion": "Caja",
        "stock_minimo": 10,
        "stock_critico": 5,
        "requiere_lote": False,
        "requiere_vencimiento": True,
    }


async def test_price_is_a_number_of_exactly_two_decimals(environment: dict[str, str]) -> None:
    prices = ["0.00", "0.01", "0.10", "12500.00", "9999999999.99"]
    await fill(environment, *({"id": price, "precio_unitario": Decimal(price)} for price in prices))
    async with catalog_api(environment) as client:
        for price in prices:
            response = await client.get(f"{ITEMS}/{price}", params={"proveedor_id": "PROV001"})
            assert f'"precio_unitario":{price},' in response.text
            assert json.loads(response.text, parse_float=Decimal)["precio_unitario"] == Decimal(price)


IDS = ["a/b", "/a", "a b", "¿ñ?", "a%2Fb", "a+b", "plantilla.xlsx", "#1", "..a"]


async def test_ids_of_any_characters(environment: dict[str, str]) -> None:
    await fill(environment, *({"id": product_id} for product_id in IDS))
    async with catalog_api(environment) as client:
        for product_id in IDS:
            path = f"{ITEMS}/{quote(product_id, safe='')}"
            response = await client.get(path, params={"proveedor_id": "PROV001"})
            assert response.json()["id"] == product_id


async def test_unknown_product_and_another_providers(environment: dict[str, str]) -> None:
    await fill(environment, {"id": "A", "proveedor_id": "PROV002"})
    async with catalog_api(environment) as client:
        for product_id in ("A", "nada", "%00"):
            response = await client.get(f"{ITEMS}/{product_id}", params={"proveedor_id": "PROV001"})
            assert_problem(response, 404, "product_not_found")
        assert_problem(await client.get(f"{ITEMS}/A"), 422, "invalid_parameters")
        assert await ids(client) == []


async def test_pages_hold_every_product_once_in_order(environment: dict[str, str]) -> None:
    names = [f"P{number:03}" for number in range(25)]
    await fill(
        environment, *({"id": name} for name in reversed(names)), {"id": "Z", "proveedor_id": "PROV002"}
    )
    async with catalog_api(environment) as client:
        for limit in (1, 5, 24, 25, 26, 200):
            assert await ids(client, limit=limit) == names
        page = (await client.get(ITEMS, params={"proveedor_id": "PROV001", "limit": 10})).json()
        ProductPageBody.model_validate(page)
        assert page["total"] == 25


async def test_pages_shift_nothing_when_products_come_meanwhile(environment: dict[str, str]) -> None:
    await fill(environment, {"id": "B"}, {"id": "D"}, {"id": "F"})
    async with catalog_api(environment) as client:
        first = (await client.get(ITEMS, params={"proveedor_id": "PROV001", "limit": 2})).json()
        await fill(environment, {"id": "A"}, {"id": "E"})
        query = {"proveedor_id": "PROV001", "limit": 2, "cursor": first["next_cursor"]}
        second = (await client.get(ITEMS, params=query)).json()

    assert [product["id"] for product in second["items"]] == ["E", "F"]


SEARCHES = {
    "ACETAMINOFEN": ["A"],
    "acetaminofén": ["A"],
    "nandu": ["B"],
    "ÑANDÚ": ["B"],
    "cod-9": ["C"],
    "c": ["A", "C"],
    "100%": ["D"],
    "_": ["D"],
    "\\": ["D"],
    "e\u0301n": ["A"],
    "nada": [],
    "\0": [],
    "'; --": [],
    "": ["A", "B", "C", "D"],
}


async def test_search_looks_away_from_accents_and_case(environment: dict[str, str]) -> None:
    await fill(
        environment,
        {"id": "A", "nombre": "Acetaminofén", "codigo": "1"},
        {"id": "B", "nombre": "N\u0303andu\u0301", "codigo": "2"},
        {"id": "C", "nombre": "Otro", "codigo": "COD-9"},
        {"id": "D", "nombre": "Alkohol 100% \\ _", "codigo": "3"},
    )
    async with catalog_api(environment) as client:
        for search, expected in SEARCHES.items():
            assert await ids(client, q=search, limit=1) == expected, ascii(search)


WRONG_PARAMETERS: list[tuple[dict[str, str], str]] = [
    ({}, "invalid_parameters"),
    ({"proveedor_id": "a b"}, "invalid_proveedor_id"),
    ({"proveedor_id": "P", "limit": "0"}, "invalid_parameters"),
    ({"proveedor_id": "P", "limit": "201"}, "invalid_parameters"),
    ({"proveedor_id": "P", "limit": "x"}, "invalid_parameters"),
    ({"proveedor_id": "P", "q": "x" * 256}, "invalid_parameters"),
    ({"proveedor_id": "P", "cursor": "ñ"}, "invalid_cursor"),
    ({"proveedor_id": "P", "cursor": "a"}, "invalid_cursor"),
    ({"proveedor_id": "P", "cursor": "AA"}, "invalid_cursor"),
    ({"proveedor_id": "P", "cursor": "gIA"}, "invalid_cursor"),
]


async def test_parameters_of_another_form(environment: dict[str, str], subtests: pytest.Subtests) -> None:
    async with catalog_api(environment) as client:
        for params, code in WRONG_PARAMETERS:
            with subtests.test(str(params)[:60]):
                assert_problem(await client.get(ITEMS, params=params), 422, code)


async def test_postgresql_that_stops_hangs_and_comes_back(
    environment: dict[str, str], stores: Stores
) -> None:
    query = {"proveedor_id": "PROV001"}
    async with catalog_api(environment, database_timeout_seconds=1) as client:
        assert (await client.get(ITEMS, params=query)).status_code == 200
        postgres = psutil.Process(stores.postgres.process.pid)
        everyone = [postgres, *postgres.children(recursive=True)]
        for process in everyone:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(10):
                hung = await client.get(ITEMS, params=query)
        finally:
            for process in everyone:
                os.kill(process.pid, signal.SIGCONT)
        assert_problem(hung, 503, "database_unavailable")
        assert int(hung.headers["retry-after"]) > 0
        assert (await client.get(ITEMS, params=query)).status_code == 200
        await stores.postgres.kill()
        assert_problem(await client.get(ITEMS, params=query), 503, "database_unavailable")
        assert_problem(await client.get(f"{ITEMS}/A", params=query), 503, "database_unavailable")
        await stores.postgres.start()
        assert (await client.get(ITEMS, params=query)).status_code == 200
