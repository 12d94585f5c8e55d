"""The file inside a multipart request, read as it arrives: nothing is kept but the piece at hand."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import unquote

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from catalog_service.errors import (
    FileMissing,
    FilenameMissing,
    FileTooLarge,
    FormOverLimits,
    MalformedMultipart,
    NotMultipart,
    SeveralFiles,
    UploadInterrupted,
    UploadStalled,
    UploadTooSlow,
    WrongFileField,
)

FILE_FIELD = "file"
MEGABYTE = 1024 * 1024

#: Room for what surrounds the file in the body: boundaries, part headers, small fields, text around the form.
_ENVELOPE_BYTES = 64 * 1024

#: Parts of a form; each costs time to parse, and one is all that is needed.
_MAX_PARTS = 100

#: Headers of a part, and bytes of one: the name of a file fits many times.
_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 8 * 1024

#: What must arrive within the idle time-out: one byte a minute is not an upload, it is an occupation.
_MIN_PROGRESS_BYTES = 16 * 1024

#: The extended form of a filename (RFC 5987), which .NET and others send beside a mangled plain one.
_EXTENDED_FILENAME = re.compile(r"filename\*\s*=\s*utf-8''([^\s;]+)", re.IGNORECASE)


class Body(Protocol):
    """Where the bytes of a request come from."""

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end."""
        ...


class RequestBody:
    """The body of one request, within limits of size and time."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[Any]],
        *,
        limit_mb: int,
        idle_seconds: float,
        total_seconds: float,
    ) -> None:
        self._receive = receive
        self._limit_mb = limit_mb
        self._idle_seconds = idle_seconds
        self._left = max_body_bytes(limit_mb)
        self._ended = False
        self._patience = 0.0
        self._due = 0
        self._total_seconds = total_seconds
        self._waited = 0.0

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end.

        Raises:
            FileTooLarge: more than the limit has come.
            UploadStalled: too little came for too long.
            UploadTooSlow: all of it takes too long.
            UploadInterrupted: the client went away.
        """
        while not self._ended:
            message = await self._next_message()
            if message["type"] == "http.disconnect":
                raise UploadInterrupted()
            self._ended = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            self._left -= len(piece)
            self._due -= len(piece)
            if self._left < 0:
                raise FileTooLarge(limit_mb=self._limit_mb)
            if piece:
                return piece
        return b""

    async def _next_message(self) -> Any:
        if self._due <= 0:
            self._due = _MIN_PROGRESS_BYTES
            self._patience = self._idle_seconds
        # only the waiting counts: while a part is on its way to S3 it is not the client who is slow
        started = time.monotonic()
        left = self._total_seconds - self._waited
        try:
            async with asyncio.timeout(min(self._patience, left)):
                message = await self._receive()
        except TimeoutError:
            if left < self._patience:
                raise UploadTooSlow(seconds=round(self._total_seconds)) from None
            raise UploadStalled(seconds=round(self._idle_seconds)) from None
        waited = time.monotonic() - started
        self._patience -= waited
        self._waited += waited
        return message


