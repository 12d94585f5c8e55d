"""Finding the encoding of a CSV: by its byte order mark, else UTF-8, else Windows-1252, what Excel writes.

Nothing is detected by statistics: detectors take Spanish for Turkish. What is in none of the three is refused
or told by row, never decoded to something near.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from worker.readers.table import FileRefused

CHUNK_BYTES = 1024 * 1024
#: No honest line is longer; it would have to fit into memory.
_LINE_LIMIT_CHUNKS = 8
_HEAD_BYTES = 4096

_UTF16_MARKS = {codecs.BOM_UTF16_LE: "UTF-16 LE", codecs.BOM_UTF16_BE: "UTF-16 BE"}
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
#: How files begin that people rename to .csv, and the code for each.
_OTHER_KINDS = (
    (b"PK\x03\x04", "csv_is_workbook"),
    (b"PK\x05\x06", "csv_is_workbook"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "csv_is_old_workbook"),
    (b"%PDF-", "csv_is_binary"),
    (b"\x89PNG", "csv_is_binary"),
    (b"\xff\xd8\xff", "csv_is_binary"),
    (b"\x1f\x8b", "csv_is_binary"),
)
_CONTROL_BYTES = bytes([*range(9), 11, 12, *range(14, 32), 127])
#: Control characters, those that end lines and divide columns apart.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: What wants a closer look: control characters, and apostrophes that may stand for quotes.
ODD = re.compile(rf"{CONTROLS.pattern}|(?:^|[,;\t|\r\n])'")
_C1_IN_UTF8 = re.compile(b"\xc2[\x80-\x9f]")
_APOSTROPHE = re.compile(rb"[,;\t|\r\n]'")
#: What ``surrogateescape`` makes of bytes that are not in the encoding.
UNDECODED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
#: Not Windows-1252: bytes that it does not define, and the accented letters of DOS and of old Macs, which
#: would be signs (``¢``, ``‡``) in the middle of words.
_NOT_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]|(?<=[A-Za-z])[\x82\x87\x8e\xa1-\xa5](?=[A-Za-z])")
#: The letters of Western Europe in UTF-7, one by one.
_UTF7 = re.compile(rb"\+A[K-P][A-Za-z0-9+/](?![A-Za-z0-9+/])")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Encoding(NamedTuple):
    """How to decode a file, and what to expect of it.

    ``mixed``: some rows are in another encoding. ``odd``: it holds control characters, or cells in
    apostrophes, so that its rows want a closer look.
    """

    name: str
    codec: str
    bom: bool = False
    mixed: bool = False
    odd: bool = False

    @property
    def errors(self) -> str:
        return "surrogateescape" if self.mixed and self.codec.startswith("utf-8") else "strict"


def find_encoding(file: BinaryIO) -> Encoding:
    """Return the encoding that holds for the whole file.

    Raises:
        FileRefused: it is no text, or in an encoding that is not taken, or a line has no end.
    """
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    _refuse_other_kinds(head)
    for bom, name in _UTF16_MARKS.items():
        if head.startswith(bom):
            return _utf16(file, name)
    _refuse_binary(head)
    return _utf8(file, bom=head.startswith(codecs.BOM_UTF8)) or _windows_or_mixed(file)


def _refuse_other_kinds(head: bytes) -> None:
    for start, code in _OTHER_KINDS:
        if head.startswith(start):
            raise FileRefused(code)
    if head.startswith(_UTF32_MARKS):
        raise FileRefused("encoding_unsupported", encoding="UTF-32")


def _refuse_binary(head: bytes) -> None:
    """Every other byte of UTF-16 is a zero, for what Europeans write; much of a binary file is controls."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most > max(2, len(head) * 0.3) and least < len(head) * 0.05:
        raise FileRefused("utf16_without_mark")
    controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
    if controls > len(head) * 0.1 and controls > 8:
        raise FileRefused("csv_is_binary")


def _utf16(file: BinaryIO, name: str) -> Encoding:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-16")()
    odd, lines, unended = False, 1, 0
    try:
        for chunk in _chunks(file):
            text = decoder.decode(chunk)
            odd = odd or ODD.search(text) is not None
            ends = _line_ends(text)
            lines += ends
            unended = 0 if ends else unended + 1
            if unended >= _LINE_LIMIT_CHUNKS:
                raise FileRefused("line_too_long", line=lines)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(name.replace(" ", "-"), "replace")
        raise FileRefused("encoding_broken", encoding=name, line=lines + _line_ends(before)) from error
    return Encoding(name, "utf-16", bom=True, odd=odd)


