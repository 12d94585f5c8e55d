"""``bench scale`` measures imports that really happen: on a small scale, so that they are known to work."""

from pathlib import Path

import pytest

from bench.scale import LARGE, MANY, SAME, Files, ScalePlan, files_at_once, small_file_beside
from bench.stack import Place, WrongOutcome
from infra.embedded.stores import Stores

PLAN = ScalePlan(rows=200, large_rows=2000, many=8, repeats=1)


@pytest.fixture
async def place(stores: Stores, tmp_path: Path) -> Place:
    await stores.start()
    return Place(stores, tmp_path)


async def test_files_of_several_providers_on_several_workers(place: Place) -> None:
    medium = Files.write(place.files, PLAN).medium
    assert await files_at_once(place, medium, workers=2, slots=1, count=3) > 0


async def test_files_that_come_to_something_else_are_no_measurement(place: Place) -> None:
    medium = Files.write(place.files, PLAN).medium
    with pytest.raises(WrongOutcome, match="198 of 199 rows"):
        await files_at_once(place, medium._replace(rows=201), workers=1, slots=1, count=1)


@pytest.mark.parametrize(("beside", "turns"), [(SAME, True), (LARGE, True), (MANY, False)])
async def test_a_small_file_beside_others(place: Place, beside: str, turns: bool) -> None:
    assert await small_file_beside(place, Files.write(place.files, PLAN), beside, turns=turns) > 0
