"""The files in data/ are what the script makes, and break every rule that there is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from common.texts import ROW_FAULTS, TASK_ERRORS, Text
from data.make_samples import make_samples

DATA = Path(__file__).parents[3] / "data"
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


@pytest.mark.parametrize("code", ROW_FAULTS)
def test_the_sample_holds_every_fault_of_a_row(code: str) -> None:
    expected = load("productos_300_con_errores.esperado.json")["reemplazar_duplicados=false"]
    told = {error["error"] for errors in expected["errores"].values() for error in errors}
    assert any(sentence_of(ROW_FAULTS[code]).search(sentence) for sentence in told)


def test_there_is_a_broken_file_for_every_fault_of_a_file() -> None:
    expected = load("rotos/esperado.json")
    assert expected.keys() == {path.name for path in (DATA / "rotos").iterdir()} - {"esperado.json"}
    codes = {entry["tarea"]["error_code"] for entry in expected.values() if "tarea" in entry}
    assert codes == TASK_ERRORS.keys() - NOT_OF_THE_FILE
