"""The page of error codes says what the code says."""

from common.problems import Problem
from common.texts import ROW_FAULTS
from data.make_error_codes import PAGE, error_codes_page


def test_the_page_is_in_step_with_the_code() -> None:
    assert PAGE.read_text() == error_codes_page()


def test_every_kind_of_code_is_on_it() -> None:
    page = error_codes_page()
    codes = ["file_too_large", "catalog_unavailable", "origin_not_allowed", Problem.code]
    for code in (*codes, "missing_columns", *ROW_FAULTS):
        assert f"| `{code}` |" in page
