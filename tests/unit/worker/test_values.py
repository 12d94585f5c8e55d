"""Reading cells: what is cleaned, what each way of writing a number means, what is refused and why.

The tables here are worked out by hand; ``test_rows`` compares with the reference model on whatever comes.
"""

from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES, COLUMNS
from common.texts import ROW_FAULTS, render_notice, render_row_error
from tests.support.catalogue_cases import cells
from tests.support.copy_text import parse_copy_line
from worker.processors.catalog.numbers import Marks
from worker.processors.catalog.rows import make_checker
from worker.processors.catalog.values import clean, reader_of
from worker.readers.table import CellError, FormulaWithoutValue, Row, SheetNumber

BY_NAME = {column.name: column for column in COLUMNS}
GOOD = dict(
    zip(COLUMN_NAMES, ("i", "n", "c", "g", "1.5", "s", "a", "2", "p", "3", "4", "1", "0"), strict=True)
)


def read(column: str, cell: str, shown: str = "") -> Any:
    """What becomes of one cell: the text for PostgreSQL, or the code of its fault.

    ``shown``: another cell of the column, that shows which sign stands before decimals.
    """
    marks = Marks()
    for mark in shown:
        marks.learn(mark, f"0{mark}5")
    answer = reader_of(BY_NAME[column], marks)(cell)
    if not isinstance(answer, dict):
        return answer
    assert answer["params"]["column"] == column
    assert answer["params"]["value"]
    assert render_row_error([answer], "es") != render_row_error([answer], "en")
    return answer["code"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        ("  a \t", "a"),
        ("a  b", "a b"),
        ("a\u00a0b\u202fc\u2007d\u3000e", "a b c d e"),
        ("a\r\nb\tc\n\nd", "a b c d"),
        ("a\u200bb\u200dc\ufeffd\u2060e\u00adf\u200eg", "abcdefg"),
        ("\ufeff a", "a"),
        ("\u200b", ""),
        ("Cafe\u0301", "Café"),
        ("‘a’ ‚b‛", "'a' 'b'"),
        ("“a” „b‟", '"a" "b"'),
        ("«a» 5′ 3″", "«a» 5′ 3″"),
        ("'008584", "008584"),
        ("’008584", "008584"),
        ("'=1+1", "=1+1"),
        ("'5'", "'5'"),
        ("'s Hertogenbosch", "'s Hertogenbosch"),
        ("''5", "''5"),
        ("O'Neill", "O'Neill"),
        ("a \u200b b", "a b"),
        ("e\u200b\u0301", "é"),
        ("X\U000e0041\U000e007f", "X"),
    ],
)
def test_text_is_cleaned(cell: str, text: str) -> None:
    assert clean(cell) == text


@given(cells(st.characters()))
def test_to_clean_twice_is_to_clean_once(cell: str) -> None:
    text = clean(cell)
    assert clean(text) == text == normalize("NFC", text)
    assert "  " not in text


@pytest.mark.parametrize("column", ["id", "codigo"])
@pytest.mark.parametrize(
    "cell", ["A 1", " A  1", "A\u00a01", "A\u202f1\n", "\ufeffA\t1", "A \u200b1", "A\r\n1", "A\u2009\u20091"]
)
def test_keys_that_look_equal_are_equal(column: str, cell: str) -> None:
    verdict = make_checker(COLUMN_NAMES).check(list((GOOD | {column: cell}).values()))
    assert isinstance(verdict, tuple)
    assert (
        verdict[0][("id", "codigo").index(column)]
        == "A 1"
        == parse_copy_line(verdict[1])[COLUMN_NAMES.index(column)]
    )


