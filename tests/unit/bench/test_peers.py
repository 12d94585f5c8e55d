"""Those whom Carga is compared with do the same work."""

import pytest

from bench.files import catalogue_rows, faulty_rows
from bench.import_files import Size
from bench.peers.checks import check_frame, check_row
from bench.peers.driver import PEERS
from bench.speed import SpeedPlan, peer_rows
from data.generator.files import to_text
from worker.processors.catalog.rows import make_checker

_ROWS = 1000


def cells() -> list[dict[str, str]]:
    header, *rows = ([to_text(cell) for cell in row] for row in catalogue_rows(_ROWS))
    return [dict(zip(header, row, strict=True)) for row in rows]


def refused(row: dict[str, str]) -> bool:
    try:
        check_row(row)
    except ValueError:
        return True
    return False


def test_both_checks_reject_the_rows_that_carga_rejects() -> None:
    pandas = pytest.importorskip("pandas")
    rows = cells()
    check = make_checker(list(rows[0])).check
    rejected = {place for place, row in enumerate(rows) if isinstance(check(list(row.values())), list)}
    assert len(rejected) == faulty_rows(_ROWS)
    good, faults = check_frame(pandas.DataFrame(rows))
    assert set(faults) == rejected
    assert all(faults.values())
    assert len(good) == _ROWS - len(rejected)
    assert {place for place, row in enumerate(rows) if refused(row)} == rejected


def test_both_checks_convert_alike() -> None:
    pandas = pytest.importorskip("pandas")
    rows = cells()[:50]
    good, _ = check_frame(pandas.DataFrame(rows))
    for row, by_column in zip(rows, good.to_dict("records"), strict=True):
        by_row = check_row(row)
        by_row["precio_unitario"] = float(by_row["precio_unitario"])
        assert {**by_column, "presentacion": by_column["presentacion"] or None} == by_row


def test_a_small_file_is_imported_several_times_a_turn() -> None:
    plan = SpeedPlan((), repeats=1)
    assert [len(plan.providers(Size("csv", rows))) for rows in (300, 10_000, 20_000, 200_000)] == [5, 5, 2, 1]


def test_a_peer_is_given_no_more_rows_than_carga() -> None:
    plan = SpeedPlan((Size("csv", 3000), Size("xlsx", 10)), repeats=1, peers=True)
    assert peer_rows(plan, "bulk") == 3000
    assert peer_rows(plan, "row_by_row") == PEERS["row_by_row"] < 3000
