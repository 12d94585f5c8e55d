"""Workbooks as honest programs write them, in all their variety."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook

from tests.corpus.packing import (
    DECLARATION,
    HEADER,
    MAIN,
    STRICT_DOCUMENT,
    STRICT_MAIN,
    Book,
    Cell,
    Xml,
    pack,
    product,
    row,
    rows,
    sheet,
)

SHEET = "xl/worksheets/sheet1.xml"
_EMPTY_STYLED = '<c r="{ref}" s="1"/>'
_STYLES = (
    "<numFmts>"
    '<numFmt numFmtId="164" formatCode="000000"/><numFmt numFmtId="165" formatCode="&quot;AMX-&quot;0000"/>'
    '<numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="167" formatCode="&quot;$&quot;\\ #,##0.00"/>'
    '<numFmt numFmtId="168" formatCode="000\\-000"/>'
    "</numFmts>"
    "<fonts><font/></fonts><fills><fill><patternFill/></fill></fills><borders><border/></borders>"
    "<cellStyleXfs><xf/></cellStyleXfs>"
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/>'
    '<xf numFmtId="9"/><xf numFmtId="21"/><xf numFmtId="168"/></cellXfs>'
    '<cellStyles><cellStyle name="Normal" xfId="0"/></cellStyles>'
)
_ZEROS, _AMX, _DATE, _MONEY, _PERCENT, _TIME, _DASHED = range(1, 8)

_STRINGS = (
    "<si><t>P1</t></si><si><t>Jeringa 5 ml</t></si>"
    '<si><r><t xml:space="preserve">Jeringa </t></r><r><rPr><b/></rPr><t>5 ml</t></r></si>'
    '<si><t>薬</t><rPh sb="0" eb="1"><t>くすり</t></rPh><phoneticPr fontId="1"/></si>'
    '<si><t xml:space="preserve"> C-1 </t></si><si><t>a_x000D_b</t></si><si/>'
)


def _styled(style: int, value: str) -> Xml:
    return Xml(f'<c r="{{ref}}" s="{style}"><v>{value}</v></c>')


def _shared(place: int) -> Xml:
    return Xml(f'<c r="{{ref}}" t="s"><v>{place}</v></c>')


def _error(value: str) -> Xml:
    return Xml(f'<c r="{{ref}}" t="e"><v>{value}</v></c>')


def _formula(result: str, type: str = "") -> Xml:
    return Xml(f'<c r="{{ref}}"{type}><f>A1&amp;"x"</f>{result}</c>')


def _one(**cells: Cell) -> bytes:
    """One product with some cells changed."""
    return Book(data=rows(product(1, **cells)), strings=_STRINGS, styles=_STYLES).packed()


def _whole_sheet(xml: str | bytes) -> bytes:
    return Book(parts={SHEET: xml}, strings=_STRINGS, styles=_STYLES).packed()


def _plain(*, head: str = "", tail: str = "", more: str = "") -> bytes:
    return _whole_sheet(sheet(rows(product(1), product(2)) + more, head=head, tail=tail))


def _sheets(*sheets: tuple[str, str, str], **parts: str) -> bytes:
    """The first worksheet given here that ``parts`` names by its number holds that."""
    named = {f"xl/worksheets/{name}.xml": xml for name, xml in parts.items()}
    return Book(sheets=sheets, parts=named).packed()


_GOOD_SHEET = sheet(rows(product(1), product(2)))
_OTHER_SHEET = sheet(row(1, ["nada", "de esto"]))


def _by_openpyxl() -> bytes:
    book, saved = Workbook(), io.BytesIO()
    assert book.active is not None
    for cells in (HEADER, product(1), product(2, precio_unitario=1250), product(3)):
        book.active.append(cells)
    book.save(saved)
    return saved.getvalue()


def _dates_by_openpyxl() -> bytes:
    book, saved = Workbook(), io.BytesIO()
    assert book.active is not None
    moment = datetime(2026, 1, 5, 6, 7)  # noqa: DTZ001 - a spreadsheet knows no time zones
    for cells in (HEADER, product(1, nombre=None), product(2, nombre=None), product(3, nombre=None)):
        book.active.append(cells)
    dates: list[Any] = [date(2026, 1, 5), moment, time(6, 7)]
    for number, value in enumerate(dates, start=2):
        book.active.cell(number, 2).value = value
    book.save(saved)
    return saved.getvalue()


def _in_excels_words() -> bytes:
    words = [*HEADER, *[cell for n in (1, 2) for cell in product(n) if isinstance(cell, str)]]
    known = {word: place for place, word in enumerate(dict.fromkeys(words))}
    tables: list[list[Cell]] = [
        [_shared(known[c]) if isinstance(c, str) else c for c in table] for table in (product(1), product(2))
    ]
    tables.insert(0, [_shared(known[word]) for word in HEADER])
    data = "".join(
        row(n, cells, attributes=' spans="1:8" x14ac:dyDescent="0.25"')
        for n, cells in enumerate(tables, start=1)
    )
    head = (
        '<dimension ref="A1:H3"/><sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>'
        '<sheetFormatPr baseColWidth="10" defaultRowHeight="15"/><cols><col min="1" max="8" width="12"/></cols>'
    )
    tail = (
        '<autoFilter ref="A1:H3"/><conditionalFormatting sqref="E2:E3"><cfRule type="cellIs" priority="1" '
        'operator="lessThan"><formula>0</formula></cfRule></conditionalFormatting><pageMargins left="0.7" '
        'right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
    )
    strings = "".join(f"<si><t>{word}</t></si>" for word in known)
    namespaces = 'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
    xml = sheet(data, head=head, tail=tail).replace("<worksheet ", f"<worksheet {namespaces} ", 1)
    return Book(parts={SHEET: xml}, strings=strings, styles=_STYLES).packed()


def _in_libreoffices_words() -> bytes:
    attributes = ' customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" collapsed="false"'
    tables = enumerate((HEADER, product(1), product(2)), start=1)
    head = '<sheetPr filterMode="false"/><dimension ref="A1:H3"/><cols><col hidden="false" min="1" max="8"/></cols>'
    return _whole_sheet(sheet("".join(row(n, c, attributes=attributes) for n, c in tables), head=head))


def _prefixed() -> bytes:
    xml = rows(product(1), product(2)).replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
    return _whole_sheet(
        f'{DECLARATION}<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{xml}</x:sheetData></x:worksheet>'
    )


def _in_utf16() -> bytes:
    return _whole_sheet(_GOOD_SHEET.replace("UTF-8", "UTF-16", 1).encode("utf-16"))


def _without_places() -> bytes:
    table = product(1)
    data = "".join(
        f"<row>{''.join(str(Xml(c)) for c in (_no_place(value) for value in cells))}</row>"
        for cells in (HEADER, table, product(2))
    )
    return _whole_sheet(sheet(data))


def _no_place(value: Cell) -> str:
    return f"<c><v>{value}</v></c>" if isinstance(value, float | int) else f'<c t="str"><v>{value}</v></c>'


def _type_before_style() -> bytes:
    cells = [
        Xml(f'<c r="{{ref}}" t="inlineStr" s="0"><is><t>{c}</t></is></c>') if isinstance(c, str) else c
        for c in product(1)
    ]
    return _whole_sheet(sheet(rows(cells)))


def _single_quotes() -> bytes:
    return _whole_sheet(_GOOD_SHEET.replace('"', "'"))


def _pretty() -> bytes:
    return _whole_sheet(_GOOD_SHEET.replace("><", ">\n  <").replace("<t xml", "<t  xml"))


def _filtered() -> bytes:
    hidden = row(4, product(3), attributes=' hidden="1"')
    return _whole_sheet(sheet(rows(product(1), product(2)) + hidden, tail='<autoFilter ref="A1:H4"/>'))


def _stray(place: str, number: int) -> str:
    return f'<row r="{number}"><c r="{place}{number}" t="str"><v>nota</v></c></row>'


def _formatted_emptiness() -> str:
    return "".join(row(n, [Xml(_EMPTY_STYLED)] * 8, attributes=' s="1"') for n in range(4, 50_004))


def _streamed_zip() -> bytes:
    """As a program writes it that cannot go back: sizes behind the entries."""

    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

        def tell(self) -> int:
            raise io.UnsupportedOperation

    packed = Unseekable()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in Book(data=rows(product(1))).all_parts().items():
            archive.writestr(name, content)
    return packed.getvalue()


def _with_comment() -> bytes:
    packed = Book(data=rows(product(1))).packed()
    return packed[:-2] + struct.pack("<H", 9) + b"un adorno"


def _elsewhere() -> bytes:
    parts = Book(data=rows(product(1))).all_parts()
    moved = {name.replace("xl/workbook.xml", "xl/libro.xml").replace("workbook.xml.rels", "libro.xml.rels"): xml
             for name, xml in parts.items()}  # fmt: skip
    return pack(
        {
            n: x.replace("xl/workbook.xml", "xl/libro.xml") if isinstance(x, str) else x
            for n, x in moved.items()
        }
    )


def _absolute_targets() -> bytes:
    parts = Book(data=rows(product(1))).all_parts()
    relations = str(parts["xl/_rels/workbook.xml.rels"]).replace('Target="', 'Target="/xl/')
    return pack(parts | {"xl/_rels/workbook.xml.rels": relations})


def _many_sheets() -> bytes:
    sheets = [(f"Hoja{n}", "worksheet", "visible") for n in range(1, 101)]
    return Book(sheets=sheets, parts={SHEET: _GOOD_SHEET}).packed()


WORKBOOKS: dict[str, Callable[[], bytes]] = {
    # as programs write them
    "excel.xlsx": _in_excels_words,
    "openpyxl.xlsx": _by_openpyxl,
    "libreoffice.xlsx": _in_libreoffices_words,
    "tipo_antes_que_estilo.xlsx": _type_before_style,
    "prefijo_de_espacio.xlsx": _prefixed,
    "utf16.xlsx": _in_utf16,
    "comillas_simples.xlsx": _single_quotes,
    "xml_con_sangria.xlsx": _pretty,
    "sin_referencias.xlsx": _without_places,
    "sin_comprimir.xlsx": lambda: pack(Book(data=rows(product(1))).all_parts(), zipfile.ZIP_STORED),
    "zip_escrito_de_corrido.xlsx": _streamed_zip,
    "zip_con_comentario.xlsx": _with_comment,
    "libro_en_otro_sitio.xlsx": _elsewhere,
    "rutas_absolutas.xlsx": _absolute_targets,
    "con_imagenes.xlsx": lambda: Book(
        data=rows(product(1)), parts={"xl/media/image1.png": bytes(range(256)) * 4000, "docProps/custom.bin": b"x"}
    ).packed(),
    "xml_con_comentarios.xlsx": lambda: _plain(head="<!-- <sheetData> -->", more="<!-- <row r='9'/> -->"),
    "cdata.xlsx": lambda: _one(
        nombre=Xml('<c r="{ref}" t="inlineStr"><is><t><![CDATA[Gasa <5 cm>]]></t></is></c>')
    ),
    "estricto.xlsx": lambda: Book(
        parts={SHEET: sheet(rows(product(1)), namespace=STRICT_MAIN)}, main=STRICT_MAIN, document=STRICT_DOCUMENT
    ).packed(),
    "estricto_con_error.xlsx": lambda: Book(
        parts={SHEET: sheet(rows(product(1, nombre=_error("#N/A"))), namespace=STRICT_MAIN)},
        main=STRICT_MAIN, document=STRICT_DOCUMENT,
    ).packed(),
    "estricto_con_fecha_iso.xlsx": lambda: Book(
        parts={SHEET: sheet(
            rows(product(1, nombre=Xml('<c r="{ref}" t="d"><v>2026-01-05</v></c>'))), namespace=STRICT_MAIN
        )},
        main=STRICT_MAIN, document=STRICT_DOCUMENT,
    ).packed(),
    # the place and extent of the table
    "dimension_menor.xlsx": lambda: _plain(head='<dimension ref="A1:B1"/>'),
    "dimension_enorme.xlsx": lambda: _plain(head='<dimension ref="A1:XFD1048576"/>'),
    "dimension_absurda.xlsx": lambda: _plain(head='<dimension ref="patata"/>'),
    "tabla_en_c5.xlsx": lambda: _whole_sheet(sheet(rows(product(1), product(2), start=5, first=3))),
    "filas_en_blanco.xlsx": lambda: _whole_sheet(sheet(rows(product(1)) + row(7, product(2)) + row(9, [" ", None]))),
    "formato_al_final.xlsx": lambda: _plain(more=_formatted_emptiness()),
    "formato_lejano.xlsx": lambda: _plain(more='<row r="1048576"><c r="XFD1048576" s="1"/></row>'),
    "nota_lejana.xlsx": lambda: _plain(more=_stray("XFD", 1_048_576)),
    "nota_al_final.xlsx": lambda: _plain(more=_stray("A", 1_048_576)),
    "notas_a_la_derecha.xlsx": lambda: _whole_sheet(sheet(rows([*product(1), None, "nota"], product(2)))),
    "filas_ocultas.xlsx": _filtered,
    "columnas_ocultas.xlsx": lambda: _plain(head='<cols><col min="2" max="3" hidden="1"/></cols>'),
    "sobrante_oculto.xlsx": lambda: _plain(head='<cols><col min="9" max="16384" hidden="1"/></cols>'),
    "celdas_combinadas.xlsx": lambda: _whole_sheet(
        sheet(rows(product(1), product(2, categoria=None)), tail='<mergeCells><mergeCell ref="D2:D3"/></mergeCells>')
    ),
    "combinada_la_hoja_entera.xlsx": lambda: _plain(tail='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
    "hoja_vacia.xlsx": lambda: _whole_sheet(sheet("")),
    "solo_encabezados.xlsx": lambda: _whole_sheet(sheet(rows())),
    "solo_formato.xlsx": lambda: _whole_sheet(sheet(row(1, [Xml(_EMPTY_STYLED)] * 8))),
    "falta_columna.xlsx": lambda: _whole_sheet(sheet(row(1, HEADER[1:]) + row(2, product(1)[1:]))),
    "columna_repetida.xlsx": lambda: _whole_sheet(sheet(row(1, [*HEADER, "id"]) + row(2, [*product(1), "P2"]))),
    # which sheet
    "varias_hojas.xlsx": lambda: _sheets(
        ("Catálogo", "worksheet", "visible"), ("Notas", "worksheet", "visible"), sheet1=_GOOD_SHEET, sheet2=_OTHER_SHEET
    ),
    "primera_oculta.xlsx": lambda: _sheets(
        ("Listas", "worksheet", "hidden"), ("Catálogo 😀", "worksheet", "visible"), sheet1=_OTHER_SHEET, sheet2=_GOOD_SHEET
    ),
    "primera_muy_oculta.xlsx": lambda: _sheets(
        ("Listas", "worksheet", "veryHidden"), ("Catálogo", "worksheet", "visible"), sheet1=_OTHER_SHEET, sheet2=_GOOD_SHEET
    ),
    "grafico_primero.xlsx": lambda: _sheets(
        ("Gráfico", "chartsheet", "visible"), ("Catálogo", "worksheet", "visible"), sheet2=_GOOD_SHEET
    ),
    "otra_hoja_con_error.xlsx": lambda: _sheets(
        ("Catálogo", "worksheet", "visible"), ("Cuentas", "worksheet", "visible"),
        sheet1=_GOOD_SHEET, sheet2=sheet(row(1, [_error("#REF!")])),
    ),
    "cien_hojas.xlsx": _many_sheets,
    "ninguna_hoja_visible.xlsx": lambda: _sheets(("Listas", "worksheet", "hidden"), sheet1=_GOOD_SHEET),
    "solo_un_grafico.xlsx": lambda: _sheets(("Gráfico", "chartsheet", "visible")),
    # what a cell holds
    "error_en_texto.xlsx": lambda: _one(nombre=_error("#N/A")),
    "error_en_espanol.xlsx": lambda: _one(precio_unitario=_error("#¡DIV/0!")),
    "texto_que_parece_error.xlsx": lambda: _one(nombre="#N/A"),
    "formula_con_resultado.xlsx": lambda: _one(
        nombre=_formula("<v>Gasa</v>", ' t="str"'), precio_unitario=_formula("<v>12.5</v>")
    ),
    "formula_sin_resultado.xlsx": lambda: _one(precio_unitario=_formula("")),
    "cien_mil_formulas_sin_resultado.xlsx": lambda: _whole_sheet(
        sheet(rows(*[[_formula("")] * len(HEADER)] * 12_501))
    ),
    "formula_con_resultado_vacio.xlsx": lambda: _one(nombre=_formula("<v></v>", ' t="str"')),
    "formula_de_openpyxl.xlsx": lambda: _one(nombre=_formula("<v />")),
    "formula_compartida.xlsx": lambda: _one(
        precio_unitario=Xml('<c r="{ref}"><f t="shared" ref="E2:E9" si="0">1+1</f><v>2</v></c>')
    ),
    "textos_compartidos.xlsx": lambda: _one(id=_shared(0), nombre=_shared(1), codigo=_shared(4)),
    "texto_con_formato.xlsx": lambda: _one(nombre=_shared(2)),
    "texto_con_espacio_suelto.xlsx": lambda: Book(
        data=rows(product(1, nombre=_shared(0))), strings="<si><r><t>Jeringa </t></r><r><t>5 ml</t></r></si>"
    ).packed(),
    "texto_con_fonetica.xlsx": lambda: _one(nombre=_shared(3)),
    "texto_con_x000D.xlsx": lambda: _one(nombre=_shared(5)),
    "texto_compartido_vacio.xlsx": lambda: _one(nombre=_shared(6)),
    "texto_con_formato_en_celda.xlsx": lambda: _one(
        nombre=Xml('<c r="{ref}" t="inlineStr"><is><r><t>Gasa </t></r><r><t>fina</t></r></is></c>')
    ),
    "salto_de_linea.xlsx": lambda: _one(nombre="Gasa\nfina"),
    "emoji.xlsx": lambda: _one(nombre="Gasa 😀 ñandú"),
    "texto_muy_largo.xlsx": lambda: _one(nombre="x" * 32_767),
    "entero_como_5.0.xlsx": lambda: _one(tiempo_entrega_dias=Xml('<c r="{ref}"><v>5.0</v></c>')),
    "suma_de_decimas.xlsx": lambda: _one(precio_unitario=0.1 + 0.2),
    "numero_con_exponente.xlsx": lambda: _one(precio_unitario=Xml('<c r="{ref}"><v>1.25E+3</v></c>')),
    "moneda.xlsx": lambda: _one(precio_unitario=_styled(_MONEY, "1250.5")),
    "porcentaje.xlsx": lambda: _one(precio_unitario=_styled(_PERCENT, "0.12")),
    "numeros_como_texto.xlsx": lambda: _one(precio_unitario="12.50", tiempo_entrega_dias="3"),
    "id_con_ceros.xlsx": lambda: _one(id="008584"),
    "id_con_formato_de_ceros.xlsx": lambda: _one(id=_styled(_ZEROS, "8584")),
    "codigo_con_formato_propio.xlsx": lambda: _one(codigo=_styled(_AMX, "12"), id=_styled(_DASHED, "123456")),
    "formato_que_no_existe.xlsx": lambda: Book(
        data=rows(product(1, codigo=_styled(_AMX, "12"), id=_styled(_DASHED, "123456"))),
        styles=_STYLES.replace('<xf numFmtId="168"/>', '<xf numFmtId="169"/>'),
    ).packed(),
    "id_de_13_cifras.xlsx": lambda: _one(id=1234567890123),
    "id_de_16_cifras.xlsx": lambda: _one(id=1234567890123456),
    "id_que_parece_fecha.xlsx": lambda: _one(id="AMX-2024-01", codigo="1-2"),
    "id_entero.xlsx": lambda: _one(id=Xml('<c r="{ref}"><v>8584.0</v></c>')),
    "fechas.xlsx": _dates_by_openpyxl,
    "fechas_1904.xlsx": lambda: Book(
        data=rows(product(1, nombre=_styled(_DATE, "44565"))), styles=_STYLES, properties='<workbookPr date1904="1"/>'
    ).packed(),
    "hora.xlsx": lambda: _one(nombre=_styled(_TIME, "0.25")),
    "fecha_en_precio.xlsx": lambda: _one(precio_unitario=_styled(_DATE, "46027")),
    "codigo_hecho_fecha.xlsx": lambda: _one(codigo=_styled(_DATE, "46027")),
    "verdadero_en_nombre.xlsx": lambda: _one(nombre=Xml('<c r="{ref}" t="b"><v>1</v></c>')),
    "celda_vacia_obligatoria.xlsx": lambda: _one(certificado_sanitario=None),
    "veinte_mil_filas_iguales.xlsx": lambda: _whole_sheet(sheet(rows(*[product(1)] * 20_000))),
}  # fmt: skip
