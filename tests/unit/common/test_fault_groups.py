"""Groups of faults in words."""

from typing import Any

import pytest

from common.fault_groups import FAULT_NAMES, columns_of, render_group
from common.tasks import FaultGroup
from common.texts import ROW_FAULTS, Language


@pytest.mark.parametrize(
    ("group", "language", "sentence"),
    [
        (("not_a_number", "precio_unitario", 4812, 2), "es", "precio_unitario: no es un número, 4.812 filas"),
        (("not_a_number", "precio_unitario", 4812, 2), "en", "precio_unitario: not a number, 4,812 rows"),
        (("duplicate_product", None, 1, 7), "es", "producto duplicado, 1 fila"),
        (("crossed_keys", None, 1, 7), "en", "id and codigo of different products, 1 row"),
        (("unheard_of", "{id}", 1_000_000, 2), "es", "{id}: unheard_of, 1.000.000 filas"),
    ],
)
def test_a_group_is_one_line(group: tuple[Any, ...], language: Language, sentence: str) -> None:
    assert render_group(FaultGroup(*group), language) == sentence


def test_every_fault_of_a_row_has_a_name() -> None:
    assert FAULT_NAMES.keys() == ROW_FAULTS.keys()
    assert all(name.es != name.en for name in FAULT_NAMES.values())


def test_the_columns_of_a_fault() -> None:
    missing = {"code": "required_missing", "params": {"columns": ["id", "nombre"]}}
    assert columns_of(missing) == ["id", "nombre"]
    assert columns_of({"code": "negative", "params": {"column": "stock_minimo"}}) == ["stock_minimo"]
    assert columns_of({"code": "row_shape", "params": {"found": 1}}) == []
    assert columns_of({"code": "odd"}) == []
