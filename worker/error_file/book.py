"""The error file as a workbook, written as it is read: row by row into a pipe, none of it held but the
comments."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl.comments.comment_sheet import CommentRecord, CommentSheet
from openpyxl.xml.functions import tostring

from common.texts import Language, Text, render
from worker.error_file.cell_xml import cell_xml, escape, legal, number_xml
from worker.error_file.formulas import moved
from worker.error_file.layout import Layout, OutRow
from worker.error_file.raw_cells import RawCell
from worker.error_file.source import Source
from worker.error_file.styles import Styles
from worker.readers.origins import REPORT_COLUMNS
from worker.readers.sheet import MAX_ROWS, column_letters
from worker.readers.table import FormulaWithoutValue

#: More make a spreadsheet program slow; the reason stands in its column all the same.
MOST_COMMENTS = 5_000
#: What a reader of workbooks takes: cells of a sheet, and bytes of its XML. The rows that do not fit are in
#: the next error file, for they are still open then.
_MOST_CELLS = 16_000_000
_MOST_BYTES = 1_200_000_000
_ROWS_AT_A_TIME = 100
_COMPRESSION = 3
_WIDTHS = (60.0, 24.0, 8.0, 38.0)
_USUAL_WIDTH = 16.0

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
_KINDS = {
    "rels": "application/vnd.openxmlformats-package.relationships+xml",
    "xml": "application/xml",
    "vml": "application/vnd.openxmlformats-officedocument.vmlDrawing",
}
_FROZEN = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews>'
)


_HELP = Text(
    "Corrija las filas y suba este mismo archivo: las cuatro primeras columnas se reconocen.",
    "Correct the rows and upload this very file: its first four columns are recognised.",
)


def write_book(
    out: BinaryIO, source: Source, layout: Layout, rows: Iterable[OutRow], tarea: str, language: Language
) -> None:
    """Write the workbook; ``out`` need not be a file that one can go back in."""
    styles = Styles(source.workbook)
    sheet = _Sheet(source, layout, styles, tarea)
    sheet.comment("A1", render(_HELP, {}, language))
    theme = _theme(source)
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive:
        for name, content in _frame(source, has_theme=theme is not None):
            archive.writestr(name, content)
        with archive.open(_SHEET, "w") as part:
            for piece in sheet.pieces(rows):
                part.write(piece.encode())
        for name, part_of_comments in _comments(sheet.comments):
            archive.writestr(name, part_of_comments)
        archive.writestr("xl/styles.xml", styles.xml())
        if theme is not None:
            archive.writestr("xl/theme/theme1.xml", theme)


class _Sheet:
    """Writes the sheet. ``comments``: those of its cells, once that is done."""

    def __init__(self, source: Source, layout: Layout, styles: Styles, tarea: str) -> None:
        self.comments: list[CommentRecord] = []
        self._source = source
        self._layout = layout
        self._styles = styles
        self._tarea = tarea
        self._plain_style = 0 if source.workbook else styles.text
        self._letters = [column_letters(number) for number in range(1, layout.width + 1)]
        self._most_rows = min(MAX_ROWS, _MOST_CELLS // layout.width) - 1

    def pieces(self, rows: Iterable[OutRow]) -> Iterator[str]:
        yield (
            f'{_DECLARATION}<worksheet xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">{_FROZEN}'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{self._columns()}</cols><sheetData>'
        )
        yield self._header()
        size, some = 0, []
        for number, row in enumerate(rows, start=2):
            if number > self._most_rows + 1 or size > _MOST_BYTES:
                break
            some.append(self._row(number, row))
            if len(some) == _ROWS_AT_A_TIME:
                yield (piece := "".join(some))
                size, some = size + len(piece), []
        yield "".join(some)
        yield '</sheetData><legacyDrawing r:id="rId1"/></worksheet>'

    def _columns(self) -> str:
        own = (self._source.width_of(index) or _USUAL_WIDTH for index in self._layout.own)
        return "".join(
            f'<col min="{number}" max="{number}" width="{width:g}" customWidth="1"/>'
            for number, width in enumerate((*_WIDTHS, *own), start=1)
        )

    def _header(self) -> str:
        header, styles = self._layout.header, self._styles
        ours = (
            cell_xml(f"{letters}1", name, styles.heading)
            for letters, name in zip(self._letters, REPORT_COLUMNS, strict=False)
        )
        default = styles.heading if self._source.workbook is None else 0
        return f'<row r="1">{"".join(ours)}{"".join(self._own_cells(1, header, default))}</row>'

    def _row(self, number: int, row: OutRow) -> str:
        ours = [cell_xml(f"A{number}", row.reason), cell_xml(f"B{number}", row.columns)]
        if row.fila is not None:
            ours.append(number_xml(f"C{number}", row.fila))
        ours.append(cell_xml(f"D{number}", self._tarea))
        ours += self._own_cells(number, row, self._plain_style)
        return f'<row r="{number}">{"".join(ours)}</row>'

    def _own_cells(self, number: int, row: OutRow, default_style: int) -> Iterator[str]:
        styles = self._styles
        for index, text in enumerate(row.cells):
            place = f"{self._letters[index + len(REPORT_COLUMNS)]}{number}"
            raw = row.looks.get(index)
            style = styles.known(raw.style) if raw else default_style
            if index in row.bad:
                style = styles.marked(style)
                self.comment(place, row.bad[index])
            if isinstance(text, FormulaWithoutValue):
                yield cell_xml(place, text, style, formula=self._formula(index, raw, row.original, place))
            else:
                yield cell_xml(place, text, style, raw if styles.kept else None)

    def _formula(self, index: int, raw: RawCell | None, fila: int, place: str) -> str:
        assert self._source.workbook is not None
        column = self._source.workbook.first_column + self._layout.own[index]
        return moved(
            raw.formula if raw else "", fila=fila, origin=f"{column_letters(column)}{fila}", place=place
        )

    def comment(self, place: str, text: str) -> None:
        """Put a comment on a cell, unless there are many."""
        if len(self.comments) < MOST_COMMENTS:
            comment: Any = CommentRecord(ref=place, author="Carga", width=300)
            comment.text.t = legal(text)
            self.comments.append(comment)


def _frame(source: Source, *, has_theme: bool) -> Iterator[tuple[str, str]]:
    """Yield the small parts around the sheet."""
    parts = {
        "/xl/workbook.xml": f"{_SPREADSHEET}.sheet.main+xml",
        f"/{_SHEET}": f"{_SPREADSHEET}.worksheet+xml",
        "/xl/styles.xml": f"{_SPREADSHEET}.styles+xml",
        "/xl/comments1.xml": f"{_SPREADSHEET}.comments+xml",
    }
    relations = [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]
    if has_theme:
        parts["/xl/theme/theme1.xml"] = "application/vnd.openxmlformats-officedocument.theme+xml"
        relations.append(("theme", "theme/theme1.xml"))
    types = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    kinds = "".join(f'<Default Extension="{name}" ContentType="{kind}"/>' for name, kind in _KINDS.items())
    content_types = f'<Types xmlns="{_PACKAGE}/content-types">{kinds}{types}</Types>'
    yield "[Content_Types].xml", _DECLARATION + content_types
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    epoch = '<workbookPr date1904="1"/>' if source.workbook and source.workbook.book.is_1904 else ""
    sheets = '<sheets><sheet name="Errores" sheetId="1" r:id="rId1"/></sheets><calcPr fullCalcOnLoad="1"/>'
    properties = f"{epoch}<bookViews><workbookView/></bookViews>"
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">{properties}{sheets}</workbook>'
    yield "xl/workbook.xml", _DECLARATION + book
    yield "xl/_rels/workbook.xml.rels", _relations(relations)
    drawing = [("vmlDrawing", "../drawings/vmlDrawing1.vml"), ("comments", "../comments1.xml")]
    yield "xl/worksheets/_rels/sheet1.xml.rels", _relations(drawing)


def _relations(targets: list[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{escape(target)}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _comments(comments: list[CommentRecord]) -> Iterator[tuple[str, bytes]]:
    made: Any = CommentSheet
    sheet = made.from_comments(comments)
    yield "xl/comments1.xml", tostring(sheet.to_tree())
    yield "xl/drawings/vmlDrawing1.vml", sheet.write_shapes()


def _theme(source: Source) -> bytes | None:
    """Return the colours and fonts to which the styles refer."""
    workbook = source.workbook
    if workbook is None or workbook.book.theme is None or workbook.book.theme not in workbook.package:
        return None
    return workbook.package.read(workbook.book.theme)
