"""Records come out the same however many lines are looked at together."""

import tempfile
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.readers import records
from worker.readers.csv import CsvReader
from worker.readers.table import FileRefused, PlainRows, Row, rows_of

CELL = st.text("ab 1", max_size=3) | st.sampled_from(
    ['"a,b"', '"a""b"', '"a\nb"', 'a"b', '"a', "'a'", "", "\x1a", "\x07"]
)
LINE = st.lists(CELL, min_size=1, max_size=4).map(",".join) | st.sampled_from([",,", " ,,\t"])
SOUND_LINES = st.lists(st.just("a,b,c") | st.just('"a",b,"c, d"'), max_size=6)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Files of three columns in which most lines are sound."""
    lines = [part for _ in range(draw(st.integers(0, 4))) for part in [*draw(SOUND_LINES), draw(LINE)]]
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return end.join(["x,y,z", *lines, *draw(SOUND_LINES)]) + draw(st.sampled_from(["", end]))


def read(text: str, group_characters: int) -> list[tuple[int, list[str], list[object]]] | tuple[str, object]:
    """All rows, or why there are none."""
    with tempfile.TemporaryFile() as file, patch.object(records, "_GROUP_CHARACTERS", group_characters):
        file.write(text.encode())
        try:
            pieces = list(CsvReader(file).pieces())
            for piece in pieces:
                assert not (isinstance(piece, PlainRows) and any(row.is_blank for row in piece.rows()))
            return [(row.fila, list(row.cells), list(row.faults)) for row in rows_of(pieces)]
        except FileRefused as refusal:
            return refusal.code, refusal.params


@settings(max_examples=500)
@given(texts(), st.integers(1, 40))
def test_rows_do_not_depend_on_how_many_lines_are_at_hand(text: str, group_characters: int) -> None:
    with patch.object(records.Records, "_parse_plain", lambda *_: None):
        one_by_one = read(text, group_characters)
    assert read(text, group_characters) == one_by_one
    assert read(text, 50_000) == one_by_one


def test_rows_without_oddities_come_many_at_once() -> None:
    """Else none of this would be of use, and no other test would tell."""
    with tempfile.TemporaryFile() as file:
        file.write(b"x,y,z\n" + b'a,"b, c",d\n' * 5000)
        pieces = list(CsvReader(file).pieces())
    singles = [piece for piece in pieces if isinstance(piece, Row)]
    assert [row.fila for row in singles] == [1, 5001]
    assert sum(len(piece.cells) for piece in pieces if isinstance(piece, PlainRows)) == 4999
