"""``./carga inspect`` as a person sees it: the real inspection, on screens that are read back."""

import io
import json
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.inspection import inspect
from cli.screen import Screen
from common.texts import Language

DATA = Path(__file__).parents[3] / "data"


def looked_at(
    file: Path, *, rows: bool = False, raw: bool = False, language: Language = "es"
) -> tuple[ExitCode, str]:
    """The exit code and what stands on the screen."""
    out = io.StringIO()
    consoles = (Console(file=out, width=200, color_system=None), Console(file=io.StringIO()))
    return inspect(Screen(language, *consoles), file, rows=rows, raw=raw, as_json=False), out.getvalue()


@pytest.mark.parametrize("name", ["productos_300_con_errores.csv", "productos_300_con_errores.xlsx"])
def test_a_file_that_would_load_is_told_with_its_columns_groups_and_first_rows(name: str) -> None:
    exit_code, text = looked_at(DATA / name)
    assert exit_code is ExitCode.OK
    assert "Se puede cargar: 300 filas" in text
    assert re.search(r"precio_unitario: número negativo, \d+ filas \(la primera es la \d+\)", text)
    assert "certificado_sanitario" in text
    assert "PROD002" in text
    assert "It would load: 300 rows" in looked_at(DATA / name, language="en")[1]


def test_every_row_comes_after_the_description() -> None:
    exit_code, text = looked_at(DATA / "productos_300_con_errores.csv", rows=True)
    assert exit_code is ExitCode.OK
    assert "2: id=PROD001 · nombre=" in text
    assert "✗ Campos obligatorios vacíos: id" in text
    assert len([line for line in text.splitlines() if ": id=" in line]) > 250


def test_a_file_that_would_not_load_is_told_why_and_shown_all_the_same() -> None:
    exit_code, text = looked_at(DATA / "rotos" / "sin_columna_obligatoria.csv")
    assert exit_code is ExitCode.FAILED
    assert "No se puede cargar (missing_columns): Faltan columnas obligatorias" in text
    assert "PROD001" in text


def test_what_a_file_holds_cannot_move_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "malo.csv"
    file.write_bytes("[red]a,b\u202e\nx\u009b31m,\u202ey[/red]\n".encode())
    for rows in (False, True):
        exit_code, text = looked_at(file, raw=True, rows=rows)
        assert exit_code is ExitCode.OK
        assert "[red]a" in text
        assert not set(text) & set("\u202e\u009b\x1b")


def test_a_file_that_is_not_there_is_the_callers_mistake() -> None:
    with pytest.raises(CommandError) as error:
        looked_at(Path("/no/such/file.csv"))
    assert (error.value.exit_code, error.value.code) == (ExitCode.USAGE, "file_unreadable")


@pytest.mark.parametrize(("rows", "lines"), [(False, 1), (True, 10)])
def test_json_goes_straight_through(capfd: pytest.CaptureFixture[str], rows: bool, lines: int) -> None:
    screen = Screen("es")
    exit_code = inspect(screen, DATA / "productos_ejemplo.xlsx", rows=rows, raw=False, as_json=True)
    output = capfd.readouterr().out
    documents = [json.loads(line) for line in output.splitlines()] if rows else [json.loads(output)]
    assert (exit_code, len(documents)) == (ExitCode.OK, lines)


def test_a_path_that_looks_like_an_option_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "--raw.csv").write_bytes((DATA / "productos_ejemplo.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert looked_at(Path("--raw.csv"))[0] is ExitCode.OK
    assert os.environ.get("LOG_LEVEL") != "ERROR"
