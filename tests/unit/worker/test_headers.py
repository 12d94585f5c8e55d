"""Which header is which column: by name, by synonym, not at all, or not without asking."""

from collections.abc import Sequence
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.catalog import COLUMN_NAMES, SYNONYMS
from common.texts import render_notice, render_task_error
from tests.support.catalogue_cases import REQUIRED
from worker.processors.catalog.headers import Headers, place_of, read_headers
from worker.readers.header_names import header_key
from worker.readers.table import CellError, FileRefused

PAIRS = [(column, synonym) for column, synonyms in SYNONYMS.items() for synonym in synonyms]


def refusal(header: Sequence[str]) -> tuple[str, dict[str, Any]]:
    with pytest.raises(FileRefused) as refused:
        read_headers(header)
    return refused.value.code, refused.value.params


def with_header(column: str, header: str) -> list[str]:
    return [header if name == column else name for name in COLUMN_NAMES]


def codes(headers: Headers) -> list[str]:
    return [notice["code"] for notice in headers.notices]


@pytest.mark.parametrize(
    "header",
    [
        "precio_unitario", "Precio Unitario", "PRECIO-UNITARIO", " precio\u00a0unitario ", "Preció unitário",
        "precio\nunitario", "«Precio unitario»:", "\ufeffprecio_unitario", "prec\u200bio unitario",
        "PrecioUnitario",
        "precio. unitario", "Precio  unitario *", "precio unitari\u006f\u0301",
    ],
)  # fmt: skip
def test_case_accents_spaces_and_punctuation_do_not_matter(header: str) -> None:
    headers = read_headers(with_header("precio_unitario", header))
    assert headers.places == {name: place for place, name in enumerate(COLUMN_NAMES)}
    assert headers.columns[4]["how"] == "exact"
    assert headers.notices == []


@given(st.permutations(COLUMN_NAMES))
def test_order_does_not_matter(header: list[str]) -> None:
    assert read_headers(header).places == {name: place for place, name in enumerate(header)} | {}


@pytest.mark.parametrize(("column", "synonym"), PAIRS)
def test_a_synonym_is_accepted_and_told(column: str, synonym: str) -> None:
    headers = read_headers(with_header(column, f" {synonym.upper()} "))
    place = COLUMN_NAMES.index(column)
    assert headers.places[column] == place
    told = {"column": column, "header": synonym.upper(), "place": place + 1, "how": "synonym"}
    assert headers.columns[place] == told
    [notice] = headers.notices
    assert notice == {
        "code": "columns_renamed",
        "params": {"columns": [f"«{synonym.upper()}» → {column}"]},
    }


def test_no_header_means_two_columns() -> None:
    keys = [header_key(header) for header in (*COLUMN_NAMES, *(synonym for _, synonym in PAIRS))]
    assert len(keys) == len(set(keys))
    assert all(keys)
    assert SYNONYMS.keys() == set(COLUMN_NAMES)


def test_the_headers_of_people_are_known() -> None:
    header = [
        "Identificador", "Descripción", "SKU", "Categoría", "Precio unit.", "Registro sanitario",
        "Condiciones de almacenamiento", "Tiempo de entrega (días)", "Presentación", "Stock mínimo",
        "Stock crítico", "¿Requiere lote?", "¿Requiere vencimiento?",
    ]  # fmt: skip
    assert list(read_headers(header).places) == list(COLUMN_NAMES)


def test_a_name_wins_over_a_synonym_and_the_loser_is_told() -> None:
    for header in (["Precio", "SKU", *COLUMN_NAMES], [*COLUMN_NAMES, "Precio", "SKU"]):
        headers = read_headers(header)
        assert headers.places == {name: header.index(name) for name in COLUMN_NAMES}
        [notice] = headers.notices
        assert notice["code"] == "columns_outranked"
        letters = "AB" if header[0] == "Precio" else "NO"
        assert notice["params"]["columns"] == [
            f"{letters[0]} «Precio» ≠ precio_unitario", f"{letters[1]} «SKU» ≠ codigo",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "columns", "headers"),
    [
        (["ID"], ["id"], ["A «id»", "N «ID»"]),
        (["Stock_Minimo", "nótas", " Id "], ["id", "stock_minimo"],
         ["A «id»", "P «Id»", "J «stock_minimo»", "N «Stock_Minimo»"]),
        (["nombre", "Nombre", "NOMBRE"], ["nombre"],
         ["B «nombre»", "N «nombre»", "O «Nombre»", "P «NOMBRE»"]),
    ],
)  # fmt: skip
def test_two_headers_of_one_name_are_refused(
    extra: list[str], columns: list[str], headers: list[str]
) -> None:
    assert refusal([*COLUMN_NAMES, *extra]) == ("repeated_columns", {"columns": columns, "headers": headers})


def test_two_synonyms_of_one_column_are_refused_by_name() -> None:
    code, params = refusal([*with_header("codigo", "SKU"), "Referencia"])
    assert (code, params) == (
        "repeated_columns",
        {"columns": ["codigo"], "headers": ["C «SKU»", "N «Referencia»"]},
    )
    assert "C «SKU», N «Referencia»" in render_task_error(code, params, "es")


