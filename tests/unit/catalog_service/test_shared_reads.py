"""Reads that are made together: one at a time, for all who asked before it began."""

import asyncio
from collections import Counter

import pytest

from catalog_service.shared_reads import MAX_KEYS, SharedReads


class Reader:
    """Answers, once it is let go, with what was in ``values`` when it was asked, and notes what for."""

    def __init__(self) -> None:
        self.values: Counter[str] = Counter()
        self.asked: list[list[str]] = []
        self.fault: BaseException | None = None
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, keys: list[str]) -> list[int]:
        self.asked.append(keys)
        found = [self.values[key] for key in keys]
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return found


async def begun(reader: Reader, reads: int) -> None:
    while len(reader.asked) < reads:
        await asyncio.sleep(0)


async def test_those_who_ask_together_share_one_read() -> None:
    reader = Reader()
    reader.values.update(a=1, b=2)
    reads = SharedReads(reader)
    assert await asyncio.gather(*(reads.get(key) for key in ("a", "b", "a"))) == [1, 2, 1]
    assert reader.asked == [["a", "b"]]


async def test_who_asks_while_a_read_is_under_way_is_told_what_the_next_finds() -> None:
    reader = Reader()
    reader.go.clear()
    reads = SharedReads(reader)
    early = asyncio.create_task(reads.get("a"))
    await begun(reader, 1)
    late = [asyncio.create_task(reads.get(key)) for key in ("a", "b")]
    await asyncio.sleep(0)
    reader.values.update(a=1, b=2)
    reader.go.set()
    assert await early == 0
    assert await asyncio.gather(*late) == [1, 2]
    assert reader.asked == [["a"], ["a", "b"]]


async def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    reader = Reader()
    reader.values.update(a=1)
    reader.go.clear()
    reads = SharedReads(reader)
    waiting = [asyncio.create_task(reads.get("a")) for _ in range(3)]
    await begun(reader, 1)
    waiting[0].cancel()
    reader.go.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert waiting[0].cancelled()
    # nor when nobody is left
    alone = asyncio.create_task(reads.get("a"))
    await begun(reader, 2)
    alone.cancel()
    assert await reads.get("a") == 1


async def test_a_fault_is_everybodys_who_waits_and_nobodys_after() -> None:
    reader = Reader()
    reader.go.clear()
    reader.fault = ConnectionError("gone")
    reads = SharedReads(reader)
    early = asyncio.create_task(reads.get("a"))
    await begun(reader, 1)
    late = asyncio.create_task(reads.get("b"))
    await asyncio.sleep(0)
    reader.go.set()
    assert [type(told) for told in await asyncio.gather(early, late, return_exceptions=True)] == [
        ConnectionError,
        ConnectionError,
    ]
    reader.fault = None
    assert await reads.get("c") == 0
    assert reader.asked == [["a"], ["c"]]


async def test_a_read_that_is_cut_off_cuts_off_those_who_wait() -> None:
    reader = Reader()
    reader.fault = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await SharedReads(reader).get("a")


async def test_one_read_asks_for_so_many_and_no_more() -> None:
    reader = Reader()
    reads = SharedReads(reader)
    keys = [str(number) for number in range(MAX_KEYS + 1)]
    await asyncio.gather(*(reads.get(key) for key in keys))
    assert [len(asked) for asked in reader.asked] == [MAX_KEYS, 1]
