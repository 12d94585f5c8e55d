"""What a person and a program read, on a terminal and elsewhere."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.bars import bars
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.follow import exit_code_of
from cli.render import show_status, show_tasks, show_uploads
from cli.screen import Screen, language_of
from cli.sources import Source
from cli.uploads import Sent
from common.texts import Language, Text


def _screen(language: Language = "es", *, terminal: bool = False) -> tuple[Screen, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    consoles = [
        Console(file=file, force_terminal=terminal, width=200, color_system=None) for file in (out, err)
    ]
    return Screen(language, *consoles), out, err


def _status(status: str, **more: Any) -> dict[str, Any]:
    progress = {"total": 20, "processed": 10, "successful": 8, "failed": 2}
    if status == "completed" and "result" in more:
        rejected = more["result"]["resumen"]["rechazados"]
        progress = {"total": 20, "processed": 20, "successful": 20 - rejected, "failed": rejected}
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
    assert err.getvalue().startswith("Para corregirlas: ./carga errors t --guardar")


def test_who_tried_a_file_is_told_to_send_all_of_it() -> None:
    """To send what was rejected alone would leave out the rest."""
    screen, _, err = _screen()
    status = _completed({"fila": 25, "error": "x"}, rechazados=1)
    status["result"]["validacion"] = True
    show_status(screen, status, "http://h")
    assert "súbalo completo" in err.getvalue()
    assert "--guardar" not in err.getvalue()


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


def test_rejected_rows_have_an_exit_code_of_their_own() -> None:
    some_rejected = _completed({"fila": 2, "error": "x"}, rechazados=1)
    assert exit_code_of(some_rejected) is ExitCode.REJECTED_ROWS
    assert exit_code_of(_status("processing")) is ExitCode.OK


def test_without_a_terminal_progress_is_a_line_whenever_something_changed() -> None:
    screen, out, err = _screen()
    with bars(screen) as shown:
        bar = shown.add("a.csv", 10)
        bar.sent(10)
        bar.shows(_status("pending", progress={"total": 0, "processed": 0, "failed": 0}))
        bar.shows(_status("processing"))
        bar.shows(_status("processing"))
        bar.shows(_status("processing", progress={"total": 20, "processed": 20, "failed": 0}))
    lines = ["a.csv: subiendo", "a.csv: 10 de 20 filas", "a.csv: 20 de 20 filas"]
    assert err.getvalue().splitlines() == lines
    assert out.getvalue() == ""


def test_on_a_terminal_each_file_has_a_bar_in_bytes_and_then_in_rows() -> None:
    screen, out, err = _screen(terminal=True)
    with bars(screen) as shown:
        one, other = shown.add("a[b].csv", 2_000), shown.add("b.csv", 0)
        one.sent(2_000)
        other.shows(_status("pending", progress={"total": 0, "processed": 0, "failed": 0}))
        shown_bytes = "2.0 kB/2.0 kB"
    with bars(screen) as shown:
        one = shown.add("a[b].csv", 2_000)
        one.shows(_status("processing"))
    assert shown_bytes in err.getvalue()
    assert "a[b].csv: importando" in err.getvalue()
    assert "10/20 filas, 2 rechazadas" in err.getvalue()
    assert "b.csv: en cola" in err.getvalue()
    assert out.getvalue() == ""


def test_of_several_files_each_has_its_line() -> None:
    screen, out, _ = _screen()
    refused = CommandError(Text("no es un catálogo", "no catalogue"), ExitCode.USAGE)
    completed = {**_completed(rechazados=2), "task_id": "task-1"}
    show_uploads(
        screen,
        [
            Sent(Source(Path("a.csv"), "[a].csv", 1), completed),
            Sent(Source(Path("b.pdf"), "b.pdf", 1), error=refused),
        ],
    )
    lines = out.getvalue().splitlines()
    assert any("[a].csv" in line and "completada" in line for line in lines)
    assert any("task-1" in line for line in lines)
    assert any("b.pdf" in line and "rechazado: no es un catálogo" in line for line in lines)


def test_tasks_are_a_table() -> None:
    screen, out, err = _screen("en")
    entry = _status("failed", error="Columns are missing", proveedor_id="P1", filename="x.csv")
    trial = _status("completed", proveedor_id="P1", filename="y.csv", opciones={"validar": True})
    tasks = [{**task, "created_at": "2026-11-20T10:00:00Z"} for task in (entry, trial)]
    show_tasks(screen, {"tasks": tasks, "next": "/more"})
    assert "failed: Columns are missing" in out.getvalue()
    assert "completed (dry run)" in out.getvalue()
    assert "There are more" in err.getvalue()
    screen, out, _ = _screen()
    show_tasks(screen, {"tasks": [], "next": None})
    assert out.getvalue() == "Ninguna carga coincide\n"


def test_a_failure_is_words_for_a_person_and_a_document_for_a_program() -> None:
    text = Text("No hay {thing}", "There is no {thing}")
    screen, out, err = _screen("en")
    screen.fail(CommandError(text, ExitCode.USAGE, code="no_thing", thing="tea"), as_json=True)
    assert err.getvalue() == "There is no tea\n"
    assert json.loads(out.getvalue()) == {"code": "no_thing", "detail": "There is no tea"}
    screen, out, err = _screen()
    screen.fail(CommandError(text, ExitCode.USAGE, problem={"code": "x"}, thing="té"), as_json=False)
    assert (out.getvalue(), err.getvalue()) == ("", "No hay té\n")
