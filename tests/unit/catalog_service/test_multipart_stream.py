"""The file in a form: the same whatever the pieces in which the form arrives."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_service.errors import (
    FileTooLarge,
    FormOverLimits,
    MalformedMultipart,
    NotMultipart,
    SeveralFiles,
    UploadInterrupted,
    UploadRefused,
    UploadTooSlow,
)
from catalog_service.multipart_stream import (
    MEGABYTE,
    RequestBody,
    check_declared_length,
    max_body_bytes,
    open_form,
)

CONTENT_TYPE = "multipart/form-data; boundary=b0und"


class Pieces:
    """A body that arrives in these pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def form_of(*parts: tuple[str, bytes]) -> bytes:
    """A form of parts, each its disposition and its content."""
    body = b"".join(
        b"--b0und\r\nContent-Disposition: form-data; "
        + disposition.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n"
        for disposition, content in parts
    )
    return body + b"--b0und--\r\n"


def cut(body: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(bounds)]


async def read_all(pieces: list[bytes], head_size: int = 0) -> tuple[str, bytes, bytes]:
    form = open_form(CONTENT_TYPE, Pieces(pieces), limit_mb=1)
    filename = await form.find_file()
    head = await form.head(head_size) if head_size else b""
    content = b""
    while piece := await form.read():
        content += piece
    assert await form.read() == b""
    return filename, head, content


# hypothesis' own pieces of what makes a parser stumble
lumps = st.sampled_from(
    [b"\r\n", b"\r", b"--b0und", b"\r\n--b0un", b"\r\n--b0undx", b"--", b"x", b"\0", b"\r\n\r\n"]
)
contents = st.lists(lumps | st.binary(max_size=20), max_size=12).map(b"".join)


@given(content=contents, places=st.lists(st.integers(0, 10_000), max_size=8), head_size=st.integers(0, 40))
async def test_file_is_the_same_in_whatever_pieces(content: bytes, places: list[int], head_size: int) -> None:
    # taking one out may put another together
    while b"\r\n--b0und" in content:
        content = content.replace(b"\r\n--b0und", b"")
    body = form_of(('name="a"', b"1"), ('name="file"; filename="ñ.csv"', content), ('name="b"', b"2"))

    filename, head, read = await read_all(cut(body, places), head_size)

    assert (filename, read) == ("ñ.csv", content)
    assert head == content[:head_size]


@given(data=st.data())
async def test_form_cut_off_anywhere_is_never_taken_for_whole(data: st.DataObject) -> None:
    body = form_of(('name="file"; filename="a.csv"', b"id\r\n1"))
    whole = len(body) - len(b"\r\n")
    end = data.draw(st.integers(0, whole - 1))
    with pytest.raises(UploadRefused):
        await read_all([body[:end]])
    assert (await read_all([body[:whole]]))[2] == b"id\r\n1"


@given(st.binary(max_size=300))
async def test_rubbish_is_refused_and_nothing_worse(rubbish: bytes) -> None:
    with pytest.raises(UploadRefused):
        await read_all([b"--b0und\r\n" + rubbish])


async def test_second_file_is_seen_at_the_end_only() -> None:
    file = ('name="file"; filename="a.csv"', b"x" * 10)
    form = open_form(CONTENT_TYPE, Pieces([form_of(file, file)]), limit_mb=1)
    assert await form.find_file() == "a.csv"
    assert await form.read() == b"x" * 10
    with pytest.raises(SeveralFiles):
        await form.read()


async def test_limit_counts_the_bytes_of_the_file() -> None:
    for extra in (0, 1):
        body = form_of(('name="file"; filename="a.csv"', b"x" * (MEGABYTE + extra)))
        if extra:
            with pytest.raises(FileTooLarge):
                await read_all([body])
        else:
            assert len((await read_all([body]))[2]) == MEGABYTE


@pytest.mark.parametrize(
    "content_type", ["", "text/csv", "multipart/form-data", "multipart/mixed; boundary=b0und"]
)
def test_content_type_of_another_kind(content_type: str) -> None:
    with pytest.raises(NotMultipart):
        open_form(content_type, Pieces([]), limit_mb=1)


def test_content_type_in_other_words() -> None:
    open_form('Multipart/Form-Data; charset=utf-8; boundary="b0und"', Pieces([]), limit_mb=1)


