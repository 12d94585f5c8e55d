"""The files of a run are written once, and are what each way can take."""

import csv
from pathlib import Path

from bench.import_files import PASSES, ImportFiles, Size


def column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


def test_a_file_is_written_once(tmp_path: Path) -> None:
    files = ImportFiles(tmp_path)
    path = files.upload(Size("csv", 10), "insert")
    path.write_text("kept")
    assert files.upload(Size("csv", 10), "insert").read_text() == "kept"


def test_each_kind_of_file_is_a_file_of_its_own(tmp_path: Path) -> None:
    files = ImportFiles(tmp_path)
    paths = {
        files.upload(Size(format, rows), each)
        for format in ("csv", "xlsx")
        for rows in (5, 6)
        for each in PASSES
    }
    assert len(paths | {files.floor(rows, each) for rows in (5, 6) for each in PASSES}) == 12


def test_the_second_pass_has_the_same_products_at_other_prices(tmp_path: Path) -> None:
    files = ImportFiles(tmp_path)
    before, after = (files.upload(Size("csv", 50), writes) for writes in PASSES)
    assert column(before, "id") == column(after, "id")
    assert not set(zip(column(before, "id"), column(before, "precio_unitario"), strict=True)) & set(
        zip(column(after, "id"), column(after, "precio_unitario"), strict=True)
    )


def test_only_what_is_uploaded_has_faults(tmp_path: Path) -> None:
    files = ImportFiles(tmp_path)
    size = Size("csv", 500)
    assert column(files.floor(500, "insert"), "id") == column(files.upload(size, "insert"), "id")
    assert "gratis" in column(files.upload(size, "insert"), "precio_unitario")
    assert "gratis" not in column(files.floor(500, "insert"), "precio_unitario")
