"""Files called .xlsx that are broken, something else, or meant to harm."""

import zlib
from collections.abc import Callable

from tests.corpus.packing import (
    DECLARATION,
    MAIN,
    Book,
    Entry,
    Xml,
    pack,
    pack_by_hand,
    product,
    row,
    rows,
    sheet,
)

SHEET = "xl/worksheets/sheet1.xml"
_MEGABYTE = 1024 * 1024
_GOOD = rows(product(1), product(2))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016)


def _good() -> Book:
    return Book(data=_GOOD)


def _parts(**changed: str | bytes) -> bytes:
    """A sound workbook, with the sheet or the like replaced."""
    places = {
        "sheet": SHEET, "book": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels",
        "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml",
    }  # fmt: skip
    return Book(
        data=_GOOD, strings="", styles="", parts={places[name]: content for name, content in changed.items()}
    ).packed()


def _without(name: str) -> bytes:
    return pack({part: content for part, content in _good().all_parts().items() if part != name})


def _entries(book: Book) -> list[Entry]:
    return [
        Entry(name, content.encode() if isinstance(content, str) else content)
        for name, content in book.all_parts().items()
    ]


def _with_entry(name: str, change: Callable[[Entry], Entry]) -> bytes:
    return pack_by_hand([change(entry) if entry.name == name else entry for entry in _entries(_good())])


def _damaged(place: float) -> bytes:
    content = bytearray(pack(_good().all_parts()))
    start = content.index(b"sheet1.xml") + 10 + int(100 * place)
    content[start : start + 8] = b"\xff" * 8
    return bytes(content)


def _wrong_checksum() -> bytes:
    content = _good().packed()
    return content.replace(zlib.crc32(sheet(_GOOD).encode()).to_bytes(4, "little"), b"\1\2\3\4")


def _declared(doctype: str, use: str = "&a;") -> str:
    """The sheet with a document type, and its entity in a cell."""
    xml = sheet(rows(product(1, nombre=Xml(f'<c r="{{ref}}" t="str"><v>{use}</v></c>'))))
    return xml.replace("<worksheet", f"<!DOCTYPE worksheet [{doctype}]><worksheet", 1)


def _laughs() -> str:
    return '<!ENTITY a0 "ja">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11)
    ) + '<!ENTITY a "&a10;">'  # fmt: skip


def _amplified() -> bytes:
    strings = f"<si><t>{'x' * 30_000}</t></si>"
    cells = [Xml('<c r="{ref}" t="s"><v>0</v></c>')] * 8
    return Book(data=_GOOD + "".join(row(n, cells) for n in range(4, 40_004)), strings=strings).packed()


