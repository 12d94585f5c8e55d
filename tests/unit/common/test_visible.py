"""Text from elsewhere, made safe to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.visible import is_visible, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("productos de marzo.csv", "productos de marzo.csv"),
        ("Catálogo ñ 產品 🚀", "Catálogo ñ 產品 🚀"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[31mrojo\x1b[0m", r"\x1b[31mrojo\x1b[0m"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egpj.csv", r"\u202egpj.csv"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("nul\0", r"nul\x00"),
        ("\ud800", r"\ud800"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(codec=None)))
def test_whatever_comes_is_one_line_that_can_be_written(text: str) -> None:
    shown = visible(text)
    assert all(map(is_visible, shown))
    assert len(shown.splitlines()) <= 1
    shown.encode()
    assert visible(shown) == shown
