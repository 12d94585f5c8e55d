"""Decisions about names, extensions, first bytes and parameters."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog_service.errors import (
    ContentMismatch,
    FilenameMissing,
    InvalidBoolean,
    InvalidIdempotencyKey,
    InvalidProviderId,
    UnsupportedExtension,
)
from catalog_service.validation import (
    BOOLEAN_PATTERN,
    check_content,
    check_extension,
    check_idempotency_key,
    check_provider_id,
    clean_filename,
    parse_boolean,
)

ZIP = b"PK\x03\x04"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("productos.xlsx", "productos.xlsx"),
        ("Catálogo de marzo.XLSX", "Catálogo de marzo.XLSX"),
        ("C:\\Users\\ana\\productos.csv", "productos.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("a/b\\c.csv", "c.csv"),
        ("  espacios .csv ", "espacios .csv"),
        ("nombre\r\nX: y.csv", "nombreX: y.csv"),
        ("nul\0.csv", "nul.csv"),
        ("\u202excod.csv", "xcod.csv"),
        ("a\u200bb\ufeff.csv", "ab.csv"),
        ("línea\u2028.csv", "línea.csv"),
        ("產品.csv", "產品.csv"),
        ("<img>.csv", "<img>.csv"),
        ("🚀" * 100 + ".xlsx", "🚀" * 62 + ".xlsx"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
        ("x." + "y" * 300, "x." + "y" * 253),
    ],
)
def test_filename_as_it_is_shown(sent: str, shown: str) -> None:
    assert clean_filename(sent) == shown


@pytest.mark.parametrize("sent", ["", " ", "/", "a/", "\\", ".", "..", "...", "\u202e", "\0"])
def test_filename_of_which_nothing_is_left(sent: str) -> None:
    with pytest.raises(FilenameMissing):
        clean_filename(sent)


@given(st.text(max_size=400))
def test_filename_is_always_harmless(sent: str) -> None:
    try:
        shown = clean_filename(sent)
    except FilenameMissing:
        return
    assert 0 < len(shown.encode()) <= 255
    assert not any(unicodedata.category(c).startswith("C") or c in "/\\" for c in shown)
    assert clean_filename(shown) == shown


@pytest.mark.parametrize(
    ("filename", "extension"),
    [("a.csv", ".csv"), ("a.XLSX", ".xlsx"), ("a.b.Csv", ".csv"), ("a .csv", ".csv")],
)
def test_extension(filename: str, extension: str) -> None:
    assert check_extension(filename) == extension


@pytest.mark.parametrize("filename", ["a", "a.xls", "a.csv.exe", "a.xlsm", ".csv", "csv", "a.csv "])
def test_extension_that_is_not_taken(filename: str) -> None:
    with pytest.raises(UnsupportedExtension):
        check_extension(filename)


@pytest.mark.parametrize(
    ("extension", "head"),
    [
        (".xlsx", ZIP + bytes(100)),
        (".csv", b"id,nombre\n"),
        (".csv", b"\xef\xbb\xbfid"),
        (".csv", b"PK,nombre"),
        (".csv", "id,ñ".encode("latin-1")),
        (".csv", "id,nombre".encode("utf-16")),
        (".csv", b"\xfe\xff\0i\0d"),
    ],
)
def test_content_that_fits(extension: str, head: bytes) -> None:
    check_content(extension, head)


@pytest.mark.parametrize(
    ("extension", "head"),
    [
        (".xlsx", b"id,nombre\n"),
        (".xlsx", b"PK"),
        (".xlsx", b"PK\x05\x06" + bytes(18)),
        (".xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (".xlsx", b"%PDF-1.4"),
        (".csv", ZIP),
        (".csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (".csv", b"%PDF-1.4"),
        (".csv", b"\x89PNG\r\n\x1a\n"),
        (".csv", b"\xff\xd8\xff\xe0"),
        (".csv", b"\x1f\x8b\x08"),
        (".csv", b"id,\0"),
    ],
)
def test_content_of_another_kind(extension: str, head: bytes) -> None:
    with pytest.raises(ContentMismatch):
        check_content(extension, head)


@pytest.mark.parametrize("proveedor_id", ["P", "0", "PROV-001", "a.b_c-d", "x" * 64])
def test_provider_id(proveedor_id: str) -> None:
    assert check_provider_id(proveedor_id) == proveedor_id


@pytest.mark.parametrize("proveedor_id", ["", "_a", "-a", ".a", "a b", "a/b", "ñ", "٣", "a\n", "x" * 65])
def test_provider_id_of_another_form(proveedor_id: str) -> None:
    with pytest.raises(InvalidProviderId):
        check_provider_id(proveedor_id)


@pytest.mark.parametrize("key", ["a", '"8e03978e-40d5-43e8"', "x" * 255, "!~"])
def test_idempotency_key(key: str) -> None:
    assert check_idempotency_key(key) == key


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ñ", "a\n", "\x7f"])
def test_idempotency_key_of_another_form(key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        check_idempotency_key(key)


@pytest.mark.parametrize(
    ("words", "meaning"),
    [(["true", "TRUE", "1", "si", "Sí", "SI", " true "], True), (["false", "False", "0", "no", "NO"], False)],
)
def test_boolean(words: list[str], meaning: bool) -> None:
    assert [parse_boolean("p", word) for word in words] == [meaning] * len(words)


@given(
    st.text(st.sampled_from("truefalsTRUEFALS10sinoSINOíÍ ſıİK\t\n\xa0"), max_size=6) | st.text(max_size=3)
)
def test_boolean_is_what_the_documentation_says(word: str) -> None:
    documented = re.search(BOOLEAN_PATTERN.replace("$", r"\Z"), word) is not None
    try:
        parse_boolean("p", word)
    except InvalidBoolean:
        assert not documented
    else:
        assert documented


@pytest.mark.parametrize("word", ["", "2", "verdadero", "null", "yes!", "sí no"])
def test_boolean_of_another_form(word: str) -> None:
    with pytest.raises(InvalidBoolean) as refused:
        parse_boolean("reemplazar_duplicados", word)
    assert refused.value.params == {"parameter": "reemplazar_duplicados"}


@given(st.text())
def test_decisions_raise_nothing_else(text: str) -> None:
    decisions: list[tuple[Callable[[str], object], type[Exception]]] = [
        (check_provider_id, InvalidProviderId),
        (check_idempotency_key, InvalidIdempotencyKey),
        (check_extension, UnsupportedExtension),
        (lambda word: parse_boolean("p", word), InvalidBoolean),
    ]
    for decide, refusal in decisions:
        try:
            decide(text)
        except refusal:
            continue