@pytest.mark.parametrize("column", [column.name for column in COLUMNS if column.limit])
@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("a\x00b", "control_character"),
        ("a\x1cb", "control_character"),
        ("a\x85b", "control_character"),
        ("\x1fa", "control_character"),
        ("a\x85", "control_character"),
        ("\x1c", "control_character"),
        ("a\x7f", "control_character"),
        ("a\ud800b", "lone_surrogate"),
        ("\udc80", "lone_surrogate"),
        ("a\u202eb", "direction_character"),
        ("\u2066a\u2069", "direction_character"),
        ("x" * 300, "too_long"),
        ("x" * 300 + "\x00", "control_character"),
        (CellError("#N/A"), "cell_error"),
        (CellError("\u200b"), "cell_error"),
        (FormulaWithoutValue(), "formula_without_value"),
    ],
)
def test_text_is_refused(column: str, cell: str, code: str) -> None:
    assert read(column, cell) == code


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("1250", "1250"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("12,50", "12.5"),
        ("1.234,50", "1234.5"),
        ("1,234.50", "1234.5"),
        ("1.234.567", "1234567.0"),
        ("1,234,567", "1234567.0"),
        ("1.234.567,89", "1234567.89"),
        ("1 234 567,89", "1234567.89"),
        ("1\u00a0234.5", "1234.5"),
        ("1\u202f234", "1234.0"),
        ("12345.678000", "too_many_decimals"),
        ("0.125", "too_many_decimals"),
        ("0.500", "0.5"),
        ("0,500", "0.5"),
        ("$ 1200", "1200.0"),
        ("$1.250,00", "1250.0"),
        ("$ 1.250", "1250.0"),
        ("$1,250", "1250.0"),
        ("1.250 COP", "1250.0"),
        ("COP $ 1.250", "1250.0"),
        ("us$ 12.50", "12.5"),
        ("USD 12,5", "12.5"),
        ("12.50 usd", "12.5"),
        ("12,50 €", "12.5"),
        ("'1250", "1250"),
        ("’1250,5", "1250.5"),
        ("\u200b1250\ufeff", "1250"),
        ("+7.5", "7.5"),
        ("-0,00", "0.0"),
        ("9999999999.99", "9999999999.99"),
        ("9.999.999.999,99", "9999999999.99"),
    ],
)
def test_a_price_is_read_as_people_write_it(cell: str, price: str) -> None:
    assert read("precio_unitario", cell) == price


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("gratis", "not_a_number"),
        ("12 pesos", "not_a_number"),
        ("$", "not_a_number"),
        ("12.", "separators_misplaced"),
        (".5", "not_a_number"),
        ("--5", "not_a_number"),
        ("-$ -5", "not_a_number"),
        ("2024-05-01", "not_a_number"),
        ("true", "not_a_number"),
        ("5 " * 40, "not_a_number"),
        ("12 34", "separators_misplaced"),
        ("1.23.456", "separators_misplaced"),
        ("1.234.56", "separators_misplaced"),
        ("1,234,56.7", "separators_misplaced"),
        ("0.123.456", "separators_misplaced"),
        ("1'250.000", "separators_misplaced"),
        ("$ 12.34.5", "separators_misplaced"),
        ("12%", "percent_number"),
        ("12,5 %", "percent_number"),
        ("1E+05", "exponent_number"),
        ("1.5e-3", "exponent_number"),
        ("1,5E10", "exponent_number"),
        ("NaN", "not_finite"),
        ("-Infinity", "not_finite"),
        ("∞", "not_finite"),
        ("1_000", "digit_underscore"),
        ("1_000.50", "digit_underscore"),
        ("٣", "foreign_digits"),
        ("１２", "foreign_digits"),
        ("½", "foreign_digits"),
        ("5²", "foreign_digits"),
        ("-5", "negative"),
        ("−5", "negative"),
        ("- 5", "negative"),
        ("$ -5", "negative"),
        ("-$5", "negative"),
        ("(5)", "negative"),
        ("($ 1.250,00)", "negative"),
        ("5-", "negative"),
        ("1.2345", "too_many_decimals"),
        ("1.234,567", "too_many_decimals"),
        ("1,2345", "too_many_decimals"),
        ("10000000000", "too_large"),
        ("9" * 5000, "too_large"),
        ("10.000.000.000,00", "too_large"),
        ("1.234", "decimal_point_ambiguous"),
        ("1.500", "decimal_point_ambiguous"),
        ("1,234", "decimal_comma_ambiguous"),
        ("012,345", "decimal_comma_ambiguous"),
        ("12\x005", "control_character"),
        ("12\u202e5", "direction_character"),
        ("12\ud800", "lone_surrogate"),
        (CellError("#DIV/0!"), "cell_error"),
    ],
)
def test_a_price_is_refused_with_its_reason(cell: str, code: str) -> None:
    assert read("precio_unitario", cell) == code


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("5", "5"),
        ("5.0", "5"),
        ("5,00", "5"),
        ("007", "7"),
        ("+3", "3"),
        ("-0", "0"),
        ("1 250", "1250"),
        ("1.250,00", "1250"),
        ("1,250.0", "1250"),
        ("2.147.483.647", "2147483647"),
        ("'12", "12"),
        ("2147483648", "too_large"),
        ("2.147.483.648", "too_large"),
        ("9" * 5000, "too_large"),
        ("2.5", "not_whole"),
        ("1.250,5", "not_whole"),
        ("-2.5", "not_whole"),
        ("-2", "negative"),
        ("1.250", "decimal_point_ambiguous"),
        ("1,250", "decimal_comma_ambiguous"),
        ("12%", "percent_number"),
        ("$ 5", "currency_unexpected"),
        ("5 días", "not_a_number"),
        ("NaN", "not_finite"),
        ("1_000", "digit_underscore"),
        ("٣", "foreign_digits"),
        ("1E+05", "exponent_number"),
        ("", "10"),
        ("\u200b", "10"),
    ],
)
def test_a_whole_number_is_read_or_refused(cell: str, answer: str) -> None:
    assert read("stock_minimo", cell) == answer


