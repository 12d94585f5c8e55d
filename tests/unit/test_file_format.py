"""docs/file-format.md says what happens: every header, every way of writing a value, every code."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from common.catalog import COLUMNS, SYNONYMS
from common.texts import NOTICES, ROW_FAULTS, TASK_ERRORS
from worker.processors.catalog.numbers import Marks
from worker.processors.catalog.values import reader_of

PAGE = (Path(__file__).parents[2] / "docs" / "file-format.md").read_text(encoding="utf-8")
BY_NAME = {column.name: column for column in COLUMNS}


def table(*headers: str) -> list[list[str]]:
    """The rows of the tables with these headers."""
    head = re.escape(f"| {' | '.join(headers)} |\n") + r"\|[-|]+\|\n((?:\|.*\|\n)+)"
    tables = re.findall(head, PAGE)
    assert tables
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for found in tables
        for line in found.splitlines()
    ]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_column_stands_there_with_its_limits() -> None:
    rows = {
        quoted(name)[0]: rest for name, *rest in table("column", "required", "what it takes", "if left empty")
    }
    assert list(rows) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        required, takes, empty = rows[column.name]
        assert required == ("yes" if column.required else "no")
        assert column.limit is None or f" {column.limit} characters" in takes
        assert column.default is None or empty == f"`{str(column.default).lower()}`"


def test_every_synonym_stands_there_and_no_other() -> None:
    rows = {quoted(name)[0]: tuple(also.split(", ")) for name, also in table("column", "also called")}
    assert rows == SYNONYMS


def test_numbers_are_read_as_it_says() -> None:
    rows = [row for row in table("written", "read as") if row[1] not in ("true", "false")]
    assert len(rows) > 10
    for written, read_as in rows:
        [cell] = quoted(written)
        value = reader_of(BY_NAME["precio_unitario"], Marks())(cell)
        assert isinstance(value, str), cell
        assert Decimal(value) == Decimal(read_as), cell


def test_yes_and_no_are_read_as_it_says() -> None:
    rows = [row for row in table("written", "read as") if row[1] in ("true", "false")]
    assert [read_as for _, read_as in rows] == ["true", "false"]
    for written, read_as in rows:
        for cell in quoted(written):
            assert reader_of(BY_NAME["requiere_lote"], Marks())(cell) == read_as
            assert reader_of(BY_NAME["requiere_lote"], Marks())(cell.upper()) == read_as


def test_numbers_are_refused_as_it_says() -> None:
    rows = table("written", "code", "why")
    for written, code, why in rows:
        [cell] = quoted(written)
        for other in (cell, *(quoted(why) if why.startswith("also") else ())):
            fault = reader_of(BY_NAME["precio_unitario"], Marks())(other)
            assert isinstance(fault, dict), other
            assert fault["code"] == quoted(code)[0], other


@pytest.mark.parametrize("code", sorted(set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PAGE)) - BY_NAME.keys()))
def test_a_code_that_it_names_exists(code: str) -> None:
    assert code in {*ROW_FAULTS, *TASK_ERRORS, *NOTICES}


def test_every_warning_of_the_catalogue_is_named() -> None:
    catalogue = [
        code for code in NOTICES if code.startswith(("columns_", "column_", "identifiers_", "numbers_"))
    ]
    for code in [*catalogue, "mojibake", "replacement_characters", "leading_zeros_lost", "currency_dropped"]:
        assert f"`{code}`" in PAGE
