"""CSV files as programs and people write them, good, odd, broken and hostile."""

from collections.abc import Callable, Sequence

from tests.corpus.packing import HEADER, Book, product, rows

_MEGABYTE = 1024 * 1024
_GOOD = [HEADER, product(1), product(2, nombre="Jeringa ñandú"), product(3)]
_SPANISH = (
    "Código", "ID", "Nombre", "Categoría", "Precio unitario", "Certificado sanitario",
    "Condiciones de almacenamiento", "Días de entrega",
)  # fmt: skip


def _text(
    tables: Sequence[Sequence[object]], delimiter: str = ",", end: str = "\r\n", quote: str = ""
) -> str:
    lines = [delimiter.join(f"{quote}{cell}{quote}" for cell in cells) for cells in tables]
    return end.join(lines) + end


def _lines(delimiter: str = ",", end: str = "\r\n", quote: str = "") -> str:
    return _text([list(cells) for cells in _GOOD], delimiter, end, quote)


def _one(**cells: str) -> bytes:
    """One product with some cells changed, as text."""
    return _text([list(HEADER), list(product(1, **cells))]).encode()


def _with(*lines: str) -> bytes:
    """A sound row, the lines given, another sound row."""
    before = _text([list(HEADER), list(product(1))])
    return (before + "".join(f"{line}\r\n" for line in lines) + _text([list(product(9))])).encode()


def _row(number: int, **cells: str) -> str:
    return ",".join(map(str, product(number, **cells)))


def _column(name: str, values: list[str]) -> bytes:
    """Products with these values in one column."""
    return _text(
        [list(HEADER), *(list(product(n, **{name: v})) for n, v in enumerate(values, start=1))]
    ).encode()


def _headers(*names: str) -> bytes:
    cells = [str(cell) for cell in product(1)] + ["x"] * len(names)
    return _text([list(names), cells[: len(names)]]).encode()


def _renamed(**names: str) -> bytes:
    return _headers(*[names.get(name, name) for name in HEADER])


def _lone_surrogate() -> bytes:
    text = _text([list(HEADER), list(product(1)), list(product(2, nombre="Gasa?"))], "\t")
    return b"\xff\xfe" + text.encode("utf-16-le").replace("?".encode("utf-16-le"), b"\x3d\xd8")