@pytest.mark.parametrize(
    ("cell", "shown", "answer"),
    [
        ("1.234", ",", "1234.0"),
        ("1.234", ".", "too_many_decimals"),
        ("1.500", ".", "1.5"),
        ("1,234", ".", "1234.0"),
        ("1,500", ",", "1.5"),
        ("1.234", ".,", "decimal_point_ambiguous"),
        ("1,234", ".,", "decimal_comma_ambiguous"),
        ("$ 1.250", ",", "1250.0"),
        ("$ 1.250", ".", "1.25"),
        ("$ 1.250", ".,", "decimal_point_ambiguous"),
        ("-1.500", ".", "negative"),
    ],
)
def test_the_column_decides_what_a_cell_alone_does_not(cell: str, shown: str, answer: str) -> None:
    assert read("precio_unitario", cell, shown) == answer


def test_a_number_of_the_spreadsheet_is_that_number_whatever_the_column_shows() -> None:
    cells = ["1.234", SheetNumber("1.234"), SheetNumber("1.25"), SheetNumber("1.250"), "12,50"]
    checker = make_checker(COLUMN_NAMES)
    table = [list((GOOD | {"precio_unitario": cell, "stock_minimo": cell}).values()) for cell in cells]
    for fila, row in enumerate(table, start=2):
        checker.survey(Row(fila, row))
    told = [
        notice["params"] for notice in checker.notices() if notice["params"]["column"] == "precio_unitario"
    ]
    assert [(notice["count"], notice["rows"]) for notice in told] == [(1, [2])]
    readers = {
        column: reader_of(BY_NAME[column], Marks("12,50")) for column in ("precio_unitario", "stock_minimo")
    }
    for cell, price, stock in (
        ("1.234", "1234.0", "1234"),
        (SheetNumber("1.234"), "too_many_decimals", "not_whole"),
        ("1.234", "1234.0", "1234"),
        (SheetNumber("1.25"), "1.25", "not_whole"),
    ):
        for column, expected in (("precio_unitario", price), ("stock_minimo", stock)):
            answer = readers[column](cell)
            assert (answer["code"] if isinstance(answer, dict) else answer) == expected


def test_both_readings_are_told() -> None:
    fault = reader_of(BY_NAME["precio_unitario"], Marks())("1.234")
    assert isinstance(fault, dict)
    sentence = render_row_error([fault], "es")
    assert "1234" in sentence
    assert "1.234" in sentence


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        *((cell, "true") for cell in ("si", "sí", "SI", "Sí", "si\u0301", "x", "X", "verdadero", "TRUE")),
        ("1", "true"),
        ("yes", "true"),
        *((cell, "false") for cell in ("no", "NO", "falso", "False", "0", " no\u00a0")),
        *((cell, "not_boolean") for cell in ("s", "n", "y", "2", "1.0", "on", "tal vez", "si no", "✓")),
        ("", "true"),
    ],
)  # fmt: skip
def test_a_boolean_is_read_or_refused(cell: str, answer: str) -> None:
    assert read("requiere_vencimiento", cell) == answer


