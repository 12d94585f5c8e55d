"""The benchmarks of the API measure questions and uploads that really happen: on a small scale."""

from pathlib import Path
from uuid import uuid4

import pytest

from bench.events import EventsPlan, check_story, measure_events
from bench.listening import Listened
from bench.stack import Place, WrongOutcome
from bench.status import StatusPlan, measure_status, status_medians
from bench.upload import UploadPlan, measure_upload, upload_medians
from infra.embedded.stores import Stores


@pytest.fixture
async def place(stores: Stores, tmp_path: Path) -> Place:
    await stores.start()
    return Place(stores, tmp_path)


async def test_status_is_asked_in_every_way(place: Place) -> None:
    runs = [run async for run in measure_status(place, StatusPlan(3, 2, 0.2, 2))]
    ways = [
        ("running", "bare_dict"),
        ("running", "bare_model"),
        ("running", "bare_bytes"),
        ("running", "carga"),
        ("completed", "bare_dict"),
        ("completed", "bare_bytes"),
        ("completed", "carga"),
        ("unchanged", "carga"),
    ]
    assert [(run.answer, run.way) for run in runs] == ways * 2
    assert all(run.answers > 0 and run.seconds > 0 for run in runs)
    counted = [run._replace(cpu=1.0, answers=400 if run.way == "carga" else 500) for run in runs]
    medians = {(row["answer"], row["way"]): row["beside_bare"] for row in status_medians(counted)}
    assert medians == {way: 0.8 if way[1] == "carga" else 1.0 for way in ways}


async def test_uploads_are_sent_in_every_situation(place: Place) -> None:
    runs = [run async for run in measure_upload(place, UploadPlan(clients=3, uploads=6, repeats=1))]
    situations = [(1, False), (3, False), (3, True)]
    assert [(run.clients, run.large, run.way) for run in runs] == [
        (*situation, way) for situation in situations for way in ("bare", "carga")
    ]
    assert all(run.p99 >= run.p50 > 0 for run in runs)
    counted = [run._replace(p50=0.3 if run.way == "carga" else 0.2) for run in runs]
    for row in upload_medians(counted):
        assert row["beside_bare"] == pytest.approx(1.5 if row["way"] == "carga" else 1)
        assert (row["cpu"] is None) == (row["way"] == "bare" or row["large"])


async def test_events_are_listened_to_with_cuts(place: Place) -> None:
    plan = EventsPlan(listeners=6, cut_every=2, rows=2000, rounds=2)
    runs = [run async for run in measure_events(place, plan)]
    assert [run.round for run in runs] == [1, 2]
    for run in runs:
        assert run.events >= 12
        assert run.cuts >= run.resumed > 0
        assert min(run.api_before, run.api_with, run.api_after) > 0
        assert min(run.bff_before, run.bff_with, run.bff_after) > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": ["revision 3 (20 rows) behind 4 (30)"]},
        {"ends": [1.0]},
        {"revisions": [9, 8]},
    ],
)
def test_a_story_with_a_fault_is_no_figure(wrong: dict[str, list[float]]) -> None:
    right = Listened(10, 1, 1, [], [1.0, 2.0], [9, 9])
    check_story(right, 2, uuid4())
    with pytest.raises(WrongOutcome):
        check_story(right._replace(**wrong), 2, uuid4())  # type: ignore[arg-type]  # of lists, these
