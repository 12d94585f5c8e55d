"""How a file was understood is cut to a size, whatever the file was like."""

from typing import Any

from worker.reading import Reading


def test_what_has_its_size_stays_as_it_is() -> None:
    reading = Reading(
        [{"column": "id", "header": "ID", "place": 1, "how": "exact"}],
        [{"code": "x", "params": {"columns": ["a", "b"], "line": 3}}],
        {"encoding": "utf-8", "sheet": None},
    )
    assert reading.cut() == reading


def test_a_million_columns_and_endless_headers_are_cut() -> None:
    columns: list[dict[str, Any]] = [
        {"column": None, "header": "x" * 1000, "place": place, "how": "ignored"} for place in range(5000)
    ]
    columns[4000] = {"column": "id", "header": "ID", "place": 4001, "how": "exact"}
    notices = [{"code": "columns_ignored", "params": {"columns": ["y\x00" * 1000] * 5000}}] * 5000
    cut = Reading(columns, notices, {"sheet": "z" * 1000}).cut()
    assert len(cut.columns) == 100
    assert columns[4000] in cut.columns
    assert max(len(column["header"]) for column in cut.columns) == 300
    assert len(cut.notices) == 100
    assert len(cut.notices[0]["params"]["columns"]) == 100
    assert "\x00" not in cut.notices[0]["params"]["columns"][0]
    assert len(cut.facts["sheet"]) == 300
