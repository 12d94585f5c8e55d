"""The benchmarks of the API measure questions and uploads that really happen: on a small scale."""

from pathlib import Path

import pytest

from bench.stack import Place
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
