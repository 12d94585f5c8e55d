"""Every file of the corpus, read by the limited child as an upload is, comes to what the table says."""

import asyncio
import os
import tomllib
from pathlib import Path
from typing import Any

import psutil
import pytest

from common.texts import NOTICES, ROW_FAULTS, TASK_ERRORS
from tests.corpus.make_corpus import CORPUS, make
from tests.corpus.packing import HEADER, product
from tests.corpus.reading import Outcome, Values, outcome_of
from tests.support.processes import reader_children

EXPECTED: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "expected.toml").read_text(encoding="utf-8")
)
#: What one file may take; the child's memory and processor time are limited as well.
_SECONDS = 100
#: A worker that holds more after a bomb than before has taken part of it in.
_GROWTH_BYTES = 32 * 1024 * 1024
#: Sixteen million cells take longer to make than all other files together.
_WITHOUT_FILE = {"xlsx_too_many_cells"}


def test_the_table_and_the_script_have_the_same_files() -> None:
    assert EXPECTED.keys() == CORPUS.keys()
    assert len(CORPUS) >= 150


def test_there_is_a_file_for_every_way_to_refuse_a_workbook() -> None:
    codes = {code for code in TASK_ERRORS if code.startswith("xlsx_")}
    assert codes - _WITHOUT_FILE <= {expected.get("refused") for expected in EXPECTED.values()}


@pytest.mark.timeout(_SECONDS + 20)
@pytest.mark.parametrize("name", EXPECTED)
async def test_a_file_comes_to_what_the_table_says(name: str, tmp_path: Path) -> None:
    path = make(name, tmp_path)
    before = _resident()
    outcome, values = await asyncio.wait_for(outcome_of(path), _SECONDS)
    assert outcome | _first_of(values) == EXPECTED[name]
    assert _resident() - before < _GROWTH_BYTES
    assert reader_children() == []
    assert _codes(outcome) <= TASK_ERRORS.keys() | ROW_FAULTS.keys() | NOTICES.keys()


def _resident() -> int:
    return int(psutil.Process(os.getpid()).memory_info().rss)


def _first_of(values: Values) -> Outcome:
    """The first row that loads, as far as it is not the sound product of row 2."""
    if not values:
        return {}
    row = min(values)
    sound = dict(zip(HEADER, map(str, product(1)), strict=True))
    changed = {name: values[row][name] for name in HEADER if values[row][name] != sound[name]}
    return ({"first_row": row} if row != 2 else {}) | ({"first": changed} if changed else {})


def _codes(outcome: Outcome) -> set[str]:
    codes = [*outcome.get("notices", []), *" ".join(outcome.get("faults", {}).values()).split()]
    return {*codes, outcome["refused"]} if "refused" in outcome else set(codes)
