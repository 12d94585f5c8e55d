"""Damage to the encoding of a file, and bytes in it that are no text."""

from collections.abc import Iterator

from tests.support.pollution.catalogue import HEADER, PLACES, ROWS, Form, Variant, unchanged

_FOREIGN = ["cp850", "cp437", "mac_roman", "cp037", "cp500", "utf-7", "utf-16-le", "utf-16-be", "utf-32",
            "utf-32-le", "cp1252"]  # fmt: skip
_BOMS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


def _lines() -> list[str]:
    return Form().lines()


def _file(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def encodings() -> Iterator[Variant]:
    """The whole file in other encodings, with marks that lie, and what went through two encodings."""
    text = Form().text(_lines())
    for encoding in _FOREIGN:
        for bom_of, bom in {"none": b"", **_BOMS}.items():
            yield Variant(
                f"encoding: {encoding}, mark {bom_of}", bom + text.encode(encoding, "replace"), unchanged()
            )
    for bom_of, bom in _BOMS.items():
        for other in _BOMS:
            for times in (1, 2):
                content = bom * times + text.encode(other)
                yield Variant(f"encoding: {other}, {times} marks {bom_of}", content, unchanged())
    twice = text.encode().decode("latin-1").encode()
    yield Variant("encoding: UTF-8 twice", twice, unchanged())
    yield Variant("encoding: UTF-8 twice, first with a mark", b"\xef\xbb\xbf" + twice, unchanged())
    lost = text.encode("ascii", "replace").replace(b"?", "\ufffd".encode())
    yield Variant("encoding: letters replaced", lost, unchanged())
    for cut in range(1, 12):
        yield Variant(f"encoding: UTF-16, {cut} bytes short", text.encode("utf-16")[:-cut], unchanged())
        yield Variant(f"encoding: UTF-8, {cut} bytes short", text.rstrip().encode()[:-cut], unchanged())


def lines_in_other_encodings() -> Iterator[Variant]:
    """One line put in from a file in another encoding, or with a byte order mark before it.

    A single line of an old Mac in a file of Windows is left out: its accents are apostrophes and dashes
    there, which stand within words as well, so that only the warning about the file's encoding can tell.
    """
    for own in ("utf-8", "cp1252"):
        for foreign in ("utf-8", "cp1252", "cp850", "mac_roman", "utf-16-le", "utf-16-be", "utf-16"):
            for where, place in PLACES.items():
                if own != foreign and (own, foreign) != ("cp1252", "mac_roman"):
                    lines = [line.encode(own) for line in _lines()]
                    lines[place + 1] = _lines()[place + 1].encode(foreign)
                    yield Variant(f"line: {where} in {foreign}, file in {own}", _file(lines), unchanged())
    for where, place in {"header": -1, **PLACES}.items():
        lines = [line.encode() for line in _lines()]
        lines[place + 1] = b"\xef\xbb\xbf" + lines[place + 1]
        yield Variant(f"line: a mark before {where}", _file(lines), unchanged())
        again = [*lines[: place + 2], b"\xef\xbb\xbf" + lines[0], *lines[place + 2 :]]
        yield Variant(f"line: the header with its mark after {where}", _file(again), unchanged())


def bytes_put_in() -> Iterator[Variant]:
    """Every byte that is no letter, sign or digit, put into a cell; bytes of letters lost or changed."""
    strange = [*range(0x20), *range(0x7F, 0x100)]
    columns = {"id": 0, "nombre": 1, "precio": 4, "venc": 12}
    for where, place in {"header": -1, **PLACES}.items():
        for name, column in columns.items():
            for byte in strange:
                # a tab is white space, and a line break other tests' business
                if byte not in b"\t\n\r":
                    yield _with_byte(f"byte: {where}, {name}, {byte:#04x}", place, column, byte)
        line = _lines()[place + 1].encode()
        for at in (at for at, byte in enumerate(line) if byte > 0x7F):
            for put in (b"", b"\x80", b"\xc3", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"):
                lines = [each.encode() for each in _lines()]
                lines[place + 1] = line[:at] + put + line[at + 1 :]
                if _is_damaged(lines[place + 1]):
                    yield Variant(f"byte: {where}, {at} is {put!r}", _file(lines), unchanged())


def _with_byte(name: str, place: int, column: int, byte: int) -> Variant:
    cells = [cell.encode() for cell in Form().cells(HEADER if place < 0 else ROWS[place])]
    half = len(cells[column].decode()) // 2
    text = cells[column].decode()
    cells[column] = text[:half].encode() + bytes([byte]) + text[half:].encode()
    lines = [each.encode() for each in _lines()]
    lines[place + 1] = b",".join(cells)
    return Variant(name, _file(lines), unchanged())


def _is_damaged(line: bytes) -> bool:
    """Whether what was changed is no UTF-8; other letters in their place are letters that someone typed."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def undefined_bytes() -> Iterator[Variant]:
    """The bytes that Windows-1252 does not define, and control characters, in a file that is in it."""
    for where, place in {"header": -1, **PLACES}.items():
        for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D, 0x00, 0x01, 0x1A, 0x1C, 0x1F, 0x7F):
            for column in range(len(HEADER)):
                lines = [line.encode("cp1252") for line in _lines()]
                cells = [cell.encode("cp1252") for cell in Form().cells(HEADER if place < 0 else ROWS[place])]
                cells[column] = cells[column][:2] + bytes([byte]) + cells[column][2:]
                lines[place + 1] = b",".join(cells)
                yield Variant(
                    f"byte: Windows-1252, {where}, {column}, {byte:#04x}", _file(lines), unchanged()
                )