def _repeated(head: str, piece: str, tail: str, size: int) -> bytes:
    return (head + piece * (size // len(piece)) + tail).encode()


def _sheet_of(piece: str, size: int) -> bytes:
    head, _, tail = sheet(_GOOD + "\0").partition("\0")
    return _repeated(head, piece, tail, size)


def _deep(tag: str) -> str:
    return f"<{tag}>" * 200_000 + f"</{tag}>" * 200_000


def _many_parts() -> bytes:
    return pack(_good().all_parts() | {f"xl/media/{n}": b"" for n in range(30_000)})


def _overlapping() -> bytes:
    """Every sheet is the same bytes: what is packed once unpacks a thousand times."""
    entries = _entries(_good())
    content = b"<a/>" + b" " * _MEGABYTE
    first = sum(_packed_length(entry) for entry in entries)
    shared = [Entry(f"xl/worksheets/sheet{n}.xml", content, claimed_offset=first) for n in range(2, 500)]
    return pack_by_hand([*entries, shared[0], *[_bodiless(entry) for entry in shared[1:]]])


def _packed_length(entry: Entry) -> int:
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return 30 + len(entry.name) + len(packer.compress(entry.content) + packer.flush())


def _bodiless(entry: Entry) -> Entry:
    return Entry(entry.name, b"", claimed_size=len(entry.content), claimed_offset=entry.claimed_offset)


def _zip_of_zips() -> bytes:
    inner = pack({"0": bytes(_MEGABYTE)})
    for _ in range(4):
        inner = pack({f"{n}.zip": inner for n in range(16)})
    return inner


def _text_cell(ref: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t></t></is></c>'


def _empty_strings_in_cells() -> bytes:
    """Three million cells that hold nothing."""
    pieces = [_GOOD]
    for start in range(4, 300_004, 1000):
        pieces += [
            f'<row r="{n}">' + "".join(_text_cell(f"{letter}{n}") for letter in "ABCDEFGHIJ") + "</row>"
            for n in range(start, start + 1000)
        ]
    return _parts(sheet=sheet("".join(pieces)))


def _million_merged() -> str:
    areas = "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(2, 500_002, 2))
    return sheet(_GOOD, tail=f"<mergeCells>{areas}</mergeCells>")


def _wide(count: int) -> str:
    """A header that reaches the last column, and rows enough to make that expensive."""
    far = '<c r="XFD1" t="str"><v>x</v></c>'
    xml = sheet(rows(*[product(1)] * count))
    return xml.replace("</row>", far + "</row>", 1)


NOT_WORKBOOKS: dict[str, Callable[[], bytes]] = {
    "vacio.xlsx": lambda: b"",
    "con_clave.xlsx": lambda: _OLE + "EncryptedPackage".encode("utf-16-le") + bytes(5000),
    "antiguo_xls.xlsx": lambda: _OLE + "Workbook".encode("utf-16-le") + bytes(5000),
    "binario_xlsb.xlsx": lambda: pack({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\1\0"}),
    "con_macros_xlsm.xlsx": lambda: Book(data=_GOOD, parts={"xl/vbaProject.bin": _OLE}).packed(),
    "ods.xlsx": lambda: pack(
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}
    ),
    "html.xlsx": lambda: b"\r\n<html><body><table><tr><td>id</td></tr></table></body></html>",
    "xml_de_2003.xlsx": lambda: (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    ),
    "csv.xlsx": lambda: b"id,nombre,codigo\r\n1,Gasa,2\r\n",
    "csv_con_punto_y_coma.xlsx": lambda: "\ufeffid;nombre;código\r\n1;Gasa;2\r\n".encode(),
    "texto_unicode_de_excel.xlsx": lambda: "id\tnombre\r\n1\tGasa\r\n".encode("utf-16"),
    "pdf.xlsx": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "png.xlsx": lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "gzip.xlsx": lambda: zlib.compress(b"id,nombre\n" * 100, wbits=31),
    "docx.xlsx": lambda: pack({"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>"}),
    "zip_de_un_csv.xlsx": lambda: pack({"productos.csv": "id,nombre\n1,Gasa\n"}),
    "zip_de_un_libro.xlsx": lambda: pack({"productos.xlsx": _good().packed()}),
    "zip_vacio.xlsx": lambda: b"PK\5\6" + bytes(18),
}

BROKEN: dict[str, Callable[[], bytes]] = {
    "medio_zip.xlsx": lambda: _good().packed()[:900],
    "sin_el_ultimo_byte.xlsx": lambda: _good().packed()[:-1],
    "sin_el_directorio.xlsx": lambda: _good().packed()[:-60],
    "solo_la_cabecera.xlsx": lambda: b"PK\3\4" + bytes(26),
    "sin_el_principio.xlsx": lambda: b"PK\3\4" + _good().packed()[600:],
    "bytes_pisados.xlsx": lambda: _damaged(0.2),
    "suma_de_control.xlsx": _wrong_checksum,
    "sin_hoja.xlsx": lambda: _without(SHEET),
    "sin_libro.xlsx": lambda: _without("xl/workbook.xml"),
    "sin_relaciones.xlsx": lambda: _without("xl/_rels/workbook.xml.rels"),
    "sin_tipos.xlsx": lambda: _without("[Content_Types].xml"),
    "xml_cortado.xlsx": lambda: _parts(sheet=sheet(_GOOD)[:-60]),
    "xml_mal_cerrado.xlsx": lambda: _parts(sheet=sheet(_GOOD).replace("</row>", "</fila>", 1)),
    "hoja_que_no_es_xml.xlsx": lambda: _parts(sheet=b"id,nombre\n"),
    "codificacion_rara.xlsx": lambda: _parts(sheet='<?xml version="1.0" encoding="cp037"?>' + sheet(_GOOD)[55:]),
    "bytes_no_utf8.xlsx": lambda: _parts(sheet=sheet(_GOOD).encode().replace("ó".encode(), b"\xf3")),
    "filas_desordenadas.xlsx": lambda: _parts(sheet=sheet(row(3, product(1)) + rows(product(2)))),
    "celdas_desordenadas.xlsx": lambda: _parts(
        sheet=sheet(rows(product(1)) + '<row r="3"><c r="B3"><v>1</v></c><c r="A3"><v>2</v></c></row>')
    ),
    "fila_repetida.xlsx": lambda: _parts(sheet=sheet(rows(product(1)) + row(2, product(2)))),
    "celda_de_otra_fila.xlsx": lambda: _parts(sheet=sheet(rows(product(1)) + '<row r="3"><c r="A7"><v>1</v></c></row>')),
    "texto_compartido_inexistente.xlsx": lambda: _parts(
        sheet=sheet(rows(product(1, nombre=Xml('<c r="{ref}" t="s"><v>99</v></c>'))))
    ),
    "numero_que_no_lo_es.xlsx": lambda: _parts(
        sheet=sheet(rows(product(1, precio_unitario=Xml('<c r="{ref}"><v>doce</v></c>'))))
    ),
    "metodo_desconocido.xlsx": lambda: _with_entry(SHEET, lambda e: Entry(e.name, e.content, method=99)),
    "entradas_cifradas.xlsx": lambda: _with_entry(SHEET, lambda e: Entry(e.name, e.content, flags=1)),
}  # fmt: skip

HOSTILE: dict[str, Callable[[], bytes]] = {
    "mil_millones_de_risas.xlsx": lambda: _parts(sheet=_declared(_laughs())),
    "entidades_cuadraticas.xlsx": lambda: _parts(
        sheet=_declared(f'<!ENTITY a "{"x" * 100_000}">', "&a;" * 100_000)
    ),
    "xxe.xlsx": lambda: _parts(sheet=_declared('<!ENTITY a SYSTEM "file:///etc/passwd">')),
    "xxe_en_textos.xlsx": lambda: _parts(
        strings=f'<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst xmlns="{MAIN}"><si><t>&a;</t></si></sst>'
    ),
    "dtd_externa_en_libro.xlsx": lambda: _parts(book='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>'),
    "dtd_en_relaciones.xlsx": lambda: _parts(relations='<!-- --><?a b?>\n<!DOCTYPE x [<!ENTITY % a "b">]><x/>'),
    "dtd_en_utf16.xlsx": lambda: _parts(sheet=_declared(_laughs()).replace("UTF-8", "UTF-16", 1).encode("utf-16")),
    "celda_lejana.xlsx": lambda: _parts(sheet=sheet(_GOOD + '<row r="4"><c r="ZZZZ4"><v>1</v></c></row>')),
    "fila_dos_mil_millones.xlsx": lambda: _parts(sheet=sheet(_GOOD + row(2_000_000_000, [1]))),
    "fila_fuera_de_los_datos.xlsx": lambda: _parts(
        sheet=sheet(_GOOD, head="<!-- -->", tail=f"<extLst><ext>{row(2_000_000_000, [1])}</ext></extLst>")
    ),
    "fila_dentro_de_una_celda.xlsx": lambda: _parts(
        sheet=sheet(_GOOD + f'<row r="4"><c r="A4"><v>1</v>{row(2_000_000_000, [1])}</c></row>')
    ),
    "otra_cosa_por_celda.xlsx": lambda: _parts(sheet=sheet(_GOOD + '<row r="4"><d/><c><v>1</v></c></row>')),
    "fila_mayor_que_64_bits.xlsx": lambda: _parts(sheet=sheet(_GOOD + row(10**25, [1]))),
    "fila_negativa.xlsx": lambda: _parts(sheet=sheet(_GOOD + row(-1, [1]))),
    "un_millon_de_columnas.xlsx": lambda: _parts(sheet=sheet(_GOOD + row(4, [1] * 1_000_000))),
    "encabezado_de_16384_columnas.xlsx": lambda: _parts(sheet=_wide(10)),
    "encabezado_ancho_y_mil_filas.xlsx": lambda: _parts(sheet=_wide(2000)),
    "textos_amplificados.xlsx": _amplified,
    "diez_millones_de_textos_vacios.xlsx": lambda: _parts(
        strings=_repeated(f'<sst xmlns="{MAIN}">', "<si><t/></si>", "</sst>", 13 * 10_000_000)
    ),
    "tres_millones_de_celdas_vacias.xlsx": _empty_strings_in_cells,
    "tres_millones_de_estilos.xlsx": lambda: _parts(
        styles=_repeated(
            f'<styleSheet xmlns="{MAIN}"><cellXfs>', '<xf numFmtId="0"/>', "</cellXfs></styleSheet>", 18 * 3_000_000
        )
    ),
    "celda_de_200_mb.xlsx": lambda: _parts(
        sheet=sheet(rows(product(1, nombre="\0"))).replace("\0", "x" * 200 * _MEGABYTE)
    ),
    "celda_de_60_mb.xlsx": lambda: _parts(
        sheet=sheet(rows(product(1, nombre="\0"))).replace("\0", "x" * 60 * _MEGABYTE)
    ),
    "texto_compartido_de_50_mb.xlsx": lambda: _parts(
        strings=f'<sst xmlns="{MAIN}"><si><t>{"x" * 50 * _MEGABYTE}</t></si></sst>'
    ),
    "un_gigabyte_de_filas_vacias.xlsx": lambda: _parts(sheet=_sheet_of("<row/>", 1024 * _MEGABYTE)),
    "60_mb_de_filas_vacias.xlsx": lambda: _parts(sheet=_sheet_of("<row/>", 60 * _MEGABYTE)),
    "60_mb_de_espacios.xlsx": lambda: _parts(sheet=_sheet_of(" ", 60 * _MEGABYTE)),
    "medio_millon_de_combinadas.xlsx": lambda: _parts(sheet=_million_merged()),
    "hoja_anidada.xlsx": lambda: _parts(sheet=sheet(_GOOD + _deep("a"))),
    "libro_anidado.xlsx": lambda: _parts(book=f"{DECLARATION}{_deep('workbook')}"),
    "textos_anidados.xlsx": lambda: _parts(strings=f'<sst xmlns="{MAIN}"><si>{_deep("r")}</si></sst>'),
    "estilos_anidados.xlsx": lambda: _parts(styles=f"{DECLARATION}{_deep('xf')}"),
    "directorio_que_miente_menos.xlsx": lambda: _with_entry(
        SHEET, lambda e: Entry(e.name, e.content + b" " * 30 * _MEGABYTE, claimed_size=len(e.content))
    ),
    "directorio_que_miente_mas.xlsx": lambda: _with_entry(
        SHEET, lambda e: Entry(e.name, e.content, claimed_size=len(e.content) + 1000)
    ),
    "bytes_tras_el_final.xlsx": lambda: _with_entry(
        SHEET, lambda e: Entry(e.name, e.content.ljust(_MEGABYTE), trailing=b"x" * 300_000)
    ),
    "un_byte_tras_el_final.xlsx": lambda: _with_entry(
        SHEET, lambda e: Entry(e.name, e.content.ljust(_MEGABYTE), trailing=b"x")
    ),
    "cabecera_con_otro_nombre.xlsx": lambda: _with_entry(SHEET, lambda e: Entry(e.name, e.content, inner_name="otra.xml")),
    "nombres_repetidos.xlsx": lambda: pack_by_hand([*_entries(_good()), Entry(SHEET, b"<worksheet/>")]),
    "entradas_solapadas.xlsx": _overlapping,
    "treinta_mil_partes.xlsx": _many_parts,
    "zip_de_zips.xlsx": _zip_of_zips,
    "bomba_declarada.xlsx": lambda: _with_entry(SHEET, lambda e: Entry(e.name, e.content, claimed_size=4_000_000_000)),
}  # fmt: skip