class UploadForm:
    """The one file of a multipart form.

    Its end is the end of the form: a reader that has seen ``b""`` knows that the form was whole and held no
    second file.
    """

    def __init__(self, body: Body, boundary: str, *, limit_mb: int) -> None:
        self._body = body
        self._parser = PushMultipartParser(
            boundary,
            max_header_size=_MAX_HEADER_BYTES,
            max_header_count=_MAX_HEADERS,
            max_segment_count=_MAX_PARTS,
        )
        self._limit_mb = limit_mb
        self._size = 0
        self._received = 0
        self._begun = False
        self._events: deque[MultipartSegment | bytes | None] = deque()
        self._unread: deque[bytes] = deque()

    async def find_file(self) -> str:
        """Skip to the file and return its name as sent.

        Raises:
            FileMissing, WrongFileField, FilenameMissing: there is none, or not where and as it should be.
            MalformedMultipart, FormOverLimits: the body is no form, or too much of one.
        """
        while (segment := await self._next_file()) is not None:
            if segment.name != FILE_FIELD:
                raise WrongFileField(field=segment.name[:64])
            filename = _filename(segment)
            if not filename:
                raise FilenameMissing()
            return filename
        raise FileMissing()

    async def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes of the file, or all that it has; they are read again by `read`."""
        head = b""
        while len(head) < size and (piece := await self._next_piece()):
            self._unread.append(piece)
            head += piece
        return head[:size]

    async def read(self) -> bytes:
        """Return the next piece of the file; ``b""`` at the end of the form.

        Raises:
            FileTooLarge, SeveralFiles, MalformedMultipart, FormOverLimits, and what the body raises.
        """
        return self._unread.popleft() if self._unread else await self._next_piece()

    async def _next_piece(self) -> bytes:
        while (event := await self._next_event()) is not None:
            if isinstance(event, bytes):
                self._size += len(event)
                if self._size > self._limit_mb * MEGABYTE:
                    raise FileTooLarge(limit_mb=self._limit_mb)
                return event
        if await self._next_file() is not None:
            raise SeveralFiles()
        return b""

    async def _next_file(self) -> MultipartSegment | None:
        """Return the next part that is a file, other parts skipped; None at the end of the form."""
        while not self._parser.closed or self._events:
            event = await self._next_event()
            if isinstance(event, MultipartSegment) and _filename(event) is not None:
                return event
        return None

    async def _next_event(self) -> MultipartSegment | bytes | None:
        """Return the next event of the parser, feeding it; None at the end of a part and of the form."""
        while not self._events:
            self._check_other_bytes()
            if self._parser.closed:
                return None
            piece = await self._body.read()
            self._received += len(piece)
            try:
                # an empty piece closes the parser, which raises when the form is not complete
                self._events.extend(self._parser.parse(piece))
            except ParserLimitReached:
                raise _over_limits() from None
            except MultipartError:
                raise MalformedMultipart() from None
            self._begun = self._begun or bool(self._events)
        return self._events.popleft()

    def _check_other_bytes(self) -> None:
        """Refuse what is too much for the surroundings of a file; the file's own bytes are counted by now."""
        if self._received - self._size > _ENVELOPE_BYTES:
            raise _over_limits() if self._begun else MalformedMultipart()


def open_form(content_type: str, body: Body, *, limit_mb: int) -> UploadForm:
    """Return the form in ``body``, of which nothing has been read yet.

    Raises:
        NotMultipart: the content type is another, or names no boundary.
    """
    media_type, options = parse_options_header(content_type)
    boundary = options.get("boundary")
    if media_type != "multipart/form-data" or not boundary:
        raise NotMultipart()
    try:
        return UploadForm(body, boundary, limit_mb=limit_mb)
    except (MultipartError, UnicodeError):
        raise MalformedMultipart() from None


def check_declared_length(content_length: str | None, *, limit_mb: int) -> None:
    """Refuse a body that says itself that it is too large, before a byte of it is read.

    Raises:
        FileTooLarge: it is.
    """
    if (
        content_length is not None
        and content_length.isdecimal()
        and int(content_length) > max_body_bytes(limit_mb)
    ):
        raise FileTooLarge(limit_mb=limit_mb)


def max_body_bytes(limit_mb: int) -> int:
    """Return the most bytes that a body with a file of ``limit_mb`` MiB in it may have."""
    return limit_mb * MEGABYTE + _ENVELOPE_BYTES


def _over_limits() -> FormOverLimits:
    return FormOverLimits(parts=_MAX_PARTS, header_bytes=_MAX_HEADER_BYTES, other_bytes=_ENVELOPE_BYTES)


def _filename(segment: MultipartSegment) -> str | None:
    for name, value in segment.headerlist:
        if name == "Content-Disposition" and (extended := _EXTENDED_FILENAME.search(value)):
            return unquote(extended[1])
    filename: str | None = segment.filename
    return filename
