"""Choosing a language and filling in sentences."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.texts import (
    NOTICES,
    ROW_FAULTS,
    TASK_ERRORS,
    Language,
    Text,
    choose_language,
    render,
    render_notice,
    render_row_error,
    render_task_error,
)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "es"),
        ("", "es"),
        ("es", "es"),
        ("en", "en"),
        ("EN-us", "en"),
        ("es-CO,es;q=0.9,en;q=0.8", "es"),
        ("en-GB,en;q=0.9,es;q=0.5", "en"),
        ("en;q=0.5,es;q=0.9", "es"),
        ("en,es", "es"),
        ("fr", "es"),
        ("fr,en;q=0.1", "en"),
        ("*", "es"),
        ("es;q=0,*", "en"),
        ("en;q=0,*", "es"),
        ("en;q=tres", "es"),
        (" en ; q=1 , es ; q=0.2", "en"),
        (";;;,,,==", "es"),
    ],
)
def test_language(header: str | None, language: Language) -> None:
    assert choose_language(header) == language


@given(st.text())
def test_any_header_has_an_answer(header: str) -> None:
    assert choose_language(header) in ("es", "en")


def test_lists_are_joined_and_braces_in_values_are_text() -> None:
    text = Text("Faltan: {columns}", "Missing: {columns}")
    assert render(text, {"columns": ["id", "{nombre}"]}, "es") == "Faltan: id, {nombre}"
    assert render(text, {"columns": ["id"]}, "en") == "Missing: id"


@pytest.mark.parametrize("texts", [ROW_FAULTS, TASK_ERRORS, NOTICES])
def test_both_languages_take_the_same_parameters(texts: dict[str, Text]) -> None:
    for code, text in texts.items():
        spanish, english = (set(re.findall(r"{(\w+)}", sentence)) for sentence in text)
        assert spanish == english, code
        assert text.es != text.en


def test_row_error_is_one_line_of_all_faults() -> None:
    faults: list[dict[str, Any]] = [
        {"code": "required_missing", "params": {"columns": ["certificado_sanitario", "nombre"]}},
        {"code": "from_a_newer_worker"},
    ]
    assert render_row_error(faults, "es") == (
        "Campos obligatorios vacíos: certificado_sanitario, nombre; from_a_newer_worker"
    )


def test_task_error() -> None:
    assert render_task_error("no_header", {}, "en").startswith("The file is empty")
    assert render_task_error("unheard_of", {}, "es") == "unheard_of"


def test_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOTICES, "a_code", Text("Hoja {sheet}", "Sheet {sheet}"))
    assert render_notice("a_code", {"sheet": "Precios"}, "en") == "Sheet Precios"
    assert render_notice("unheard_of", {}, "es") == "unheard_of"
