"""What spreadsheets do to catalogues, found and counted; and sound catalogues in which nothing is found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES, COLUMNS
from common.texts import render_notice
from data.generator.files import to_text
from data.generator.products import TEN_PRODUCTS, made_up_product
from worker.processors.catalog.rows import make_checker
from worker.readers.table import Row

GOOD = dict(
    zip(COLUMN_NAMES, ("i", "n", "c", "g", "1.5", "s", "a", "2", "p", "3", "4", "1", "0"), strict=True)
)
TEXTS = [column.name for column in COLUMNS if column.limit]


def found(column: str, cells: list[str]) -> list[dict[str, Any]]:
    """The notices of a file in which only this column says anything, each also as a sentence."""
    checker = make_checker(COLUMN_NAMES)
    for fila, cell in enumerate(cells, start=2):
        checker.survey(Row(fila, list((GOOD | {column: cell}).values())))
    notices = checker.notices()
    for notice in notices:
        assert notice["params"]["column"] == column
        assert notice["params"]["value"] in render_notice(notice["code"], notice["params"], "es")
        assert notice["params"]["value"] in render_notice(notice["code"], notice["params"], "en")
    return [{"code": notice["code"], **notice["params"]} for notice in notices]


def only(column: str, cells: list[str]) -> tuple[str, int, list[int], str]:
    [notice] = found(column, cells)
    return notice["code"], notice["count"], notice["rows"], notice["value"]


@pytest.mark.parametrize("column", ["id", "codigo"])
@pytest.mark.parametrize(
    ("code", "cells"),
    [
        ("identifiers_exponent", ["1.23457E+12", "7,7E+12", "1E+12", "1.5e+12", "2E10"]),
        ("identifiers_rounded", ["1234567890123450", "7701234567890100000"]),
        (
            "identifiers_as_dates",
            [
                "2024-01-05", "2024-01-05 00:00:00", "2024-01-05T10:30:00", "5/01/2024", "05/01/24", "1-mar",
                "01-mar-24", "mar-24", "ENE-2024", " sept-24 ", "12-dic.-2024", "Dec-24", "2024-may",
            ],
        ),
    ],
)  # fmt: skip
def test_identifiers_that_a_spreadsheet_took_for_something_else(
    column: str, code: str, cells: list[str]
) -> None:
    for cell in cells:
        assert only(column, ["A-1", "B-2", cell, "C-3"]) == (code, 1, [4], cell.strip() or cell)
    assert found("nombre", cells) == []


@pytest.mark.parametrize(
    "cell",
    [
        "008584", "1234567890123", "123456789012345", "1234567890123456", "770123456789012345", "AMX-2024-01",
        "E+12", "1E", "E10", "12E", "2024-1", "2024/01", "1/2", "01-02", "mar", "mar-rojo", "mar-1",
        "marzo-24",        "may-24-A", "3-may-x", "1.5", "1.5.2", "10-20-30", "A1E+12", "1E+1234", "9E9",
    ],
)  # fmt: skip
def test_identifiers_that_are_as_they_should_be(cell: str) -> None:
    assert found("codigo", ["A-1", cell, "B-2"]) == []


@pytest.mark.parametrize("column", TEXTS)
@pytest.mark.parametrize(
    "text",
    [
        "Cápsula",
        "ñandú",
        "Élite",
        "ÁÉÍÓÚÑ",
        "30 °C",
        "¿qué?",
        "“comillas”",
        "½",
        "Über",
        "naïve",
        "£5",
        "a\u00a0b",
    ],
)
def test_letters_that_went_through_a_wrong_encoding(column: str, text: str) -> None:
    damaged = text.encode().decode("latin-1")
    assert only(column, ["sano", damaged, "sano", damaged])[:3] == ("mojibake", 2, [3, 5])
    assert found(column, ["sano", text, "sano"]) == []


@given(st.text("áéíóúüñÁÉÍÓÚÜÑ¿¡°ºª«»", min_size=1))
def test_spanish_letters_are_missed_in_no_way_of_misreading_them(text: str) -> None:
    # bytes that Windows-1252 leaves undefined come as they are, or as the mark of something lost
    by_windows = (
        text.encode()
        .decode("cp1252", errors="surrogateescape")
        .translate({0xDC00 + byte: chr(byte) for byte in range(0x80, 0xA0)})
    )
    assert only("nombre", [by_windows])[0] == "mojibake"
    assert found("nombre", [text]) == []


@given(st.text("abcdefghijklmnñopqrstuvwxyzáéíóúüÁÉÍÓÚÑ ,.-()ºª°çãõâêôàÃÂ"))
def test_spanish_and_portuguese_are_not_taken_for_damage(text: str) -> None:
    suspects = ("Ã" + sign for sign in "ºª°")
    if not any(suspect in text for suspect in suspects) and not any("Â" + sign in text for sign in "ºª°"):
        assert found("nombre", [text]) == []


def test_lost_letters() -> None:
    assert only("nombre", ["C\ufffdpsula", "Cápsula", "ni\ufffd\ufffdo"]) == (
        "replacement_characters", 2, [2, 4], "C\ufffdpsula",
    )  # fmt: skip


def test_rows_are_counted_in_full_and_shown_in_part() -> None:
    code, count, rows, value = only("codigo", [f"{number}.5E+10" for number in range(1, 10)] * 30)
    assert (code, count, rows, value) == ("identifiers_exponent", 270, [2, 3, 4, 5, 6], "1.5E+10")


def test_leading_zeros_lost() -> None:
    codes = [f"{number}" for number in range(100_000, 400_000, 5_000)] + ["8584", "99", "12345"]
    [notice] = found("codigo", codes)
    assert notice == {
        "code": "leading_zeros_lost", "column": "codigo", "usual": 6, "count": 3, "rows": [62, 63, 64],
        "value": "8584",
    }  # fmt: skip


@pytest.mark.parametrize(
    "codes",
    [
        [f"{number}" for number in range(1, 12_000)],
        [f"{number}" for number in range(99_000, 101_000)],
        [f"{number:06}" for number in range(0, 400_000, 5_000)],
        [f"{number}" for number in range(0, 900, 7)],
        ["123456", "123457", "8584"],
        [*(f"{number}" for number in range(100_000, 400_000, 5_000)), *("A", "B") * 20, "8584"],
        [*(f"{number}" for number in range(100_000, 400_000, 5_000)), "7701234567890"],
        ["1" * 200, *("9" * 199 for _ in range(5)), *(f"{number}" for number in range(10))],
        [""] * 50,
    ],
    ids=[
        "counted",
        "counted from anywhere",
        "zeros kept",
        "short",
        "few",
        "names among them",
        "a longer one",
        "huge",
        "none",
    ],
)
def test_lengths_that_differ_for_another_reason(codes: list[str]) -> None:
    assert [notice for notice in found("codigo", codes) if notice["code"] == "leading_zeros_lost"] == []


def test_good_catalogues_have_nothing_to_tell() -> None:
    checker = make_checker(COLUMN_NAMES)
    products = [*TEN_PRODUCTS, *(made_up_product(number) for number in range(11, 2_000))]
    for fila, product in enumerate(products, start=2):
        checker.survey(Row(fila, [to_text(cell) for cell in product.values()]))
    assert checker.notices() == []
