"""Texts for files that a spreadsheet program opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formulas import harmless, may_run
from worker.processors.catalog.values import clean


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "=HYPERLINK(\"http://evil.example\")", "+1+1", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
        "+cmd|' /C calc'!A0", "-", "+", "=", "--5", "+-5", "-5+cmd", "-5\n", "-A1", "＝1+1",
        "-٣", "+1 2", "-1e", "-.",
    ],
)  # fmt: skip
def test_what_could_run_is_marked(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "5", "-5", "+5", "-12.50", "-1.234,50", "+1e5", "-1.5E-7", "-12%", "008584", "1=2", "a-b",
        "'=1+1", "INVIMA 2024M-001234", "°C", " =1",
    ],
)  # fmt: skip
def test_numbers_and_other_texts_stay_what_they_are(text: str) -> None:
    assert harmless(text) == text


@given(st.text(st.sampled_from("=+-@\t\r\n'0123456789.,eE%A ＝"), max_size=12))
def test_nothing_that_runs_is_left(text: str) -> None:
    assert not may_run(harmless(text))
    assert harmless(harmless(text)) == harmless(text)
    assert harmless(text).removeprefix("'") == text.removeprefix("'")


@pytest.mark.parametrize("text", ["=1+1", "+x", "-x", "@x"])
def test_the_mark_goes_when_the_file_comes_back(text: str) -> None:
    assert clean(harmless(text)) == text
