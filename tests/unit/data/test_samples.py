"""The files in data/ are what the script makes, and break every rule that there is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from common.texts import ROW_FAULTS, TASK_ERRORS, Text
from data.make_samples import make_samples

DATA = Path(__file__).parents[3] / "data"
#: Of how a file is written, not of what it says: the corpus in tests/corpus has these, each in many forms.
OF_THE_READERS = (
    "csv_", "xlsx_", "utf16_", "encoding_", "delimiter_", "header_", "line_", "lines_", "file_unreadable",
    "unsupported_extension",
)  # fmt: skip
#: And these are faults of a row that only one of the readers finds, or that no .csv can hold.
ROW_FAULTS_OF_THE_READERS = {
    "formula_without_value",
    "stray_quote",
    "row_encoding",
    "row_beside_fragment",
    "lone_surrogate",
}
#: What a task can fail of without any fault of its file.
NOT_OF_THE_FILE = {
    "upload_missing",
    "unknown_kind",
    "internal_error",
    "reader_limits",
    "stalled",
    "task_timeout",
    "too_many_attempts",
}


def contents(directory: Path) -> dict[str, bytes]:
    samples = [*directory.glob("*.*"), *directory.glob("rotos/*")]
    return {str(path.relative_to(directory)): path.read_bytes() for path in samples if path.suffix != ".py"}


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return loaded


def sentence_of(text: Text) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(text.es)), re.DOTALL)


def test_the_script_makes_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    make_samples(tmp_path)
    made, committed = contents(tmp_path), contents(DATA)
    assert made.keys() == committed.keys()
    assert [name for name in made if made[name] != committed[name]] == []


@pytest.mark.parametrize("replace", ["false", "true"])
def test_the_expected_counts_agree_with_the_lists(replace: str) -> None:
    expected = load("productos_300_con_errores.esperado.json")[f"reemplazar_duplicados={replace}"]
    resumen = expected["resumen"]
    assert resumen["total"] == 300 == resumen["exitosos"] + resumen["rechazados"]
    for errors in expected["errores"].values():
        filas = [error["fila"] for error in errors]
        assert len(filas) == resumen["rechazados"]
        assert filas == sorted(set(filas))
    assert len(expected["productos_creados"]) == resumen["productos_creados"] == len(expected["productos"])


@pytest.mark.parametrize("code", sorted(ROW_FAULTS.keys() - ROW_FAULTS_OF_THE_READERS))
def test_the_sample_holds_every_fault_of_a_row(code: str) -> None:
    expected = load("productos_300_con_errores.esperado.json")["reemplazar_duplicados=false"]
    told = {error["error"] for errors in expected["errores"].values() for error in errors}
    assert any(sentence_of(ROW_FAULTS[code]).search(sentence) for sentence in told)


def test_there_is_a_broken_file_for_every_fault_of_a_file() -> None:
    expected = load("rotos/esperado.json")
    assert expected.keys() == {path.name for path in (DATA / "rotos").iterdir()} - {"esperado.json"}
    codes = {entry["tarea"]["error_code"] for entry in expected.values() if "tarea" in entry}
    assert codes <= TASK_ERRORS.keys()
    of_the_file = {code for code in TASK_ERRORS if not code.startswith(OF_THE_READERS)} - NOT_OF_THE_FILE
    assert {code for code in codes if not code.startswith(OF_THE_READERS)} == of_the_file
