"""Finding the products that a batch's rows may meet, in a real table."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from common.messages import UploadMessage
from worker.database import Database
from worker.processors.catalog.copy_text import escape
from worker.processors.catalog.fold import Change, Existing
from worker.processors.catalog.lines import says_the_same
from worker.processors.catalog.products import find_matching, write

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ONE_ROW = "{id}\tGuantes\t{codigo}\tCuración\t9.50\tINVIMA 1\tSeco\t3\t\\N\t10\t5\tfalse\ttrue"

_MANY_PRODUCTS = """
INSERT INTO products
SELECT 'PROV001', n, 'Guantes', 'C' || n, 'Curación', 9.5, 'INVIMA 1', 'Seco', 3, NULL, 10, 5, false, true,
       now(), gen_random_uuid()
  FROM generate_series(1, 5000) AS n
"""
_INDEX_ENTRIES_READ = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'products'"


def upload(proveedor_id: str, accepted_at: datetime = _NOON, task: int = 1) -> UploadMessage:
    return UploadMessage(
        task_id=UUID(int=task),
        s3_bucket="b",
        s3_key="k",
        filename="f.csv",
        proveedor_id=proveedor_id,
        reemplazar_duplicados=True,
        accepted_at=accepted_at,
    )


async def store(connection: asyncpg.Connection, by: UploadMessage, **products: str) -> None:
    lines = {id: _ONE_ROW.format(id=id, codigo=codigo).encode() for id, codigo in products.items()}
    await write(connection, by, [Change(id, products[id], line, before=None) for id, line in lines.items()])


async def index_entries_read(connection: asyncpg.Connection) -> int:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    return int(await connection.fetchval(_INDEX_ENTRIES_READ))


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ([("a", "1")], {"a"}),
        ([("a", "9")], {"a"}),
        ([("z", "1")], {"a"}),
        ([("a", "2")], {"a", "b"}),
        ([("z", "9")], set()),
        ([("a", "1"), ("z", "1")], {"a"}),
        ([("a", "1"), ("b", "1"), ("c", "2")], {"a", "b", "c"}),
        ([("z", "3"), ("z", "3"), ("y", "2")], {"b", "c"}),
        ([], set()),
    ],
)
async def test_every_product_with_one_of_the_keys_is_found_once(
    connection: asyncpg.Connection, keys: list[tuple[str, str]], found: set[str]
) -> None:
    await store(connection, upload("PROV001"), a="1", b="2", c="3")
    products = await find_matching(connection, upload("PROV001"), keys)
    assert sorted(product.id for product in products) == sorted(found)
    assert all(product.codigo == {"a": "1", "b": "2", "c": "3"}[product.id] for product in products)


async def test_another_providers_products_are_never_found(connection: asyncpg.Connection) -> None:
    await store(connection, upload("PROV002"), a="1", b="2")
    assert await find_matching(connection, upload("PROV001"), [("a", "1"), ("z", "2")]) == []


@pytest.mark.parametrize(
    ("accepted_at", "task", "later"),
    [
        (_NOON + timedelta(microseconds=1), 1, True),
        (_NOON, 3, True),
        (_NOON, 2, False),
        (_NOON, 1, False),
        (_NOON - timedelta(seconds=1), 3, False),
    ],
)
async def test_a_product_is_later_when_a_later_accepted_upload_wrote_it(
    connection: asyncpg.Connection, accepted_at: datetime, task: int, later: bool
) -> None:
    await store(connection, upload("PROV001", accepted_at, task), a="1", b="2")
    products = await find_matching(connection, upload("PROV001", task=2), [("a", "1"), ("z", "2")])
    lines = {id: _ONE_ROW.format(id=id, codigo=codigo).encode() for id, codigo in ("a1", "b2")}
    assert products == [Existing("a", "1", later, lines["a"]), Existing("b", "2", later, lines["b"])]


async def test_a_product_is_found_as_it_was_written(connection: asyncpg.Connection) -> None:
    texts = ["a\\b", "Gasa \\N 'x' {}", "1", "\\\\", "09.5", '"INVIMA"', "\\t", "003", "\\", "010", "5"]
    line = "\t".join([*map(escape, texts), "true", "false"]).encode()
    await write(connection, upload("PROV001"), [Change("a\\b", "1", line, before=None)])
    (found,) = await find_matching(connection, upload("PROV001"), [("a\\b", "z")])
    stored = line
    for written, kept in ((b"09.5", b"9.50"), (b"003", b"3"), (b"010", b"10")):
        stored = stored.replace(written, kept)
    assert (found.id, found.line) == ("a\\b", stored)
    assert says_the_same(found.line, line)
    keeping = msgspec.structs.replace(upload("PROV001"), reemplazar_duplicados=False)
    assert await find_matching(connection, keeping, [("a\\b", "z")]) == [Existing("a\\b", "1")]


async def test_what_was_planned_for_a_small_table_does_not_read_a_large_one_whole(database_url: str) -> None:
    async with Database(database_url, connections=1).connection() as connection:
        keys = [(str(number), f"X{number}") for number in range(1, 101)]
        for _ in range(10):  # PostgreSQL thinks of keeping a plan after five times
            assert await find_matching(connection, upload("PROV001"), keys) == []
        await connection.execute(_MANY_PRODUCTS)
        before = await index_entries_read(connection)
        assert len(await find_matching(connection, upload("PROV001"), keys)) == 100
        assert await index_entries_read(connection) - before < 1000
