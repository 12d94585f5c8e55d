"""The correlation id of a request: the caller's or a new one, in every log line, in the answer, in what is sent on."""

import re
from typing import Final

import structlog
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI

CORRELATION_HEADER: Final = "X-Correlation-ID"

_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def install_correlation(app: FastAPI) -> None:
    """Give every request of ``app`` a correlation id; one sent in another form than ours is replaced.

    Inside a request ``asgi_correlation_id.correlation_id.get()`` returns it.
    """
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name=CORRELATION_HEADER,
        validator=lambda value: _VALID.fullmatch(value) is not None,
        transformer=_bind_to_logs,
    )


def _bind_to_logs(value: str) -> str:
    structlog.contextvars.bind_contextvars(correlation_id=value)
    return value