def _line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _utf8(file: BinaryIO, *, bom: bool) -> Encoding | None:
    """Return UTF-8 if all of the file is in it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    odd, unended, utf7, is_ascii = False, 0, 0, True
    file.seek(0)
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
            is_ascii = is_ascii and chunk.removeprefix(codecs.BOM_UTF8).isascii()
            utf7 += len(_UTF7.findall(chunk)) if is_ascii and b"+A" in chunk else 0
            odd = odd or _is_odd(chunk)
            unended = 0 if b"\n" in chunk or b"\r" in chunk else unended + 1
            if unended >= _LINE_LIMIT_CHUNKS:
                raise FileRefused("line_too_long", line=_line_of(file, file.tell()))
        decoder.decode(b"", final=True)
    except UnicodeError:
        return None
    if is_ascii and utf7 > 1:
        raise FileRefused("encoding_unsupported", encoding="UTF-7")
    return Encoding("UTF-8", "utf-8-sig" if bom else "utf-8", bom=bom, odd=odd)


def _windows_or_mixed(file: BinaryIO) -> Encoding:
    """Return the encoding of most of a file that is not all UTF-8.

    Hardly any text in Windows-1252 happens to be valid in UTF-8. Where a file has such places and others that
    are not, somebody put it together from two, and each row must be held to the encoding of the greater part.
    """
    valid, invalid = _count_utf8(file)
    file.seek(0)
    bom = file.read(3) == codecs.BOM_UTF8
    file.seek(0)
    odd = any(_is_odd(chunk) for chunk in _chunks(file))
    if valid >= invalid:
        codec = "utf-8-sig" if bom else "utf-8"
        return Encoding("UTF-8", codec, bom=bom, mixed=True, odd=odd)
    if bom:
        raise FileRefused("encoding_broken", encoding="UTF-8", line=_first_undecodable(file))
    _check_windows(file)
    return Encoding("Windows-1252", "cp1252", mixed=valid > 0, odd=odd)


def _count_utf8(file: BinaryIO) -> tuple[int, int]:
    """Return how many characters beyond ASCII are valid, and how many bytes are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = invalid = 0
    file.seek(0)
    if file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    for chunk in _chunks(file):
        text = decoder.decode(chunk)
        valid += len(_BEYOND_ASCII.findall(text))
        invalid += len(UNDECODED.findall(text))
    invalid += len(decoder.decode(b"", final=True))
    return valid, invalid


def _check_windows(file: BinaryIO) -> None:
    file.seek(0)
    tail = b""
    for chunk in _chunks(file):
        if found := _NOT_WINDOWS.search(tail + chunk):
            byte = f"0x{found[0][0]:02X}"
            place = file.tell() - len(tail + chunk) + found.start()
            raise FileRefused("encoding_unknown", line=_line_of(file, place), byte=byte)
        tail = chunk[-2:]


def _first_undecodable(file: BinaryIO) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    file.seek(0)
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
            done += len(chunk)
    except UnicodeDecodeError as error:
        return _line_of(file, done + error.start)
    return _line_of(file, done)


def _line_of(file: BinaryIO, place: int) -> int:
    """Return the number of the line that holds the byte at ``place``."""
    file.seek(0)
    line, before = 1, b""
    while place > 0 and (chunk := file.read(min(place, CHUNK_BYTES))):
        place -= len(chunk)
        line += sum(1 for _ in _LINE_END.finditer(chunk)) - (before == b"\r" and chunk[:1] == b"\n")
        before = chunk[-1:]
    return line


def _is_odd(chunk: bytes) -> bool:
    """Tell, for UTF-8 and Windows-1252 (which has no control characters beyond ASCII)."""
    if len(chunk.translate(None, _CONTROL_BYTES)) != len(chunk):
        return True
    if b"'" in chunk and _APOSTROPHE.search(chunk):
        return True
    return not chunk.isascii() and _C1_IN_UTF8.search(chunk) is not None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
