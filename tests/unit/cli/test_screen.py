"""What a person and a program read, on a terminal and elsewhere."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of
from cli.render import rows_bar, show_status, upload_bar
from cli.screen import Screen, language_of
from common.texts import Language, Text


def _screen(language: Language = "es", *, terminal: bool = False) -> tuple[Screen, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    consoles = [
        Console(file=file, force_terminal=terminal, width=200, color_system=None) for file in (out, err)
    ]
    return Screen(language, *consoles), out, err


def _status(status: str, **more: Any) -> dict[str, Any]:
    progress = {"total": 20, "processed": 10, "successful": 8, "failed": 2}
    return {"task_id": "t", "status": status, "progress": progress, "result": None, "error": None, **more}


def _completed(*errors: dict[str, Any], rechazados: int) -> dict[str, Any]:
    result = {
        "mensaje": "Carga masiva completada",
        "resumen": {"total": 20, "exitosos": 20 - rechazados, "rechazados": rechazados, "nuevo": 7},
        "errores": list(errors),
        "enlaces": {"errores": "/api/catalog/bulk-upload/t/errores"},
    }
    return _status("completed", result=result)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "es"),
        ({"LANG": "C.UTF-8"}, "es"),
        ({"LANG": "es_CO.UTF-8"}, "es"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "es_ES.UTF-8"}, "es"),
        ({"LANG": "es_CO.UTF-8", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "en_US", "LC_ALL": ""}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_a_result_is_a_table_with_the_rejected_rows_beside_it() -> None:
    screen, out, err = _screen()
    show_status(screen, _completed({"fila": 25, "error": "Campos vacíos: nombre"}, rechazados=1), "http://h")
    text = out.getvalue()
    assert "Carga masiva completada" in text
    assert "25" in text
    assert "Campos vacíos: nombre" in text
    assert "nuevo" in text  # a word of the result that this version does not know
    assert err.getvalue() == ""


def test_warnings_and_groups_come_before_the_rows() -> None:
    screen, out, _ = _screen()
    status = _completed({"fila": 25, "error": "x"}, rechazados=1)
    status["advertencias"] = [{"codigo": "c", "advertencia": "Se leyó la hoja [Hoja1]"}]
    status["result"]["grupos_errores"] = [
        {"codigo": "negative", "columna": "p", "filas": 1, "primera_fila": 25, "error": "p: negativo, 1 fila"}
    ]
    show_status(screen, status, "http://h")
    text = out.getvalue()
    places = [text.index(words) for words in ("Advertencias", "[Hoja1]", "p: negativo, 1 fila", "Motivo")]
    assert places == sorted(places)
    assert "(la primera es la 25)" in text


def test_the_words_of_a_file_are_shown_as_they_are() -> None:
    screen, out, _ = _screen()
    show_status(screen, _completed({"fila": 2, "error": "«[red]x[/red]»"}, rechazados=1), "http://h")
    assert "«[red]x[/red]»" in out.getvalue()


def test_the_rest_of_a_long_list_is_a_link_away() -> None:
    screen, out, _ = _screen("en")
    show_status(screen, _completed({"fila": 2, "error": "x"}, rechazados=13), "http://127.0.0.1:8001")
    assert "12 more: http://127.0.0.1:8001/api/catalog/bulk-upload/t/errores" in out.getvalue()


@pytest.mark.parametrize(
    ("status", "said", "exit_code"),
    [
        (_completed(rechazados=0), "Ninguna fila fue rechazada", ExitCode.OK),
        (_status("failed", error="Faltan columnas"), "Faltan columnas", ExitCode.FAILED),
        (_status("cancelled"), "cancelada; quedaron procesadas 10 de 20 filas", ExitCode.FAILED),
        (_status("processing"), "10 de 20", ExitCode.OK),
        (_status("pending", progress={"total": 0, "processed": 0}), "0 de ?", ExitCode.OK),
    ],
)
def test_every_end_of_a_task_has_its_words_and_exit_code(
    status: dict[str, Any], said: str, exit_code: ExitCode
) -> None:
    screen, out, _ = _screen()
    show_status(screen, status, "http://h")
    assert said in out.getvalue()
    assert exit_code_of(status) is exit_code


def test_without_a_terminal_progress_is_a_line_whenever_something_changed() -> None:
    screen, out, err = _screen()
    with upload_bar(screen, "a.csv", 10) as sent, rows_bar(screen) as update:
        sent(10)
        update(_status("pending", progress={"total": 0, "processed": 0}))
        update(_status("processing"))
        update(_status("processing"))
        update(_status("processing", progress={"total": 20, "processed": 20}))
    assert err.getvalue().splitlines() == ["Subiendo a.csv", "10 de 20 filas", "20 de 20 filas"]
    assert out.getvalue() == ""


def test_on_a_terminal_there_are_bars_in_bytes_and_then_in_rows() -> None:
    screen, out, err = _screen(terminal=True)
    with upload_bar(screen, "a.csv", 2_000) as sent:
        sent(2_000)
    with rows_bar(screen) as update:
        update(_status("pending", progress={"total": 0, "processed": 0}))
        update(_status("processing"))
    assert "2.0/2.0 kB" in err.getvalue()
    assert "10/20" in err.getvalue()
    assert out.getvalue() == ""


def test_a_failure_is_words_for_a_person_and_a_document_for_a_program() -> None:
    text = Text("No hay {thing}", "There is no {thing}")
    screen, out, err = _screen("en")
    screen.fail(CommandError(text, ExitCode.USAGE, code="no_thing", thing="tea"), as_json=True)
    assert err.getvalue() == "There is no tea\n"
    assert json.loads(out.getvalue()) == {"code": "no_thing", "detail": "There is no tea"}
    screen, out, err = _screen()
    screen.fail(CommandError(text, ExitCode.USAGE, problem={"code": "x"}, thing="té"), as_json=False)
    assert (out.getvalue(), err.getvalue()) == ("", "No hay té\n")
