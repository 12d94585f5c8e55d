"""Formats under which a person sees something else than the number."""

import pytest

from worker.readers.number_formats import show, tells_more


@pytest.mark.parametrize(
    ("number", "format", "shown"),
    [
        (8584, "000000", "008584"),
        (8584, "000000;-000000", "008584"),
        (12345678, "000000", "12345678"),
        (0, "000", "000"),
        (12, '"AMX-"0000', "AMX-0012"),
        (123456, r"000\-000", "123-456"),
        (123456789, "000-00-0000", "123-45-6789"),
        (7, '[Red]00" u."', "07 u."),
        (0.12, "0%", "12%"),
        (0.125, "0%", "12.5%"),
        (1, "0.00%", "100%"),
        (-0.5, "0%", "-50%"),
    ],
)
def test_a_number_is_read_as_it_is_shown(number: float, format: str, shown: str) -> None:
    assert tells_more(format)
    assert show(number, format) == shown


@pytest.mark.parametrize(
    "format",
    ["General", "0", "0.00", "#,##0", "#,##0.00", '"$"#,##0.00', '_-* #,##0.00\\ "€"_-', "@", "0.00E+00",
     "# ?/?", "yyyy-mm-dd", "hh:mm", "[h]:mm:ss", '0 "u."', '"50%" 0', ""],
)  # fmt: skip
def test_other_formats_show_the_number_itself(format: str) -> None:
    assert not tells_more(format)
    assert show(8584, format) is None


@pytest.mark.parametrize("number", [-1, 0.5])
def test_what_has_no_place_among_the_zeros_is_the_number(number: float) -> None:
    assert show(number, "000000") is None
