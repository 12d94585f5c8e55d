"""Failures that nobody waits for any more, as the event loop reports them."""

import asyncio
from typing import Any

import asyncpg
import structlog

log = structlog.get_logger(__name__)


def report_unheeded(loop: asyncio.AbstractEventLoop) -> None:
    """Let ``loop`` tell of connections that broke after whoever opened them had given up (a time-out, a
    shutdown) as the small news that they are.

    asyncpg leaves such a failure behind when it is cancelled while it connects; asyncio would report it as
    an error, with a traceback. Anything else still is one.
    """
    loop.set_exception_handler(_report)


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, OSError | asyncpg.PostgresConnectionError):
        log.info("broken_connection_unheeded", error=type(error).__name__)
    else:
        loop.default_exception_handler(context)
