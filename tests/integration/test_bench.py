"""The benchmarks measure imports that really happen: on a small scale, so that they are known to work."""

from pathlib import Path

import psycopg
import pytest

from bench.files import catalogue_rows, write_csv
from bench.floor import timed_floor
from bench.memory import measure_memory
from bench.speed import SpeedPlan, measure_speed
from bench.stack import Place
from infra.embedded.stores import Stores


@pytest.fixture
async def place(stores: Stores, tmp_path: Path) -> Place:
    await stores.start()
    return Place(stores, tmp_path)


async def test_the_floor_inserts_every_row_and_then_updates_every_row(
    database_url: str, tmp_path: Path
) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:

        async def look() -> tuple[object, ...] | None:
            found = await connection.execute(
                "SELECT count(*), count(DISTINCT task_id), sum(precio_unitario) FROM products"
            )
            return await found.fetchone()

        for revision in (0, 1):
            file = tmp_path / f"{revision}.csv"
            rows = list(catalogue_rows(500, revision=revision, with_faults=False))
            write_csv(file, rows)
            assert await timed_floor(database_url, file) > 0
            assert await look() == (500, 1, sum(row[4] for row in rows[1:]))  # type: ignore[misc]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_speed_is_measured_over_every_way_and_pass(place: Place, format: str) -> None:
    measured = [run async for run in measure_speed(place, SpeedPlan(rows=300, repeats=1, format=format))]
    assert [(run.way, run.writes, run.rows) for run in measured] == [
        ("floor", "insert", 300),
        ("floor", "update", 300),
        ("import", "insert", 300),
        ("import", "update", 300),
    ]
    assert all(run.seconds > 0 for run in measured)


async def test_memory_is_that_of_the_api_and_of_the_worker_with_its_reading_child(place: Place) -> None:
    figures = await measure_memory(place, rows=20_000)
    assert figures.file_bytes > 3_900_000
    assert len(figures.api.own_peaks) == 1
    assert len(figures.worker.own_peaks) >= 2
    assert figures.api.at_most >= figures.api_idle > 10_000_000
    assert figures.worker.at_most > figures.worker_idle > 10_000_000