def test_missing_columns_are_told_in_the_order_of_the_template() -> None:
    missing = ["codigo", "categoria", "certificado_sanitario", "condiciones_almacenamiento"]
    header = ["tiempo_entrega_dias", "id", "nombre", "presentacion", "precio unitario"]
    assert refusal(header) == ("missing_columns", {"columns": missing})


@pytest.mark.parametrize(
    ("column", "header"),
    [
        ("precio_unitario", "Precoi unitario"),
        ("certificado_sanitario", "Certificado sanitaro"),
        ("tiempo_entrega_dias", "Tienpo de entrega"),
        ("codigo", "Codgio"),
        ("categoria", "Categorias"),
    ],
)
def test_the_nearest_header_is_suggested_for_a_missing_column(column: str, header: str) -> None:
    code, params = refusal(["notas", *with_header(column, header)])
    place = place_of(COLUMN_NAMES.index(column) + 1, header)
    assert (code, params) == ("missing_columns", {"columns": [column], "similar": [f"{place} → {column}"]})
    assert f"«{header}» → {column}" in render_task_error(code, params, "es")


def test_nothing_is_suggested_where_nothing_is_like_it() -> None:
    assert refusal(["notas", *with_header("codigo", "observaciones")]) == (
        "missing_columns",
        {"columns": ["codigo"]},
    )


def test_unknown_columns_are_ignored_and_told() -> None:
    headers = read_headers(["notas", *COLUMN_NAMES, "Margen %"])
    assert headers.columns[0] == {"column": None, "header": "notas", "place": 1, "how": "ignored"}
    assert headers.columns[-1] == {"column": None, "header": "Margen %", "place": 15, "how": "ignored"}
    [notice] = headers.notices
    assert notice == {
        "code": "columns_ignored",
        "params": {"count": 2, "columns": ["A «notas»", "O «Margen %»"]},
    }


def test_empty_headers_are_columns_without_a_name() -> None:
    header = [*COLUMN_NAMES[:3], "", *COLUMN_NAMES[3:], " \u00a0"]
    headers = read_headers(header)
    assert headers.unnamed == [3, 14]
    assert headers.places["categoria"] == 4
    assert headers.notices == []


def test_an_error_in_a_header_is_an_unknown_header() -> None:
    headers = read_headers(with_header("stock_minimo", CellError("#REF!")))
    assert "stock_minimo" not in headers.places
    assert codes(headers) == ["columns_ignored"]
    assert "J «#REF!»" in render_notice(**headers.notices[0], language="es")


@pytest.mark.parametrize(
    "error", ["#REF!", "#¡REF!", "#NAME?", "#¿NOMBRE?", " #¿NOMBRE? ", "#N/A", CellError("#REF!")]
)
def test_an_error_that_reads_like_a_synonym_is_none(error: str) -> None:
    for column in ("codigo", "nombre"):
        assert refusal(with_header(column, error)) == ("missing_columns", {"columns": [column]})


def test_very_long_and_very_many_headers_are_cut() -> None:
    header = [*COLUMN_NAMES, "precio_unitario" * 100_000, *(f"columna {number}" for number in range(50_000))]
    headers = read_headers(header)
    assert list(headers.places) == list(COLUMN_NAMES)
    assert len(headers.columns) == len(COLUMN_NAMES) + 100
    [notice] = headers.notices
    assert notice["params"]["count"] == 50_001
    assert len(notice["params"]["columns"]) == 100
    assert len(notice["params"]["columns"][0]) < 50


def test_many_strange_headers_beside_missing_columns_take_no_time() -> None:
    code, params = refusal([f"columna {number}" for number in range(50_000)])
    assert (code, params) == ("missing_columns", {"columns": REQUIRED})


@given(st.lists(st.text(max_size=30), max_size=40))
def test_any_header_is_understood_or_refused(header: list[str]) -> None:
    try:
        known = set(read_headers(header).places)
    except FileRefused as refused:
        code, params = refused.code, refused.params
        known = set(REQUIRED)
        assert not set(map(category, render_task_error(code, params, "en"))) & {"Cc", "Cs", "Zl", "Zp"}
    assert known >= set(REQUIRED)


@given(st.lists(st.text(max_size=30), max_size=20))
def test_whatever_stands_beside_the_columns_is_accounted_for(extra: list[str]) -> None:
    claimed = {header_key(name) for name in COLUMN_NAMES}
    extra = [header for header in extra if header_key(header) not in claimed]
    headers = read_headers([*COLUMN_NAMES, *extra])
    assert len(headers.columns) == len(COLUMN_NAMES) + len(extra)
    named = sum(bool(header.strip()) for header in extra)
    told = sum(len(notice["params"]["columns"]) for notice in headers.notices)
    assert (told, len(headers.unnamed)) == (named, len(extra) - named)


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_a_place_is_named_as_in_a_spreadsheet(index: int, letters: str) -> None:
    assert place_of(index) == letters
