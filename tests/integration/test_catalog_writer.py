"""Writing a batch at once comes to what folding its rows comes to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.messages import UploadMessage
from worker.effects import Effect
from worker.processors.catalog.writer import CatalogWriter
from worker.readers.frames import Rows
from worker.readers.sandbox import Batch

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_TABLE = """
SELECT id, codigo, nombre, accepted_at, task_id, created_at = transaction_timestamp() AS is_new,
       updated_at >= transaction_timestamp() AS is_changed
  FROM products WHERE proveedor_id = $1 ORDER BY id
"""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Upload:
    """Batches of rows, (id, codigo) each. ``hour``: when it was accepted; ``edition``: of what its rows say
    besides, of which every third has but one."""

    batches: list[list[Pair]]
    replace: bool
    hour: int
    edition: int = 0


#: Runs of products as a file has them, and pairs that meet in odd ways.
_RUNS = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(
    lambda run: [(f"i{n}", f"c{n}") for n in range(run[0], sum(run))]
)
_ODD = st.tuples(st.sampled_from(["i0", "i1", "i2", "i3"]), st.sampled_from(["c0", "c1", "c2", "c9"])).map(
    lambda pair: [pair]
)
_BATCH = st.lists(st.one_of(_RUNS, _RUNS, _ODD), min_size=1, max_size=3).map(chain.from_iterable).map(list)
UPLOADS = st.lists(
    st.builds(
        Upload,
        st.lists(_BATCH, min_size=1, max_size=4),
        st.booleans(),
        st.integers(0, 3),
        edition=st.integers(0, 1),
    ),
    min_size=1,
    max_size=4,
)


def message(proveedor_id: str, upload: Upload, place: int) -> UploadMessage:
    return UploadMessage(
        task_id=UUID(int=place),
        s3_bucket="b",
        s3_key="k",
        filename="f.csv",
        proveedor_id=proveedor_id,
        reemplazar_duplicados=upload.replace,
        accepted_at=_NOON + timedelta(hours=upload.hour),
    )


def batch_of(pairs: list[Pair], first: int, edition: int = 0) -> Batch:
    """The rows of a batch, their numbers written in one way or another."""
    rest = ("9.50\tINVIMA 1\t\\\\x\t3\t\\N\t10\t5", "09.5\tINVIMA 1\t\\\\x\t003\t\\N\t010\t5")
    lines = [
        f"{id}\tGasa {0 if fila % 3 else edition}\t{codigo}\tc\t{rest[fila % 2]}\tfalse\ttrue".encode()
        for fila, (id, codigo) in enumerate(pairs, start=first)
    ]
    heads = [(fila, list(pair)) for fila, pair in enumerate(pairs, start=first)]
    return Batch([Rows.pack(first + len(pairs) - 1, heads, lines, [])])


async def write(
    connection: asyncpg.Connection, proveedor_id: str, uploads: list[Upload], *, staged: bool
) -> list[Any]:
    """What each batch came to, and then what the table holds."""
    outcomes: list[Any] = []
    for place, upload in enumerate(uploads):
        writer, fila = CatalogWriter(message(proveedor_id, upload, place)), 2
        for pairs in upload.batches:
            batch = batch_of(pairs, fila, upload.edition)
            fila += len(pairs)
            is_staged = staged and await writer.stage(connection, batch)
            async with connection.transaction():
                outcomes.append(await writer.write(connection, batch, staged=is_staged))
                outcomes.append([tuple(row) for row in await connection.fetch(_TABLE, proveedor_id)])
    return outcomes


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(uploads=UPLOADS)
async def test_writing_at_once_comes_to_the_same(
    connection: asyncpg.Connection, uploads: list[Upload]
) -> None:
    provider = uuid4().hex
    folded = await write(connection, f"{provider}-1", uploads, staged=False)
    assert await write(connection, f"{provider}-2", uploads, staged=True) == folded


async def test_an_even_batch_is_not_folded(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else none of this would be of use, and no other test would tell."""
    monkeypatch.setattr("worker.processors.catalog.writer.fold", None)
    known = [(f"i{n}", f"c{n}") for n in range(5)]
    mixed = [*known[:3], ("new", "c-new")]
    uploads = [Upload([known], replace=False, hour=0), Upload([known, mixed, known], replace=True, hour=1)]
    outcomes = await write(connection, uuid4().hex, uploads, staged=True)
    effects = [outcome for outcome in outcomes if isinstance(outcome, Effect)]
    assert [len(effect.outputs) for effect in effects] == [5, 0, 1, 0]


@pytest.mark.parametrize("staged", [True, False])
async def test_a_row_that_changes_nothing_leaves_its_mark_all_the_same(
    connection: asyncpg.Connection, staged: bool
) -> None:
    known = [(f"i{n}", f"c{n}") for n in range(6)]
    uploads = [Upload([known], replace=True, hour=n, edition=n // 2) for n in range(3)]
    first, _, second, table, third, changed = await write(connection, uuid4().hex, uploads, staged=staged)
    assert [effect.tallies["productos_creados"] for effect in (first, second, third)] == [6, 0, 0]
    assert [effect.tallies["productos_actualizados"] for effect in (first, second, third)] == [0, 0, 2]
    assert [effect.tallies["sin_cambios"] for effect in (first, second, third)] == [0, 6, 4]
    assert [effect.successful for effect in (first, second, third)] == [6, 6, 6]
    # it is the later upload's now, and says when it was last another
    assert {(row[4], row[6]) for row in table} == {(UUID(int=1), False)}
    assert [row[6] for row in changed] == [False, True, False, False, True, False]


async def test_rows_that_are_staged_take_the_place_of_others(connection: asyncpg.Connection) -> None:
    writer = CatalogWriter(message("P", Upload([], replace=False, hour=0), 0))
    for id in ("a", "b"):
        assert await writer.stage(connection, batch_of([(id, id)], 2))
    assert [row["id"] for row in await connection.fetch("SELECT id FROM incoming")] == ["b"]
