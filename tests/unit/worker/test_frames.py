"""Frames survive the pipe, however it cuts them; what is no frame is found out."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.readers.frames import (
    MAX_FRAME_BYTES,
    CheckedRow,
    End,
    Frame,
    FrameBuffer,
    FrameError,
    Opened,
    Refused,
    RejectedRow,
    Rows,
    encode_frame,
)

FILAS = st.integers(1, 2**40)
PARAMS = st.dictionaries(
    st.text(), st.text() | st.integers(0, 2**31) | st.lists(st.text(), max_size=3), max_size=3
)
FAULTS = st.lists(st.fixed_dictionaries({"code": st.text(), "params": PARAMS}), max_size=3)
LINES = st.binary().map(lambda line: line.replace(b"\n", b"\\n"))


def _packed(last: int, checked: list[CheckedRow], rejected: list[RejectedRow]) -> Rows:
    return Rows.pack(last, [(row.fila, row.keys) for row in checked], [row.line for row in checked], rejected)


FRAMES: st.SearchStrategy[Frame] = st.one_of(
    st.builds(Opened, st.integers(0, 2**40)),
    st.builds(
        _packed,
        FILAS,
        st.lists(st.builds(CheckedRow, FILAS, st.lists(st.text(), max_size=2), LINES), max_size=4),
        st.lists(st.builds(RejectedRow, FILAS, FAULTS), max_size=4),
    ),
    st.builds(Refused, st.text(), PARAMS),
    st.just(End()),
)


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(0, 400), max_size=12))
def test_frames_come_out_whole_however_the_bytes_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    data = b"".join(encode_frame(frame) for frame in frames)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    buffer = FrameBuffer()
    read = [frame for start, end in pairwise(places) for frame in buffer.feed(data[start:end])]
    assert read == frames


@given(st.lists(FRAMES, max_size=3))
def test_frames_come_out_whole_byte_by_byte(frames: list[Frame]) -> None:
    buffer = FrameBuffer()
    data = b"".join(encode_frame(frame) for frame in frames)
    assert [frame for byte in data for frame in buffer.feed(bytes([byte]))] == frames


def test_a_row_counts_whether_it_is_sound_or_not() -> None:
    rows = _packed(9, [CheckedRow(8, ["a", "1"], b"")], [RejectedRow(9, []), RejectedRow(7, [])])
    assert len(rows) == 3


@given(st.lists(st.builds(CheckedRow, FILAS, st.lists(st.text(), max_size=2), LINES), max_size=4))
def test_rows_are_unpacked_as_they_were(checked: list[CheckedRow]) -> None:
    rows = _packed(9, checked, [])
    assert rows.checked == checked
    assert rows.ids == [row.keys[0] if row.keys else "" for row in checked]


@pytest.mark.parametrize(
    "data",
    [
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x05Hello",
        b"\x00\x00\x00\x02" + msgspec.msgpack.encode([9]),
        b"\x00\x00\x00\x04" + msgspec.msgpack.encode([0, "x"]),
    ],
    ids=["too long", "text", "empty", "no msgpack", "no array", "no such tag", "wrong type"],
)
def test_what_is_no_frame_is_found_out(data: bytes) -> None:
    buffer = FrameBuffer()
    assert list(buffer.feed(encode_frame(Opened(3)))) == [Opened(3)]
    with pytest.raises(FrameError):
        list(buffer.feed(data))


def test_the_frames_before_a_broken_one_are_not_lost() -> None:
    read: list[Frame] = []
    with pytest.raises(FrameError):
        read.extend(FrameBuffer().feed(encode_frame(Opened(3)) + encode_frame(End()) + b"\xff" * 8))
    assert read == [Opened(3), End()]
