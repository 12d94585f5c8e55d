"""Logs: structlog events with bound fields, one line each, to standard output. Codes and row numbers, never
cell values."""

import logging
import sys
from typing import Any, TextIO

import structlog

from common.settings import LogSettings
from common.visible import visible

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
    renderers: list[structlog.typing.Processor] = (
        [_escape, structlog.dev.ConsoleRenderer(colors=stream.isatty())]
        if readable
        # ASCII only, the rest escaped: one line an event, whatever is in it
        else [structlog.processors.JSONRenderer()]
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for library in _QUIET_LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def _escape(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Write out what would end a line or steer a terminal; a traceback stays in lines, each of them indented,
    so that none looks like an event of its own."""
    for name, value in event.items():
        if name == "exception":
            event[name] = "\n".join(f"    {visible(line)}" for line in str(value).split("\n"))
        elif isinstance(value, str):
            event[name] = visible(value)
    return event
