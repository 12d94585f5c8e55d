"""The reference model itself, against outcomes worked out by hand from the rules of a catalogue file."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from common.catalog import COLUMNS
from tests.reference import Catalogue, CellError, Outcome, Shape, UploadRow, check_cell, check_row

FIRST = UUID(int=1)
SECOND = UUID(int=2)
U_0000 = {"character": "U+0000"}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BY_NAME = {column.name: column for column in COLUMNS}


def good(id: str, codigo: str, **cells: str) -> dict[str, str]:
    row = {"id": id, "nombre": "Gasa", "codigo": codigo, "categoria": "Curación", "precio_unitario": "9.50"}
    row |= {"certificado_sanitario": "INVIMA 1", "condiciones_almacenamiento": "Seco"}
    return row | {"tiempo_entrega_dias": "2"} | cells


def take(
    catalogue: Catalogue,
    *rows: UploadRow,
    replace: bool,
    at: datetime = NOON,
    task: UUID = FIRST,
    who: str = "P",
) -> Outcome:
    return catalogue.apply(rows, proveedor_id=who, replace=replace, accepted_at=at, task_id=task)


def keys(catalogue: Catalogue, who: str = "P") -> list[tuple[object, object]]:
    return [(product["id"], product["codigo"]) for product in catalogue.products(who)]


def codes(outcome: Outcome) -> list[tuple[int, list[str]]]:
    return [(fila, [fault["code"] for fault in faults]) for fila, faults in outcome.rejected]


def test_an_empty_optional_cell_gets_its_default() -> None:
    values = check_row(good("a", "1"))
    assert isinstance(values, dict)
    assert values["presentacion"] is None
    assert (values["stock_minimo"], values["stock_critico"]) == (10, 5)
    assert (values["requiere_lote"], values["requiere_vencimiento"]) == (False, True)
    assert values["precio_unitario"] == Decimal("9.50")


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("precio_unitario", "12,5", Decimal("12.50")),
        ("precio_unitario", "+007.5000", Decimal("7.50")),
        ("precio_unitario", "-0", Decimal("0.00")),
        ("precio_unitario", "1.234,56", Decimal("1234.56")),
        ("precio_unitario", "1,234,567", Decimal(1234567)),
        ("precio_unitario", "12 345,5 COP", Decimal("12345.50")),
        ("precio_unitario", "$ 1.250", Decimal(1250)),
        ("precio_unitario", "0.500", Decimal("0.50")),
        ("stock_minimo", "1.234,00", 1234),
        ("precio_unitario", "9999999999.99", Decimal("9999999999.99")),
        ("stock_minimo", "5,00", 5),
        ("stock_minimo", "2147483647", 2_147_483_647),
        ("requiere_lote", "SÍ", True),
        ("requiere_lote", "Falso", False),
        ("requiere_lote", "X", True),
        ("id", "1E+12", "1E+12"),
        ("nombre", "n" * 255, "n" * 255),
    ],
)
def test_a_cell_is_understood(column: str, text: str, value: object) -> None:
    assert check_cell(BY_NAME[column], text) == value


@pytest.mark.parametrize(
    ("column", "text", "code", "params"),
    [
        ("precio_unitario", "gratis", "not_a_number", {"value": "gratis"}),
        ("precio_unitario", "1e3", "exponent_number", {"value": "1e3"}),
        ("precio_unitario", "12 %", "percent_number", {"value": "12 %"}),
        ("precio_unitario", "NaN", "not_finite", {"value": "NaN"}),
        ("precio_unitario", "1_000", "digit_underscore", {"value": "1_000"}),
        ("precio_unitario", "٣", "foreign_digits", {"value": "٣"}),
        ("precio_unitario", "1.23.456", "separators_misplaced", {"value": "1.23.456"}),
        ("precio_unitario", "(5)", "negative", {"value": "(5)"}),
        (
            "precio_unitario",
            "-1.234",
            "decimal_point_ambiguous",
            {"value": "-1.234", "thousands": "-1234", "decimal": "-1.234"},
        ),
        ("stock_minimo", "$ 5", "currency_unexpected", {"value": "$ 5"}),
        ("id", "1.23457E+12", "identifier_exponent", {"value": "1.23457E+12"}),
        ("precio_unitario", "-0.001", "negative", {"value": "-0.001"}),
        ("precio_unitario", "12345678901.999", "too_many_decimals", {"value": "12345678901.999", "limit": 2}),
        ("precio_unitario", "10000000000", "too_large", {"value": "10000000000", "limit": "9999999999.99"}),
        ("stock_minimo", "-2.5", "not_whole", {"value": "-2.5"}),
        ("stock_minimo", "-2", "negative", {"value": "-2"}),
        ("stock_minimo", "2147483648", "too_large", {"value": "2147483648", "limit": 2_147_483_647}),
        ("requiere_lote", "y", "not_boolean", {"value": "y"}),
        ("requiere_lote", "x" * 41, "not_boolean", {"value": "x" * 39 + "…"}),
        ("nombre", "a\0" + "c" * 300, "control_character", {"value": "a�" + "c" * 37 + "…"} | U_0000),
        ("nombre", "n" * 256, "too_long", {"value": "n" * 39 + "…", "length": 256, "limit": 255}),
        ("stock_minimo", CellError("#N/A"), "cell_error", {"value": "#N/A"}),
    ],
)
def test_a_cell_has_a_fault(column: str, text: str, code: str, params: dict[str, object]) -> None:
    assert check_cell(BY_NAME[column], text) == {"code": code, "params": {"column": column, **params}}


def test_all_faults_of_a_row_are_told_in_order() -> None:
    faults = check_row(good("a", "1", nombre=" ", precio_unitario="x", stock_minimo="-1", categoria="\u00a0"))
    assert isinstance(faults, list)
    assert [fault["code"] for fault in faults] == ["required_missing", "not_a_number", "negative"]
    assert faults[0]["params"] == {"columns": ["nombre", "categoria"]}


def test_blank_rows_do_not_count() -> None:
    outcome = take(Catalogue(), (2, {"id": " ", "nombre": "\t"}), (3, {}), (4, good("a", "1")), replace=False)
    assert (outcome.resumen["total"], outcome.created) == (1, ["a"])


def test_a_row_of_the_wrong_shape_is_rejected() -> None:
    outcome = take(Catalogue(), (2, Shape(14, 13)), replace=False)
    assert outcome.errores() == [
        {
            "fila": 2,
            "error": "La fila tiene 14 valores y los encabezados son 13; revise separadores y comillas",
        }
    ]


def test_duplicates_are_rejected_without_replacing() -> None:
    rows: list[UploadRow] = [
        (2, good("a", "1")),
        (3, good("a", "2")),
        (4, good("b", "1")),
        (5, good("a", "1")),
    ]
    outcome = take(Catalogue(), *rows, replace=False)
    assert [faults[0]["params"]["keys"] for _, faults in outcome.rejected] == [
        ["id «a»"],
        ["codigo «1»"],
        ["id «a»", "codigo «1»"],
    ]
    assert outcome.resumen == {
        "total": 4, "exitosos": 1, "rechazados": 3, "duplicados": 3,
        "productos_creados": 1, "productos_actualizados": 0, "sin_cambios": 0, "superados": 0,
    }  # fmt: skip


def test_a_rejected_row_reserves_nothing() -> None:
    rows: list[UploadRow] = [(2, good("a", "1", precio_unitario="x")), (3, good("a", "1"))]
    outcome = take(Catalogue(), *rows, replace=False)
    assert (codes(outcome), outcome.created) == ([(2, ["not_a_number"])], ["a"])


def test_the_matched_product_becomes_the_row_and_its_old_keys_are_free() -> None:
    catalogue = Catalogue()
    rows: list[UploadRow] = [(2, good("a", "1")), (3, good("b", "1")), (4, good("a", "2"))]
    outcome = take(catalogue, *rows, replace=True)
    assert keys(catalogue) == [("a", "2"), ("b", "1")]
    assert outcome.created == ["a", "a"]
    assert outcome.productos_actualizados == 1


@pytest.mark.parametrize("replace", [False, True])
def test_crossing_keys_are_rejected_whichever_the_flag(replace: bool) -> None:
    catalogue = Catalogue()
    rows: list[UploadRow] = [(2, good("a", "1")), (3, good("b", "2")), (4, good("a", "2"))]
    outcome = take(catalogue, *rows, replace=replace)
    assert outcome.rejected == [(4, [{"code": "crossed_keys", "params": {"id": "a", "codigo": "2"}}])]
    assert outcome.duplicados == 1
    assert keys(catalogue) == [("a", "1"), ("b", "2")]


def test_a_row_that_comes_late_writes_nothing() -> None:
    catalogue = Catalogue()
    take(catalogue, (2, good("a", "1", nombre="later")), replace=False, at=NOON + timedelta(seconds=1))
    outcome = take(catalogue, (2, good("a", "9", nombre="earlier")), replace=True)
    assert catalogue.products("P")[0]["nombre"] == "later"
    assert (outcome.superados, outcome.duplicados, outcome.resumen["exitosos"]) == (1, 1, 1)
    assert (outcome.sin_cambios, outcome.productos_actualizados) == (1, 0)


def test_a_row_that_says_what_is_there_changes_nothing_but_whose_it_is() -> None:
    catalogue = Catalogue()
    take(catalogue, (2, good("a", "1", precio_unitario="12.5")), replace=False, task=FIRST)
    rows: list[UploadRow] = [
        (2, good("a", "1", precio_unitario="12,50")),
        (3, good("a", "1", nombre="Otra")),
        (4, good("a", "1", nombre="Otra")),
        (5, good("a", "2", nombre="Otra")),
    ]
    outcome = take(catalogue, *rows, replace=True, task=SECOND)
    assert (outcome.sin_cambios, outcome.productos_actualizados) == (2, 2)
    assert take(catalogue, (2, good("a", "2")), replace=True, task=FIRST).superados == 1


def test_a_tie_goes_to_the_greater_task() -> None:
    catalogue = Catalogue()
    take(catalogue, (2, good("a", "1", nombre="second")), replace=True, task=SECOND)
    assert take(catalogue, (2, good("a", "1")), replace=True, task=FIRST).superados == 1
    again = good("a", "1", nombre="third")
    assert take(catalogue, (2, again), replace=True, task=SECOND).productos_actualizados == 1


def test_providers_never_meet() -> None:
    catalogue = Catalogue()
    take(catalogue, (2, good("a", "1")), replace=False)
    assert take(catalogue, (2, good("a", "1")), replace=False, who="Q").created == ["a"]
    assert keys(catalogue, "P") == keys(catalogue, "Q") == [("a", "1")]


def test_keys_are_equal_when_they_look_equal() -> None:
    rows: list[UploadRow] = [(2, good("Café", "1")), (3, good(" Cafe\u0301\u00a0", "2"))]
    assert codes(take(Catalogue(), *rows, replace=False)) == [(3, ["duplicate_product"])]