@pytest.mark.parametrize("column", ["id", "codigo"])
@pytest.mark.parametrize(
    ("cell", "lost"),
    [
        ("1.23457E+12", True),
        ("1,23457E+12", True),
        ("7.70E+12", True),
        ("1E+12", False),
        ("1E12", False),
        ("1.5E3", False),
        ("1.234567890123e+12", False),
        ("1.5E+1", False),
        ("SKU-1.23457E+12", False),
        ("008584", False),
        ("1234567890123", False),
        ("2024-01-05", False),
    ],
)
def test_an_identifier_that_was_cut_short_is_refused_and_any_other_stays(
    column: str, cell: str, lost: bool
) -> None:
    assert read(column, cell) == ("identifier_exponent" if lost else cell)
    assert read("nombre", cell) == cell


def notices_of(column: str, cells: list[str]) -> list[dict[str, Any]]:
    checker = make_checker(COLUMN_NAMES)
    for fila, cell in enumerate(cells, start=2):
        checker.survey(Row(fila, list((GOOD | {column: cell}).values())))
    notices = checker.notices()
    for notice in notices:
        for language in ("es", "en"):
            sentence = render_notice(notice["code"], notice["params"], language)
            assert "…" not in sentence
            assert notice["code"] not in sentence
    return [{"code": notice["code"], **notice["params"]} for notice in notices]


def test_how_an_ambiguous_number_was_read_is_told() -> None:
    [notice] = notices_of("precio_unitario", ["1.250", "980", "12,50", "3.400", "1,5"])
    assert notice == {
        "code": "numbers_read_by_column", "column": "precio_unitario", "count": 2, "rows": [2, 5],
        "value": "1.250", "read_as": "1250", "example": "12,50",
    }  # fmt: skip


def test_a_number_that_the_column_makes_a_decimal_is_told_unless_its_row_is_rejected() -> None:
    [notice] = notices_of("precio_unitario", ["1.250", "1.251", "12.50"])
    assert (notice["count"], notice["value"], notice["read_as"]) == (1, "1.250", "1.250")
    assert notices_of("stock_minimo", ["1.251", "0.5"]) == []


def test_what_the_column_does_not_decide_is_no_notice_but_a_fault() -> None:
    assert notices_of("precio_unitario", ["1.250", "980"]) == []
    assert notices_of("precio_unitario", ["1.250", "12.50", "12,50"]) == []


def test_money_is_told_with_its_currencies() -> None:
    by_currency, dropped = notices_of("precio_unitario", ["$ 1.250", "12 USD", "$ 980"])
    assert (by_currency["code"], by_currency["count"], by_currency["read_as"]) == (
        "numbers_read_by_currency", 1, "1250",
    )  # fmt: skip
    assert (dropped["code"], dropped["count"], dropped["currencies"]) == ("currency_dropped", 3, ["$", "USD"])


def test_blanks_beside_an_x_are_told_where_they_mean_yes() -> None:
    assert notices_of("requiere_vencimiento", ["x", "", "X", " "]) == [
        {"code": "blank_beside_x", "column": "requiere_vencimiento", "count": 2, "rows": [3, 5]}
    ]
    assert notices_of("requiere_vencimiento", ["sí", "", "no"]) == []
    assert notices_of("requiere_lote", ["x", "", "X"]) == []


def test_values_under_no_header_are_told() -> None:
    checker = make_checker([*COLUMN_NAMES[:3], "", *COLUMN_NAMES[3:], ""])
    for fila, value in ((2, ""), (3, "algo"), (4, " ")):
        cells = list(GOOD.values())
        checker.survey(Row(fila, [*cells[:3], value, *cells[3:], ""]))
    [notice] = checker.notices()
    assert notice["code"] == "column_unnamed"
    assert notice["params"] == {"place": "D", "count": 1, "rows": [3], "value": "algo"}


def test_every_fault_of_a_cell_tells_how_to_mend_it() -> None:
    about_a_cell = {code: text for code, text in ROW_FAULTS.items() if "{column}" in text.es}
    assert all("{value}" in text.es or code == "formula_without_value" for code, text in about_a_cell.items())
    assert all(";" in text.es and ";" in text.en for text in about_a_cell.values())
