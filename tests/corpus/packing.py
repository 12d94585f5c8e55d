"""Workbooks and zips put together by hand, down to what no library would write."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_DOCUMENT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

HEADER = (
    "id", "nombre", "codigo", "categoria", "precio_unitario", "certificado_sanitario",
    "condiciones_almacenamiento", "tiempo_entrega_dias",
)  # fmt: skip


class Xml(str):
    """A cell as it is to stand in the sheet, with ``{ref}`` for its place."""

    __slots__ = ()


Cell = str | int | float | Xml | None


def product(number: int, **cells: Cell) -> list[Cell]:
    """A sound row, with some cells changed."""
    sound: dict[str, Cell] = {
        "id": f"P{number}", "nombre": f"Producto {number}", "codigo": f"C-{number}", "categoria": "Curación",
        "precio_unitario": 12.5, "certificado_sanitario": "INVIMA 1", "condiciones_almacenamiento": "Seco",
        "tiempo_entrega_dias": 3,
    }  # fmt: skip
    return list((sound | cells).values())


def column(number: int) -> str:
    """``AB`` for 28."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(ref: str, value: Cell) -> str:
    """A cell as XML, its text inline."""
    if value is None:
        return ""
    if isinstance(value, Xml):
        return value.replace("{ref}", ref)
    if isinstance(value, str):
        return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{ref}"><v>{value!r}</v></c>'


def row(number: int, cells: Sequence[Cell], *, first: int = 1, attributes: str = "") -> str:
    """A row as XML."""
    xml = "".join(cell(f"{column(place)}{number}", value) for place, value in enumerate(cells, start=first))
    return f'<row r="{number}"{attributes}>{xml}</row>'


def rows(*tables: Sequence[Cell], start: int = 1, first: int = 1) -> str:
    """Consecutive rows, the header before them."""
    return "".join(row(n, cells, first=first) for n, cells in enumerate((HEADER, *tables), start=start))


def sheet(data: str, *, head: str = "", tail: str = "", namespace: str = MAIN) -> str:
    """A worksheet with these rows."""
    return (
        f'{DECLARATION}<worksheet xmlns="{namespace}">{head}<sheetData>{data}</sheetData>{tail}</worksheet>'
    )


@dataclass(frozen=True)
class Book:
    """A workbook to be packed. ``sheets``: name, kind, state of each; its XML is in ``parts`` or ``data``."""

    data: str = ""
    sheets: Sequence[tuple[str, str, str]] = (("Hoja1", "worksheet", "visible"),)
    strings: str | None = None
    styles: str | None = None
    properties: str = ""
    main: str = MAIN
    document: str = DOCUMENT
    parts: Mapping[str, str | bytes] = field(default_factory=dict)

    def all_parts(self) -> dict[str, str | bytes]:
        """The parts by name."""
        relations = [
            (f"rId{n}", kind, f"{kind}s/sheet{n}.xml") for n, (_, kind, _) in enumerate(self.sheets, start=1)
        ]
        made: dict[str, str | bytes] = {}
        if self.strings is not None:
            relations.append(("rIdS", "sharedStrings", "sharedStrings.xml"))
            made["xl/sharedStrings.xml"] = f'{DECLARATION}<sst xmlns="{self.main}">{self.strings}</sst>'
        if self.styles is not None:
            relations.append(("rIdT", "styles", "styles.xml"))
            made["xl/styles.xml"] = f'{DECLARATION}<styleSheet xmlns="{self.main}">{self.styles}</styleSheet>'
        listed = "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" state="{state}" r:id="rId{n}"/>'
            for n, (name, _, state) in enumerate(self.sheets, start=1)
        )
        made |= {
            f"xl/{target}": sheet(self.data, namespace=self.main) if kind == "worksheet" else "<chartsheet/>"
            for _, kind, target in relations
            if kind in ("worksheet", "chartsheet")
        }
        book = f'<workbook xmlns="{self.main}" xmlns:r="{self.document}">'
        made["xl/workbook.xml"] = f"{DECLARATION}{book}{self.properties}<sheets>{listed}</sheets></workbook>"
        made["xl/_rels/workbook.xml.rels"] = self._relations(relations)
        made["_rels/.rels"] = self._relations([("rId1", "officeDocument", "xl/workbook.xml")])
        made["[Content_Types].xml"] = _content_types(made)
        return made | dict(self.parts)

    def packed(self) -> bytes:
        """The workbook as a zip."""
        return pack(self.all_parts())

    def _relations(self, relations: Sequence[tuple[str, str, str]]) -> str:
        listed = "".join(
            f'<Relationship Id="{id}" Type="{self.document}/{kind}" Target="{target}"/>'
            for id, kind, target in relations
        )
        return f'{DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _content_types(parts: Mapping[str, Any]) -> str:
    kinds = {
        "xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles", "xl/sharedStrings.xml": "sharedStrings",
    }  # fmt: skip
    kinds |= {name: "worksheet" for name in parts if name.startswith("xl/worksheets/")}
    kinds |= {name: "chartsheet" for name in parts if name.startswith("xl/chartsheets/")}
    listed = "".join(
        f'<Override PartName="/{name}" ContentType="{_TYPES}{kind}+xml"/>'
        for name, kind in kinds.items()
        if name in parts
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def pack(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A sound zip with these parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


@dataclass(frozen=True)
class Entry:
    """One entry of a zip, and what its directory claims of it where that is not the truth."""

    name: str
    content: bytes
    claimed_size: int | None = None
    claimed_offset: int | None = None
    inner_name: str | None = None
    flags: int = 0
    method: int = 8
    trailing: bytes = b""


def pack_by_hand(entries: Sequence[Entry]) -> bytes:
    """A zip of which nothing needs to be true."""
    body, directory = b"", b""
    for entry in entries:
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = packer.compress(entry.content) + packer.flush() + entry.trailing
        size = len(entry.content) if entry.claimed_size is None else entry.claimed_size
        facts = struct.pack(
            "<HHHHLLL", entry.flags, entry.method, 0, 33, zlib.crc32(entry.content), len(packed), size
        )
        name, inner = entry.name.encode(), (entry.inner_name or entry.name).encode()
        offset = len(body) if entry.claimed_offset is None else entry.claimed_offset
        directory += b"PK\1\2" + struct.pack("<HH", 20, 20) + facts
        directory += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, offset) + name
        body += b"PK\3\4" + struct.pack("<H", 20) + facts + struct.pack("<HH", len(inner), 0) + inner + packed
    count, end = len(entries), struct.pack("<LLH", len(directory), len(body), 0)
    return body + directory + b"PK\5\6\0\0\0\0" + struct.pack("<HH", count, count) + end