def test_declared_length() -> None:
    for harmless in (None, "0", str(max_body_bytes(1)), "nonsense", "-1"):
        check_declared_length(harmless, limit_mb=1)
    with pytest.raises(FileTooLarge):
        check_declared_length(str(max_body_bytes(1) + 1), limit_mb=1)


def messages(*bodies: bytes, end: dict[str, Any] | None = None) -> Any:
    """An ASGI receive with these pieces of a body and an end."""
    queue = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    queue.append(end or {"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, Any]:
        return queue.pop(0)

    return receive


async def test_body_ends_once() -> None:
    body = RequestBody(messages(b"a", b"", b"b"), limit_mb=1, idle_seconds=1, total_seconds=1)
    assert [await body.read() for _ in range(4)] == [b"a", b"b", b"", b""]


async def test_body_whose_sender_goes_away() -> None:
    body = RequestBody(
        messages(b"a", end={"type": "http.disconnect"}), limit_mb=1, idle_seconds=1, total_seconds=1
    )
    assert await body.read() == b"a"
    with pytest.raises(UploadInterrupted):
        await body.read()


async def test_body_over_its_limit_whatever_is_in_it() -> None:
    half = b"x" * (max_body_bytes(1) // 2)
    body = RequestBody(messages(half, half, b"x"), limit_mb=1, idle_seconds=1, total_seconds=1)
    await body.read()
    await body.read()
    with pytest.raises(FileTooLarge):
        await body.read()


async def test_body_that_comes_too_slowly_as_a_whole() -> None:
    """Always enough to go on, and never an end in sight: only the waiting counts."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x" * 20_000, "more_body": True}

    body = RequestBody(receive, limit_mb=100, idle_seconds=10, total_seconds=0.2)

    async def read_on() -> None:
        while await body.read():
            pass

    with pytest.raises(UploadTooSlow):
        await read_on()


FILE = ('name="file"; filename="a.csv"', b"x")
ROOM = 64 * 1024


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (form_of(*[('name="a"', b"1")] * 100, FILE), FormOverLimits),
        (form_of(('name="file"; filename="' + "x" * 9_000 + '.csv"', b"x")), FormOverLimits),
        (form_of(('name="file"; filename="a.csv"' + "\r\nX-A: b" * 8, b"x")), FormOverLimits),
        (form_of(('name="a"', b"1" * ROOM), FILE), FormOverLimits),
        (form_of(*[('name="a"', b"1" * 1000)] * 70, FILE), FormOverLimits),
        (form_of(FILE) + b"x" * ROOM, FormOverLimits),
        (b"x" * 3 * ROOM + b"\r\n" + form_of(FILE), MalformedMultipart),
        (form_of(FILE).replace(b"b0und", b"bound") * 2000, MalformedMultipart),
    ],
    ids=[
        "parts",
        "header",
        "headers",
        "field",
        "fields",
        "behind the form",
        "before the form",
        "another boundary",
    ],
)
@pytest.mark.parametrize("size", [100, 10_000])
async def test_more_than_a_form_needs(body: bytes, refusal: type[UploadRefused], size: int) -> None:
    """Refused while it arrives, whatever the size of the pieces: what follows is not read."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    with pytest.raises(refusal):
        await read_all([*pieces, *[b"x" * size] * 50])


@pytest.mark.parametrize(
    "body",
    [
        form_of(*[('name="a"', b"1")] * 99, FILE),
        form_of(('name="file"; filename="' + "x" * 8_000 + '.csv"', b"x")),
        form_of(('name="a"', b"1" * 60_000), FILE),
        b"preamble\r\n" + form_of(FILE) + b"x" * 60_000,
    ],
    ids=["parts", "header", "field", "around the form"],
)
@pytest.mark.parametrize("size", [100, 10_000, 1_000_000])
async def test_as_much_as_a_form_may_hold(body: bytes, size: int) -> None:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert (await read_all(pieces))[2] == b"x"


async def test_epilogue_behind_the_form_is_ignored() -> None:
    body = form_of(('name="file"; filename="a.csv"', b"x"))
    assert (await read_all([body, b"epilogue"]))[2] == b"x"


async def test_boundary_that_cannot_be_one() -> None:
    with pytest.raises((NotMultipart, MalformedMultipart)):
        open_form('multipart/form-data; boundary="a\nb"', Pieces([]), limit_mb=1)
