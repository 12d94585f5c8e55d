"""A file as the answer to a request: its name, and its bytes as they come out of S3."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from unicodedata import normalize
from urllib.parse import quote

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from catalog_service.errors import StorageUnavailable
from catalog_service.reports import Report
from catalog_service.storage import StoredFileStream

log = structlog.get_logger(__name__)


def attachment(filename: str) -> dict[str, str]:
    """Return the header by which a browser saves an answer under this name (RFC 6266)."""
    plain = normalize("NFKD", filename).encode("ascii", "ignore").decode()
    plain = "".join("_" if char in '"\\%' else char for char in plain)
    extended = f"UTF-8''{quote(filename, safe='')}"
    return {"Content-Disposition": f'attachment; filename="{plain}"; filename*={extended}'}


class ReportAnswer(StreamingResponse):
    """A report, once it is there. Raises before it begins what opening it raises."""

    def __init__(self, opening: AbstractAsyncContextManager[Report], media_type: str) -> None:
        self._opening = opening
        # what it iterates over is known when it is sent
        super().__init__((), media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the report, send it, close it."""
        async with self._opening as report:
            self.headers.update(attachment(report.filename))
            self.headers["Content-Length"] = str(report.content.size_bytes)
            self.body_iterator = _pieces(report.content)
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send it. Where S3 breaks off, so does the answer: its length has been told."""
        try:
            await super().stream_response(send)
        except StorageUnavailable:
            log.warning("report_broken_off")


async def _pieces(content: StoredFileStream) -> AsyncIterator[bytes]:
    while piece := await content.read():
        yield piece
