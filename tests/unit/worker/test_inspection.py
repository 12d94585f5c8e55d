"""Looking into a file, with no service and no store: ``python -m worker.inspection``."""

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogue_files import csv_file, product, products
from worker.row_teller import _names, as_lines

ROOT = Path(__file__).parents[3]
DATA = ROOT / "data"


async def inspected(*arguments: object, code: int = 0) -> str:
    """What an inspection writes, ending with that exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker.inspection", *map(str, arguments)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == code, errors.decode()
    return output.decode()


async def document(*arguments: object, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await inspected(*arguments, code=code))
    return found


async def rows(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await inspected("--rows", *arguments)).splitlines()]


async def test_a_catalogue_is_described(tmp_path: Path) -> None:
    file = tmp_path / "catálogo.csv"
    file.write_bytes(csv_file([*products(30, faulty_every=10), {**product("x"), "nombre": ""}]))
    found = await document(file)
    assert (found["filename"], found["formato"]) == ("catálogo.csv", "csv")
    assert (found["se_puede_cargar"], found["error_code"]) == (True, None)
    assert found["resumen"] == {"total": 31, "sin_errores": 27, "con_errores": 4}
    assert [(column["encabezado"], column["columna"]) for column in found["columnas"]][:2] == [
        ("id", "id"),
        ("nombre", "nombre"),
    ]
    assert sum(group["filas"] for group in found["grupos_errores"]) == 4
    assert [row["fila"] for row in found["filas"]] == list(range(2, 12))
    assert product("P00001").items() <= found["filas"][0]["values"].items()


@pytest.mark.parametrize("name", ["productos_300_con_errores.csv", "productos_300_con_errores.xlsx"])
async def test_every_row_is_told_as_read_with_what_is_wrong(name: str) -> None:
    told = await rows(DATA / name)
    found = await document(DATA / name)
    filas = [row["fila"] for row in told]
    assert (len(filas), filas[0]) == (300, 2)
    assert filas == sorted(set(filas))
    wrong = [row for row in told if "codigos" in row]
    assert len(wrong) == found["resumen"]["con_errores"]
    assert wrong[0]["codigos"] == ["required_missing"]
    english = await rows("--language", "en", DATA / name)
    assert [row["values"] for row in english] == [row["values"] for row in told]
    assert "Required fields are empty" in next(row["error"] for row in english if "error" in row)


async def test_any_table_is_told_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "tabla.csv"
    file.write_text('a;b\n008584;" x "\n1E+12;ñ\n', encoding="utf-8")
    assert await rows("--raw", file) == [
        {"fila": 2, "values": {"a": "008584", "b": " x "}},
        {"fila": 3, "values": {"a": "1E+12", "b": "ñ"}},
    ]
    found = await document("--raw", file)
    assert (found["se_puede_cargar"], found["resumen"]["total"]) == (None, 2)
    refused = await document(file, code=1)
    assert (refused["se_puede_cargar"], refused["error_code"]) == (False, "missing_columns")
    # what can be seen of it is shown all the same
    assert refused["filas"][0]["values"] == {"a": "008584", "b": " x "}


async def test_a_table_of_no_rows_is_a_table_and_no_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "tabla.csv"
    file.write_bytes(b"a,b\n")
    assert await rows("--raw", file) == []
    assert (await document("--raw", file))["resumen"]["total"] == 0
    file.write_bytes(csv_file([]))
    assert (await document(file, code=1))["error_code"] == "no_rows"


async def test_files_of_another_name_are_read_by_their_content(tmp_path: Path) -> None:
    text, book = tmp_path / "tabla.txt", tmp_path / "libro.bin"
    text.write_bytes(b"a,b\n1,2\n")
    book.write_bytes((DATA / "productos_ejemplo.xlsx").read_bytes())
    assert (await rows("--raw", text))[0]["values"] == {"a": "1", "b": "2"}
    assert (await document("--raw", book))["formato"] == "xlsx"
    refused = await document(text, code=1)
    assert refused["error_code"] == "unsupported_extension"
    assert ".xlsx, .csv" in refused["error"]


@pytest.mark.parametrize("file", sorted((DATA / "rotos").glob("*.[cx]*")), ids=lambda file: file.name)
@pytest.mark.parametrize("options", [[], ["--rows"]])
async def test_a_broken_file_is_refused_with_its_code(file: Path, options: list[str]) -> None:
    refused = await document(*options, file, code=1)
    assert refused["error_code"]
    assert refused["error"] != refused["error_code"]


async def test_a_command_line_that_makes_no_sense() -> None:
    for arguments in ([], ["/no/such/file.csv"], ["--language", "fr", DATA / "productos_ejemplo.csv"]):
        assert await inspected(*arguments, code=2) == ""


async def test_a_large_file_streams(tmp_path: Path) -> None:
    file = tmp_path / "grande.csv"
    with file.open("wb") as sheet:
        sheet.write(b"a,b\n")
        sheet.writelines(b"%d,%s\n" % (number, b"x" * 100_000) for number in range(2_000))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker.inspection", "--raw", "--rows", str(file)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        # the process itself, and not only its child: a fifth of what the file takes
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (160 << 20, 160 << 20)),
        limit=1 << 20,
    )
    assert process.stdout is not None
    filas = [json.loads(line)["fila"] async for line in process.stdout]
    assert await process.wait() == 0
    assert filas == list(range(2, 2_002))


async def test_who_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m worker.inspection --raw --rows {DATA}/productos_300_con_errores.csv"
    process = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {command} | head -n 1",
        cwd=ROOT,
        executable="/bin/bash",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert json.loads(output)["fila"] == 2


@pytest.mark.parametrize(
    ("header", "width", "names"),
    [
        (["a", "b"], 0, ["a", "b"]),
        (["a", "a", "a"], 0, ["a", "a (2)", "a (3)"]),
        (["", "b", ""], 0, ["", "b", "(3)"]),
        (["a"], 3, ["a", "", "(3)"]),
        (["a", "a (3)", "a"], 0, ["a", "a (3)", "a (3) (3)"]),
    ],
)
def test_every_cell_has_a_name(header: list[str], width: int, names: list[str]) -> None:
    assert _names(header, width) == names


def test_a_row_is_one_line_whatever_is_in_it() -> None:
    document = {"fila": 2, "values": {"ñ\x85": "a\u2028b\u2029c\x9bd\x1b\n\r\x0b\x0c\x1c\u0080\u00a0\u20ac"}}
    line = as_lines([document])
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == document
    assert "ñ" in line.decode()
