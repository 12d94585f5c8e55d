"""Files that fail as a whole, each in one way, and where each is refused."""

import csv
import io
from pathlib import Path
from typing import Any

from common.catalog import COLUMN_NAMES
from common.texts import render_task_error
from data.generator.files import Cell, write_csv, write_xlsx, zip_bytes
from data.generator.products import made_up_product

_PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def write_broken_files(directory: Path) -> dict[str, dict[str, Any]]:
    """Write the files and return, by name, the answer of the upload or the error of the task."""
    return {**_refused_by_the_upload(directory), **_refused_by_the_task(directory)}


def _refused_by_the_upload(directory: Path) -> dict[str, dict[str, Any]]:
    contents = {
        "vacio.csv": (b"", 400, "file_empty"),
        "vacio.xlsx": (b"", 400, "file_empty"),
        "no_es_zip.xlsx": (_csv_text(_rows(3)).encode(), 415, "content_mismatch"),
        "es_pdf.csv": (_PDF, 415, "content_mismatch"),
    }
    for name, (content, _, _) in contents.items():
        (directory / name).write_bytes(content)
    return {name: {"carga": {"status": status, "code": code}} for name, (_, status, code) in contents.items()}


def _refused_by_the_task(directory: Path) -> dict[str, dict[str, Any]]:
    return {
        "solo_lineas_en_blanco.csv": _lines_without_header(directory),
        "sin_columna_obligatoria.csv": _missing_columns(directory),
        "columna_repetida.xlsx": _repeated_column(directory),
        "solo_encabezados.csv": _header_only(directory),
        "solo_encabezados.xlsx": _header_only_workbook(directory),
        "zip_truncado.xlsx": _truncated_workbook(directory),
        "zip_sin_libro.xlsx": _zip_without_workbook(directory),
        "comillas_sin_cerrar.csv": _open_quote(directory),
    }


def _lines_without_header(directory: Path) -> dict[str, Any]:
    (directory / "solo_lineas_en_blanco.csv").write_bytes(b"\r\n  \r\n,,,\r\n")
    return _task_error("no_header")


def _missing_columns(directory: Path) -> dict[str, Any]:
    missing = ("codigo", "precio_unitario")
    kept = [index for index, name in enumerate(COLUMN_NAMES) if name not in missing]
    write_csv(directory / "sin_columna_obligatoria.csv", [[row[index] for index in kept] for row in _rows(3)])
    return _task_error("missing_columns", columns=list(missing))


def _repeated_column(directory: Path) -> dict[str, Any]:
    write_xlsx(directory / "columna_repetida.xlsx", [[*row, row[1]] for row in _rows(3)])
    return _task_error("repeated_columns", columns=["nombre"], headers=["B «nombre»", "N «nombre»"])


def _header_only(directory: Path) -> dict[str, Any]:
    write_csv(directory / "solo_encabezados.csv", _rows(0))
    return _task_error("no_rows")


def _header_only_workbook(directory: Path) -> dict[str, Any]:
    write_xlsx(directory / "solo_encabezados.xlsx", _rows(0))
    return _task_error("no_rows")


def _truncated_workbook(directory: Path) -> dict[str, Any]:
    path = directory / "zip_truncado.xlsx"
    write_xlsx(path, _rows(30))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return _task_error("xlsx_truncated")


def _zip_without_workbook(directory: Path) -> dict[str, Any]:
    text = "Este zip no es un libro de Excel.\n"
    (directory / "zip_sin_libro.xlsx").write_bytes(zip_bytes({"leeme.txt": text.encode()}))
    return _task_error("xlsx_is_zip")


def _open_quote(directory: Path) -> dict[str, Any]:
    lines = _csv_text(_rows(8)).splitlines(keepends=True)
    # behind it no cell has quotes of its own, which would close it
    lines[6] = lines[6].replace(",", ',"', 1)
    (directory / "comillas_sin_cerrar.csv").write_bytes("".join(lines).encode())
    # everything behind the open quote belongs to it, but the line to mend is this one
    return _task_error("csv_quote_open", line=7)


def _rows(count: int) -> list[list[Cell]]:
    products = (made_up_product(number) for number in range(1, count + 1))
    return [list(COLUMN_NAMES), *(list(product.values()) for product in products)]


def _csv_text(rows: list[list[Cell]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _task_error(code: str, **params: Any) -> dict[str, Any]:
    return {"tarea": {"error_code": code, "error": render_task_error(code, params, "es")}}
