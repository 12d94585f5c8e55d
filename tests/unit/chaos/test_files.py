"""Files with known contents: known to the harness as to the reference of the import."""

import csv
import io
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from openpyxl import load_workbook

from chaos.files import CatalogueFile, draw_file
from chaos.model import first_rows, fold, last_rows
from common.catalog import COLUMN_NAMES
from tests.reference import Catalogue, Outcome

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def files(seed: int, count: int) -> list[CatalogueFile]:
    rng = Random(seed)  # noqa: S311 (to be repeated)
    return [draw_file(rng, f"m{number}", number * 60) for number in range(count)]


def rows_of(file: CatalogueFile) -> list[tuple[int, dict[str, str]]]:
    """Read a file as anybody would."""
    if file.name.endswith(".csv"):
        table: list[list[str]] = list(csv.reader(io.StringIO(file.content.decode())))
    else:
        sheet = load_workbook(io.BytesIO(file.content)).active
        assert sheet is not None
        table = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    header, *rows = table
    return [(fila, dict(zip(header, cells, strict=True))) for fila, cells in enumerate(rows, start=2)]


def test_a_seed_makes_the_same_files_again() -> None:
    assert [file.content for file in files(5, 8) if file.name.endswith(".csv")] == [
        file.content for file in files(5, 8) if file.name.endswith(".csv")
    ]
    assert files(5, 8) != files(6, 8)


@pytest.mark.parametrize("replace", [True, False])
def test_the_reference_makes_of_them_what_the_model_says(replace: bool) -> None:
    catalogue = Catalogue()
    drawn = [file for file in files(7, 25) if file.refusal is None]
    outcomes: list[Outcome] = []
    for number, file in enumerate(drawn):
        outcomes.append(
            catalogue.apply(
                rows_of(file),
                proveedor_id="P",
                replace=replace,
                accepted_at=NOON + timedelta(seconds=number),
                task_id=UUID(int=number),
            )
        )
    products = {str(row["id"]): tuple(row[name] for name in COLUMN_NAMES) for row in catalogue.products("P")}
    if replace:
        assert products == fold(drawn)
        assert all(products[id] == values for id, values in last_rows(drawn[-1]).items())
    else:
        assert all(products[id] == values for id, values in first_rows(drawn[0]).items())
    for file, outcome in zip(drawn, outcomes, strict=True):
        assert outcome.total == file.rows
        rejected = {fila: [fault["code"] for fault in faults] for fila, faults in outcome.rejected}
        assert all(code in rejected[fila] for fila, code in file.bad.items())
        if replace:
            assert rejected.keys() == file.bad.keys()


def test_they_are_of_every_sort() -> None:
    drawn = files(8, 200)
    assert {file.name.rsplit(".")[-1] for file in drawn} == {"csv", "xlsx"}
    assert {file.refusal for file in drawn} == {None, "no_rows", "missing_columns"}
    assert any(len(file.content) > 8 * 1024 * 1024 for file in drawn)
    assert any(len(last_rows(file)) < len(file.good) for file in drawn)
