"""The reading child, as a real process: what it may use, how it ends, and that it always does."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from tests.support.files import open_file
from tests.support.processes import reader_children
from tests.support.waiting import eventually
from worker.readers.child import Order
from worker.readers.reader_process import SpareReader, spare_reader
from worker.readers.sandbox import Batch, ReaderCrashed, ReaderLimits, RowSource, open_rows
from worker.readers.table import FileRefused

LIMITS = ReaderLimits(memory_bytes=256 << 20, cpu_seconds=60)


@asynccontextmanager
async def rows_of(
    content: bytes, checker: str, *, limits: ReaderLimits = LIMITS, **options: Any
) -> AsyncIterator[RowSource]:
    settings: dict[str, Any] = {"format": "csv", "after": 0, "rows_per_frame": 10, "batch_max_rows": 1000}
    with open_file(content) as file:
        async with open_rows(
            file, checker=f"tests.support.wild_checkers:{checker}", limits=limits, **(settings | options)
        ) as source:
            yield source


async def read(content: bytes, checker: str, **options: Any) -> list[str]:
    """The first key of every row."""
    async with rows_of(content, checker, **options) as source:
        keys = []
        while batch := await source.next_batch():
            keys += [row.keys[0] for row in batch.checked]
        return keys


def table(rows: int) -> bytes:
    return b"id\n" + b"".join(b"%d\n" % number for number in range(rows))


@pytest.fixture(autouse=True)
async def _no_child_is_left() -> AsyncIterator[None]:
    before = set(reader_children())
    yield
    assert set(reader_children()) == before


async def test_batches_are_consecutive_rows_no_larger_than_allowed() -> None:
    async with rows_of(table(95), "dies_at_row", batch_max_rows=30) as source:
        assert source.total == 95
        batches = []
        while batch := await source.next_batch():
            batches.append(batch)
    assert all(10 <= len(batch.checked) <= 30 for batch in batches[:-1])
    filas = [row.fila for batch in batches for row in batch.checked]
    assert filas == list(range(2, 97))
    assert [batch.last for batch in batches] == [batch.checked[-1].fila for batch in batches]


async def test_rows_that_have_piled_up_come_as_one_batch() -> None:
    async with rows_of(table(95), "dies_at_row") as source:
        (child,) = reader_children()
        await eventually(lambda: _is_over(child))
        batch = await source.next_batch()
        assert batch is not None
        assert len(batch.checked) == 95
        assert await source.next_batch() is None


async def _is_over(pid: int) -> bool:
    # the watcher of the event loop has reaped it
    return not psutil.pid_exists(pid)


async def test_reading_goes_on_behind_the_cursor() -> None:
    async with rows_of(table(30), "dies_at_row", after=21) as source:
        assert source.total == 30
        batch = await source.next_batch()
        assert batch is not None
        assert [row.fila for row in batch.checked] == list(range(22, 32))


async def test_a_child_that_is_killed_is_a_crash_behind_the_rows_it_had_sent() -> None:
    lines = table(20) + b"die\n" + b"x\n" * 20
    keys: list[str] = []

    async def read_on(source: RowSource) -> None:
        while batch := await source.next_batch():
            keys.extend(row.keys[0] for row in batch.checked)

    async with rows_of(lines, "dies_at_row", rows_per_frame=1) as source:
        with pytest.raises(ReaderCrashed):
            await read_on(source)
    assert keys == [str(number) for number in range(len(keys))]


@pytest.mark.parametrize("checker", ["raises", "sends_garbage", "sends_rows_first", "segfaults"])
async def test_a_child_that_breaks_down_or_goes_mad_is_a_crash(checker: str) -> None:
    with pytest.raises(ReaderCrashed):
        await read(table(5), checker)


async def test_a_child_that_falls_silent_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.readers.reader_process._LINGER_SECONDS", 0.1)
    with pytest.raises(ReaderCrashed):
        await read(table(5), "falls_silent")


@pytest.mark.parametrize("checker", ["eats_memory", "aborts"])
async def test_want_of_memory_is_told_apart_from_a_crash(checker: str) -> None:
    with pytest.raises(FileRefused) as refused:
        await read(table(5), checker)
    assert refused.value.code == "reader_limits"


async def test_processor_time_is_limited() -> None:
    limits = ReaderLimits(LIMITS.memory_bytes, cpu_seconds=1)
    with pytest.raises(FileRefused) as refused:
        await read(table(5), "falls_into_a_loop", limits=limits)
    assert refused.value.code == "reader_limits"


async def test_the_child_can_leave_nothing_behind(tmp_path: Path) -> None:
    left = tmp_path / "left"
    content = str(left).encode() + b"\nrow\n"
    async with rows_of(content, "tries_to_escape") as source:
        batch = await source.next_batch()
    assert batch is not None
    assert batch.checked[0].keys == ["EFBIG", "EMFILE", "(0, 0)", "(0, 0)"]
    assert left.read_bytes() == b""


async def test_what_a_parser_prints_stays_out_of_the_frames() -> None:
    assert await read(table(3), "prints") == ["0", "1", "2"]


async def test_the_child_gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    async with rows_of(table(1), "tells_its_environment") as source:
        batch = await source.next_batch()
    assert batch is not None
    assert set(batch.checked[0].keys) <= {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LC_CTYPE"}


async def test_the_child_gets_no_file_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "ours").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        async with rows_of(table(1), "tells_its_files") as source:
            batch = await source.next_batch()
    assert batch is not None
    assert batch.checked[0].keys
    assert file.name not in batch.checked[0].keys


@pytest.mark.parametrize(("parent", "returncode"), [(os.getpid(), 0), (1, 1)], ids=["alive", "gone"])
async def test_a_child_that_was_orphaned_before_it_began_ends(parent: int, returncode: int) -> None:
    order = Order("csv", "tests.support.wild_checkers:dies_at_row", 0, 10, LIMITS.memory_bytes, 60, parent)
    command = [sys.executable, "-m", "worker.readers.child", msgspec.json.encode(order).decode()]
    with open_file(table(1)) as file:
        child = await asyncio.create_subprocess_exec(*command, stdin=file, stdout=asyncio.subprocess.DEVNULL)
        assert await child.wait() == returncode


async def test_a_child_is_held_back_while_nobody_takes_its_rows(tmp_path: Path) -> None:
    counter = tmp_path / "rows"
    counter.write_bytes(bytes(8))
    rows = 60_000
    content = str(counter).encode() + b"\n" + b"".join(b"%d\n" % number for number in range(rows))
    async with rows_of(
        content, "counts_into_its_first_header", rows_per_frame=1, batch_max_rows=5000
    ) as source:
        await eventually(lambda: _is_at_rest(counter))
        assert 0 < _count(counter) < rows
        taken = 0
        while batch := await source.next_batch():
            assert [row.fila for row in batch.checked] == list(
                range(taken + 2, taken + len(batch.checked) + 2)
            )
            taken += len(batch.checked)
    assert taken == rows == _count(counter)


async def _is_at_rest(counter: Path) -> bool:
    """Whether the child has checked rows, and no more of them for half a second in which it could have."""
    before = _count(counter)
    await asyncio.sleep(0.5)
    return 0 < before == _count(counter)


def _count(counter: Path) -> int:
    return int.from_bytes(counter.read_bytes())


async def test_leaving_early_ends_the_child() -> None:
    async with rows_of(table(60_000), "dies_at_row") as source:
        await source.next_batch()
        assert len(reader_children()) == 1
    assert reader_children() == []


@pytest.mark.parametrize(
    "checker", ["waits", "dies_at_row"], ids=["before it spoke", "while it is held back"]
)
async def test_a_reading_that_is_cancelled_takes_its_child_along(checker: str) -> None:
    async def read_and_stop_half_way() -> None:
        async with rows_of(table(60_000), checker):
            await asyncio.Event().wait()

    reading = asyncio.create_task(read_and_stop_half_way())
    await eventually(_one_child)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert reader_children() == []


async def _one_child() -> bool:
    return len(reader_children()) == 1


async def test_a_spare_child_takes_the_file_that_comes() -> None:
    async with spare_reader(["worker.readers.csv"]) as spare:
        await eventually(lambda: _has_a_spare(spare))
        (waiting,) = _children()
        async with rows_of(table(95), "dies_at_row", spare=spare) as source:
            assert _children() == reader_children() == [waiting]
            batches = [batch async for batch in _batches(source)]
        assert [row.keys[0] for batch in batches for row in batch.checked] == [str(n) for n in range(95)]
        await eventually(lambda: _has_a_spare(spare))
        assert _children() != [waiting]
    assert _children() == []


async def test_a_spare_child_that_has_died_is_done_without() -> None:
    async with spare_reader([]) as spare:
        await eventually(lambda: _has_a_spare(spare))
        (waiting,) = _children()
        os.kill(waiting, signal.SIGKILL)
        await eventually(lambda: _is_over(waiting))
        assert await read(table(3), "dies_at_row", spare=spare) == ["0", "1", "2"]
    assert _children() == []


async def test_a_spare_child_is_limited_like_any() -> None:
    async with spare_reader([]) as spare:
        await eventually(lambda: _has_a_spare(spare))
        limits = ReaderLimits(LIMITS.memory_bytes, cpu_seconds=1)
        with pytest.raises(FileRefused) as refused:
            await read(table(5), "falls_into_a_loop", limits=limits, spare=spare)
        assert refused.value.code == "reader_limits"


async def _batches(source: RowSource) -> AsyncIterator[Batch]:
    while batch := await source.next_batch():
        yield batch


async def _has_a_spare(spare: SpareReader) -> bool:
    return spare.is_ready


def _children() -> list[int]:
    """Those that wait for a file, too."""
    return [
        child.pid
        for child in psutil.Process().children()
        if any("worker.readers" in word for word in child.cmdline())
    ]
