"""The beat that goes on beside the work, and ends with it."""

import asyncio

from worker.heartbeat import repeating


async def test_a_beat_that_turns_its_cancellation_into_an_error_is_the_last() -> None:
    """As asyncpg does where a connection breaks at that moment: the work would never have ended."""
    beats = 0
    under_way = asyncio.Event()

    async def beat() -> None:
        nonlocal beats
        beats += 1
        under_way.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise TimeoutError from error

    async with asyncio.timeout(30):
        async with repeating(beat, 0):
            await under_way.wait()
    assert beats == 1


async def test_a_beat_that_fails_is_not_the_last() -> None:
    beats = 0
    enough = asyncio.Event()

    async def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 3:
            enough.set()
        raise RuntimeError

    async with asyncio.timeout(30), repeating(beat, 0):
        await enough.wait()
    assert beats >= 3
