"""Failures that nobody waits for: a broken connection is no error, anything else is."""

import asyncio
import gc
import logging

import asyncpg
import pytest
from structlog.testing import capture_logs

from common.unheeded import report_unheeded


async def leave_behind(error: Exception) -> None:
    loop = asyncio.get_running_loop()
    report_unheeded(loop)
    loop.create_future().set_exception(error)
    gc.collect()


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("unexpected connection_lost() call"),
        TimeoutError(),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    ],
)
def test_a_broken_connection_is_small_news(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        asyncio.run(leave_behind(error))
    assert logs == [
        {"event": "broken_connection_unheeded", "error": type(error).__name__, "log_level": "info"}
    ]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_anything_else_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as logs:
        asyncio.run(leave_behind(RuntimeError("a bug")))
    assert logs == []
    assert [record.levelno for record in caplog.records if "never retrieved" in record.message] == [
        logging.ERROR
    ]
