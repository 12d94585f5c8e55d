"""``bench upload``: how long a small file takes to its 202, beside the three calls that this is made of."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import pandas as pd

from bench.alone import cpu_seconds, run_module, stores_of_its_own, upload_api
from bench.files import catalogue_rows, write_csv
from bench.stack import Place
from bench.uploading import Uploading

_ROWS = 300
#: Beside which the small ones are sent, in the last of the situations.
_LARGE_BYTES = 100_000_000


@dataclass(frozen=True)
class UploadPlan:
    """What to measure: ``uploads`` by ``clients`` at once, everything ``repeats`` times."""

    clients: int
    uploads: int
    repeats: int


class UploadRun(NamedTuple):
    """One way in one situation: seconds of an upload, and of the API's CPU (None where it has none)."""

    repeat: int
    clients: int
    large: bool
    way: str
    p50: float
    p99: float
    uploads_per_second: float
    cpu: float | None


async def measure_upload(place: Place, plan: UploadPlan) -> AsyncIterator[UploadRun]:
    """Yield each way as it is done: one client, many, and many beside a large file; Carga and the bare calls
    take turns, so that both see the same machine."""
    file = place.files / "small.csv"
    write_csv(file, catalogue_rows(_ROWS))
    situations = [(1, 0), (plan.clients, 0), (plan.clients, _LARGE_BYTES)]
    for repeat in range(1, plan.repeats + 1):
        async with stores_of_its_own(place) as environment, upload_api(environment) as api:
            for clients, large in situations:
                for way, port in (("bare", None), ("carga", api.port)):
                    count = max(plan.uploads // (plan.clients // clients or 1), 2)
                    uploading = Uploading(port, str(file), clients, count, large)
                    before = cpu_seconds(api.pid)
                    printed = await run_module("bench.uploading", msgspec.json.encode(uploading), environment)
                    cpu = cpu_seconds(api.pid) - before
                    yield _run(repeat, uploading, way, json.loads(printed), cpu)


def _run(repeat: int, uploading: Uploading, way: str, seconds: list[float], cpu: float) -> UploadRun:
    each = pd.Series(seconds)
    # clients that each wait for their answers: together they do that many in the time that one takes
    per_second = uploading.clients / each.mean()
    counted = None if way == "bare" or uploading.large else cpu / (len(seconds) + uploading.warm_up)
    p50, p99 = float(each.quantile(0.5)), float(each.quantile(0.99))
    return UploadRun(repeat, uploading.clients, bool(uploading.large), way, p50, p99, per_second, counted)


def upload_medians(runs: list[UploadRun]) -> list[dict[str, Any]]:
    """Return a row for each situation and way; ``beside_bare`` is the median of the ratios in one turn."""
    table = pd.DataFrame(runs)
    bare = table[table["way"] == "bare"].set_index(["repeat", "clients", "large"])["p50"]
    turns = list(zip(table["repeat"], table["clients"], table["large"], strict=True))
    table["beside_bare"] = table["p50"] / bare.loc[turns].array
    columns = ["p50", "p99", "uploads_per_second", "cpu", "beside_bare"]
    medians = table.groupby(["clients", "large", "way"])[columns].median().reset_index()
    rows = medians.astype(object).where(medians.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def describe_upload(place: Place) -> dict[str, Any]:
    """Return what was uploaded."""
    return {"rows": _ROWS, "bytes": (place.files / "small.csv").stat().st_size, "large_bytes": _LARGE_BYTES}
