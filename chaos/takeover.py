"""Sees in the ledger when a worker has been passed over."""

import asyncio
from contextlib import suppress

import asyncpg

#: Workers have their process id in their names.
_PASSED_OVER = """
SELECT count(*) FROM task_attempts WHERE outcome = 'lost' AND worker LIKE '%-' || $1 || '-%'
"""
_POLL_SECONDS = 0.03
#: A connection that breaks in the middle of a call may call that an internal error.
_GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def until_taken_over(database_url: str, pid: int, seconds: float) -> None:
    """Wait until another attempt has taken a task of this worker; no longer than ``seconds``, nor with a
    ledger that does not answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            try:
                await _watch(database_url, str(pid))
            except _GONE:
                await asyncio.sleep(seconds)


async def _watch(database_url: str, pid: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        before = await connection.fetchval(_PASSED_OVER, pid)
        while await connection.fetchval(_PASSED_OVER, pid) == before:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        connection.terminate()