TABLES: dict[str, Callable[[], bytes]] = {
    # encodings
    "utf8.csv": lambda: _lines().encode(),
    "utf8_con_bom.csv": lambda: _lines().encode("utf-8-sig"),
    "utf16_le.csv": lambda: b"\xff\xfe" + _lines("\t").encode("utf-16-le"),
    "utf16_be.csv": lambda: b"\xfe\xff" + _lines(";").encode("utf-16-be"),
    "utf16_impar.csv": lambda: b"\xff\xfe" + _lines("\t").encode("utf-16-le") + b"x",
    "windows_1252.csv": lambda: _lines(";").encode("cp1252"),
    "windows_1252_con_euro.csv": lambda: _one(nombre="Gasa de 5 €").decode().encode("cp1252"),
    "ascii.csv": lambda: _one(categoria="Gasas"),
    "mojibake.csv": lambda: _one(nombre="CÃ¡psula"),
    "caracter_de_reemplazo.csv": lambda: _one(nombre="C\ufffdpsula"),
    "bytes_no_asignados.csv": lambda: _one(nombre="Gasa\x81").decode().encode("latin-1"),
    # delimiters and line ends
    "coma.csv": lambda: _lines(",").encode(),
    "punto_y_coma.csv": lambda: _lines(";").encode(),
    "tabulador.csv": lambda: _lines("\t").encode(),
    "barra.csv": lambda: _lines("|").encode(),
    "sep_punto_y_coma.csv": lambda: b"sep=;\r\n" + _lines(";").encode(),
    "sep_con_comillas.csv": lambda: b'"sep=|"\r\n' + _lines("|").encode(),
    "sep_que_miente.csv": lambda: b"sep=;\r\n" + _lines(",").encode(),
    "sep_desconocido.csv": lambda: b"sep=~\r\n" + _lines(",").encode(),
    "punto_y_coma_y_coma_decimal.csv": lambda: _lines(";").replace("12.5", "12,5").encode(),
    "lf.csv": lambda: _lines(end="\n").encode(),
    "cr.csv": lambda: _lines(end="\r").encode(),
    "sin_fin_de_linea.csv": lambda: _lines().rstrip().encode(),
    "fines_mezclados.csv": lambda: _lines().replace("\r\n", "\n", 2).encode(),
    "lineas_en_blanco.csv": lambda: _with("", "", "  "),
    "comas_de_relleno.csv": lambda: _with("," * 7, "," * 7),
    "todo_entre_comillas.csv": lambda: _lines(quote='"').encode(),
    "una_sola_columna.csv": lambda: b"id\r\n1\r\n2\r\n",
    # quoting
    "coma_entre_comillas.csv": lambda: _one(nombre='"Gasa, fina"'),
    "comillas_dobladas.csv": lambda: _one(nombre='"Gasa de 5"" fina"'),
    "salto_entre_comillas.csv": lambda: _one(nombre='"Gasa\r\nfina"'),
    "comilla_sin_cerrar.csv": lambda: _with(_row(2, nombre='"Gasa'), _row(3)),
    "comilla_sin_cerrar_al_final.csv": lambda: _text([list(HEADER), list(product(1, nombre='"Gasa'))]).encode(),
    "texto_tras_la_comilla.csv": lambda: _with(_row(2, nombre='"Gasa" fina')),
    "comilla_en_medio.csv": lambda: _with(_row(2, nombre='Gasa de 5" fina')),
    "comilla_que_traga_filas.csv": lambda: _with(_row(2, nombre='"Gasa'), _row(3), _row(4, nombre='Gasa"')),
    "escapado_con_barra.csv": lambda: _with(_row(2, nombre='"Gasa de 5\\" fina"')),
    "apostrofo_de_excel.csv": lambda: _one(codigo="'008584"),
    # the shape of rows
    "fila_corta.csv": lambda: _with("2,Gasa,C-2"),
    "fila_larga.csv": lambda: _with(_row(2) + ",sobra"),
    "coma_sin_comillas.csv": lambda: _with(_row(2, nombre="Gasa, fina")),
    "comas_al_final.csv": lambda: _lines().replace("\r\n", ",,\r\n").encode(),
    "salto_sin_comillas.csv": lambda: _with(_row(2, nombre="Gasa\r\nfina")),
    "nul.csv": lambda: _with(_row(2, nombre="Ga\0sa")),
    "caracter_de_control.csv": lambda: _with(_row(2, nombre="Ga\x07sa")),
    "fin_de_dos.csv": lambda: _lines().encode() + b"\x1a",
    "sustituto_suelto.csv": _lone_surrogate,
    # headers
    "encabezados_en_espanol.csv": lambda: _text([list(_SPANISH), ["C-1", "P1", *product(1)[1:2], *product(1)[3:]]]).encode(),
    "encabezados_en_mayusculas.csv": lambda: _headers(*[name.upper() for name in HEADER]),
    "encabezados_con_espacios.csv": lambda: _headers(*[f" {name.replace('_', '  ')} " for name in HEADER]),
    "sku_y_precio.csv": lambda: _renamed(codigo="SKU", precio_unitario="Precio"),
    "columna_desconocida.csv": lambda: _headers(*HEADER, "notas"),
    "columna_sin_nombre.csv": lambda: _headers(*HEADER, ""),
    "falta_columna.csv": lambda: _headers(*HEADER[:-1]),
    "columna_casi_igual.csv": lambda: _renamed(nombre="nombe"),
    "columna_repetida.csv": lambda: _headers(*HEADER, "ID"),
    "dos_sinonimos.csv": lambda: _headers(*HEADER, "Precio"),
    "sin_encabezados.csv": lambda: _text([list(product(1)), list(product(2))]).encode(),
    "solo_encabezados.csv": lambda: _text([list(HEADER)]).encode(),
    "vacio.csv": lambda: b"",
    "solo_blancos.csv": lambda: b"\r\n  \r\n,,,\r\n",
    # values
    "precio_1.234,50.csv": lambda: _column("precio_unitario", ['"1.234,50"', "12.5"]),
    "precio_1,234.50.csv": lambda: _column("precio_unitario", ['"1,234.50"', "12.5"]),
    "precio_con_peso.csv": lambda: _column("precio_unitario", ["$ 1250.50", "$12"]),
    "precio_ambiguo.csv": lambda: _column("precio_unitario", ["1.234"]),
    "precio_porcentaje.csv": lambda: _column("precio_unitario", ["12%"]),
    "precio_con_3_decimales.csv": lambda: _column("precio_unitario", ["12.505"]),
    "precio_con_4_decimales.csv": lambda: _column("precio_unitario", ["12.5051"]),
    "precio_negativo.csv": lambda: _column("precio_unitario", ["-1"]),
    "precio_enorme.csv": lambda: _column("precio_unitario", ["99999999999"]),
    "precio_nan.csv": lambda: _column("precio_unitario", ["NaN", "Infinity", "-inf"]),
    "precio_1_000.csv": lambda: _column("precio_unitario", ["1_000"]),
    "cifras_arabes.csv": lambda: _column("precio_unitario", ["١٢"]),
    "dias_5.0.csv": lambda: _column("tiempo_entrega_dias", ["5.0", "5"]),
    "dias_5.5.csv": lambda: _column("tiempo_entrega_dias", ["5.5"]),
    "espacios_duros.csv": lambda: _one(nombre="\u00a0Gasa\u00a0 fina\u200b"),
    "unicode_descompuesto.csv": lambda: _one(nombre="Algodo\u0301n"),
    "comillas_curvas.csv": lambda: _one(nombre="Gasa de 5” “fina”"),
    "texto_muy_largo.csv": lambda: _one(nombre="x" * 256),
    "orden_invisible.csv": lambda: _one(nombre="Gasa\u202eanif"),
    "si_y_no.csv": lambda: _text(
        [[*HEADER, "requiere_lote"], *([*product(n), v] for n, v in enumerate(["si", "sí", "SI", "x", "verdadero"], 1))]
    ).encode(),
    "id_en_notacion_E.csv": lambda: _one(id="1.23457E+12"),
    "codigos_que_parecen_fechas.csv": lambda: _column("codigo", ["AMX-2024-01", "01-feb", "2024-02-01"]),
    "ceros_perdidos.csv": lambda: _column("codigo", [*[f"{n:06}" for n in range(100_000, 100_030)], "8584", "858"]),
    "numeros_redondeados.csv": lambda: _column("id", ["123456789012345000", "123456789012346000"]),
    "veinte_mil_iguales.csv": lambda: _text([list(HEADER), *[list(product(1))] * 20_000]).encode(),
    # something else, or meant to harm
    "libro_llamado.csv": lambda: Book(data=rows(product(1))).packed(),
    "xls_llamado.csv": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000),
    "pdf_llamado.csv": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" + bytes(100),
    "html_llamado.csv": lambda: b"<html><body><table></table></body></html>\n",
    "celda_de_200_mb.csv": lambda: _with(_row(2, nombre="x" * 200 * _MEGABYTE)),
    "linea_de_100_mb.csv": lambda: b"x" * 100 * _MEGABYTE,
    "cien_mb_de_comillas.csv": lambda: _with(_row(2, nombre='"' * 100 * _MEGABYTE)),
    "un_millon_de_columnas.csv": lambda: b"," * 1_000_000 + b"\r\n" + _lines().encode(),
    "fila_de_un_millon_de_celdas.csv": lambda: _with("x," * 1_000_000),
    "diez_mb_de_lineas_vacias.csv": lambda: _lines().encode() + b"\r\n" * 5 * _MEGABYTE,
    "cien_mb_de_nul.csv": lambda: _lines().encode() + bytes(100 * _MEGABYTE),
}  # fmt: skip
