"""The benchmarks measure imports that really happen: on a small scale, so that they are known to work."""

from pathlib import Path

import psycopg
import pytest

from bench.files import catalogue_rows, write_csv
from bench.floor import timed_floor
from bench.import_files import Size
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
            assert await timed_floor(database_url, file, "PROV001") > 0
            assert await look() == (500, 1, sum(row[4] for row in rows[1:]))  # type: ignore[misc]


async def test_speed_is_measured_over_every_size_way_and_pass(place: Place) -> None:
    sizes = (Size("csv", 300), Size("xlsx", 300))
    measured = [run async for run in measure_speed(place, SpeedPlan(sizes, repeats=1, rows_a_turn=300))]
    assert [(run.way, run.format, run.rows, run.writes) for run in measured] == [
        ("floor", "csv", 300, "insert"),
        ("floor", "csv", 300, "update"),
        *[("small_file", "csv", 300, "insert")] * 3,
        ("carga", "csv", 300, "insert"),
        ("carga", "csv", 300, "update"),
        ("floor", "xlsx", 300, "insert"),
        ("floor", "xlsx", 300, "update"),
        ("carga", "xlsx", 300, "insert"),
        ("carga", "xlsx", 300, "update"),
    ]
    assert all(run.seconds > 0 and run.repeat == 1 for run in measured)


async def test_memory_is_that_of_the_api_and_of_the_worker_with_its_reading_child(place: Place) -> None:
    (seen,) = [each async for each in measure_memory(place, (Size("csv", 20_000),), repeats=1)]
    assert (seen.format, seen.rows) == ("csv", 20_000)
    assert seen.file > 3_900_000
    assert seen.processes >= 2
    assert seen.api_idle > 10_000_000
    assert seen.api_growth >= 0
    assert seen.worker_peaks >= seen.worker_rss > seen.worker_idle > 10_000_000
