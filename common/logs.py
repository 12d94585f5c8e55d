"""Logs: structlog events with bound fields, one line each, to standard output. Codes and row numbers, never
cell values."""

import logging
import sys
from typing import TextIO

import structlog

from common.settings import LogSettings

#: These report every request of theirs at INFO; we log what it meant.
_QUIET_LIBRARIES = ("aiobotocore", "botocore", "httpx", "httpcore", "uvicorn.access", "asyncio")


def configure_logs(service: str, settings: LogSettings, stream: TextIO = sys.stdout) -> None:
    """Send every event of this process, those of libraries too, to ``stream`` as JSON lines or, on a
    terminal, readable.

    Called once, where the process starts.
    """
    readable = settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for library in _QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)
