"""The files that benchmarks import hold what they are said to hold."""

import csv
from pathlib import Path

import openpyxl
import pytest

from bench.files import Cells, catalogue_rows, faulty_rows, write_csv, write_xlsx
from data.generator.files import to_text
from worker.processors.catalog.rows import make_checker

_ROWS = 1234


def texts(rows: list[Cells]) -> list[list[str]]:
    return [[to_text(cell) for cell in row] for row in rows]


def test_one_row_in_a_hundred_is_rejected_by_the_workers_own_check() -> None:
    header, *rows = texts(list(catalogue_rows(_ROWS)))
    check = make_checker(header).check
    rejected = [verdict for row in rows if isinstance(verdict := check(row), list)]
    assert len(rejected) == faulty_rows(_ROWS) == 12
    assert {fault["code"] for faults in rejected for fault in faults} == {
        "required_missing",
        "not_a_number",
        "negative",
        "not_whole",
        "too_long",
    }


def test_without_faults_every_row_is_a_product_of_its_own() -> None:
    header, *rows = texts(list(catalogue_rows(_ROWS, with_faults=False)))
    check = make_checker(header).check
    keys = [verdict[0] for row in rows if isinstance(verdict := check(row), tuple)]
    assert len({id for id, _ in keys}) == len({codigo for _, codigo in keys}) == _ROWS


def test_a_revision_changes_the_price_of_every_product_and_nothing_else() -> None:
    header, *before = catalogue_rows(_ROWS, with_faults=False)
    _, *after = catalogue_rows(_ROWS, revision=1, with_faults=False)
    price = list(header).index("precio_unitario")
    for old, new in zip(before, after, strict=True):
        assert [place for place, cell in enumerate(old) if cell != new[place]] == [price]


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_a_file_holds_the_rows(write: object, tmp_path: Path) -> None:
    path = tmp_path / "f"
    rows = list(catalogue_rows(_ROWS))
    (write_csv if write is write_csv else write_xlsx)(path, rows)
    if write is write_csv:
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.reader(file))
    else:
        sheet = openpyxl.load_workbook(path.open("rb"), read_only=True).active
        assert sheet is not None
        found = texts([tuple(cell for cell in row) for row in sheet.iter_rows(values_only=True)])  # type: ignore[misc]
    assert [row[:4] for row in found] == [row[:4] for row in texts(rows)]
    assert len(found) == _ROWS + 1


def test_the_same_file_twice_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_csv(tmp_path / name, catalogue_rows(_ROWS))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
