"""Places in lists, as they are handed out and come back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_service.errors import InvalidCursor
from catalog_service.products import decode_cursor, encode_cursor
from catalog_service.task_lists import Place

ids = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=64)


@given(ids)
def test_cursor_leads_back_to_its_product(product_id: str) -> None:
    cursor = encode_cursor(product_id)
    assert cursor.isascii()
    assert decode_cursor(cursor) == product_id


@given(st.text(max_size=40))
def test_cursor_that_was_never_handed_out(text: str) -> None:
    with suppress(InvalidCursor):
        assert encode_cursor(decode_cursor(text)) == text


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1))
def test_place_leads_back(cursor: int, position: int) -> None:
    place = Place(cursor, position)
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.1.1", "-1.0", "1.x", "١.١", "1.1\n", f"{10**18}.0"])
def test_place_of_another_form(text: str) -> None:
    with pytest.raises(InvalidCursor):
        Place.parse(text)
