"""The parts of a workbook that say which sheet to read and how its cells are to be understood."""

import posixpath
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from worker.readers.number_formats import tells_more
from worker.readers.package import Package
from worker.readers.table import FileRefused, Notice

_STRICT = "purl.oclc.org"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_USUAL_PLACE = "xl/workbook.xml"
#: Excel allows 65,490.
MAX_STYLES = 100_000
_SHOWN_SHEETS = 10
_SHOWN_CHARACTERS = 64


@dataclass(frozen=True)
class Workbook:
    """What is to be read of a workbook.

    ``place``: of the sheet among all sheets; ``rank``: among the worksheets (there are charts and the like);
    ``speaking_styles``: those under which a number is shown as something else; ``is_usual``: it is laid out
    as the fast parser takes it to be; ``strings``, ``styles`` and ``theme`` are the names of those parts;
    ``is_1904``: its days are counted from 1904 on.
    """

    sheet: str
    part: str
    place: int
    rank: int
    strings: str | None
    styles: str | None
    theme: str | None
    is_1904: bool
    speaking_styles: frozenset[int]
    is_strict: bool
    is_usual: bool
    notices: list[Notice]


def read_workbook(package: Package) -> Workbook:
    """Return which sheet of the workbook is to be read: the first that is shown.

    Raises:
        FileRefused: parts are missing or damaged, there is no such sheet, or there are absurdly many styles.
    """
    main = _main_part(package)
    root = _tree(package, main)
    relations = _relations(package, main)
    sheets = [_sheet(element, relations) for element in _all(root, "sheet")]
    chosen = next((sheet for sheet in sheets if sheet["shown"] and sheet["kind"] == "worksheet"), None)
    if chosen is None:
        raise FileRefused("xlsx_no_sheet")
    worksheets = [sheet for sheet in sheets if sheet["kind"] == "worksheet"]
    parts = dict(relations.values())
    return Workbook(
        sheet=chosen["name"],
        part=chosen["part"],
        place=sheets.index(chosen),
        rank=worksheets.index(chosen),
        strings=parts.get("sharedStrings"),
        styles=parts.get("styles"),
        theme=parts.get("theme"),
        is_1904=any(element.get("date1904") in ("1", "true") for element in _all(root, "workbookPr")),
        speaking_styles=_speaking_styles(package, parts.get("styles")),
        is_strict=_STRICT in root.tag,
        is_usual=main == _USUAL_PLACE,
        notices=_tell_choice(chosen, sheets),
    )


def _main_part(package: Package) -> str:
    main = dict(_relations(package, "").values()).get("officeDocument")
    if main is None:
        raise FileRefused("file_unreadable", format="XLSX")
    return main


def _tree(package: Package, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(package.read(name))  # noqa: S314 - it declares no entities: that was checked
    except ElementTree.ParseError as error:
        raise FileRefused("file_unreadable", format="XLSX") from error


def _all(root: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == tag]


def _relations(package: Package, source: str) -> dict[str, tuple[str, str]]:
    """Return by id: the kind of part and its name, of the parts that belong to another one."""
    folder, name = posixpath.split(source)
    relations = {}
    for element in _all(_tree(package, posixpath.join(folder, "_rels", f"{name}.rels")), "Relationship"):
        kind = element.get("Type", "").rpartition("/")[2]
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
        relations[element.get("Id", "")] = kind, target.lstrip("/")
    return relations


def _sheet(element: ElementTree.Element, relations: dict[str, tuple[str, str]]) -> dict[str, Any]:
    relation = element.get(_RELATIONSHIP) or element.get(_STRICT_RELATIONSHIP) or ""
    kind, part = relations.get(relation, ("", ""))
    shown = element.get("state", "visible") == "visible"
    return {"name": element.get("name", ""), "kind": kind, "part": part, "shown": shown}


def _tell_choice(chosen: dict[str, Any], sheets: list[dict[str, Any]]) -> list[Notice]:
    others = [str(sheet["name"])[:_SHOWN_CHARACTERS] for sheet in sheets if sheet is not chosen]
    if not others:
        return []
    params = {"sheet": chosen["name"][:_SHOWN_CHARACTERS], "others": others[:_SHOWN_SHEETS]}
    return [{"code": "sheet_chosen", "params": params}]


def _speaking_styles(package: Package, name: str | None) -> frozenset[int]:
    if name is None or name not in package:
        return frozenset()
    if sum(piece.count(b"xf ") + piece.count(b"xf/") for piece in package.pieces(name)) > 2 * MAX_STYLES:
        raise FileRefused("xlsx_too_many_styles", limit=MAX_STYLES)
    root = _tree(package, name)
    formats = {"9": "0%", "10": "0.00%"}
    for element in _all(root, "numFmt"):
        formats[element.get("numFmtId", "")] = element.get("formatCode", "")
    speaking = {number for number, format in formats.items() if tells_more(format)}
    return frozenset(
        place
        for cells in _all(root, "cellXfs")
        for place, style in enumerate(_all(cells, "xf"))
        if style.get("numFmtId") in speaking
    )
