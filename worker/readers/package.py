"""A look into the zip that a workbook is, before any parser sees it.

Two parsers with two ideas of a zip read it afterwards, so what could be taken in two ways is refused:
entries that overlap or share a name, a directory that says other than the entries. So are declarations of
entities. Every entry is unpacked to its end, in pieces, and must come to what the directory says of it.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from worker.readers.table import FileRefused

#: Unpacked, a million products in 13 columns are about 720 MB.
MAX_UNPACKED_BYTES = 1536 << 20
#: Honest sheets are 5 to 60 times their packed size; deflate comes to 1,030 at the very most.
MAX_RATIO = 250
#: Below this a high ratio does no harm.
_RATIO_MATTERS_BYTES = 64 << 20
#: Sheets, drawings, pictures; and the directory that lists them.
MAX_PARTS = 10_000
_MAX_DIRECTORY_BYTES = 4 << 20
#: Parts that are held in memory as a whole.
_MAX_SMALL_PART_BYTES = 32 << 20
#: To unpack such a part twice takes time that matters.
_LARGE_PART_BYTES = 1024 * 1024
_PIECE_BYTES = 256 * 1024
_PROLOG_BYTES = 64 * 1024

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_IS_ENCRYPTED = 0x1
_UTF8_NAME = 0x800

_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?P<declaration><\?xml[^>]*+>)?"
    rb"(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+<(?P<next>.)",
    re.DOTALL,
)
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([^"']*)["']""")
_UTF8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


class Package:
    """The parts of a zip that has been found sound.

    ``is_utf8``: all XML in it is UTF-8, which is all that the fast parser understands.

    Raises:
        FileRefused: it is cut off, contradicts itself, or unpacks to more than an honest workbook does.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.is_utf8 = True
        self._sound: set[str] = set()
        self._file = file
        _check_end(file)
        try:
            with ZipFile(file) as archive:
                entries = archive.infolist()
        except (BadZipFile, NotImplementedError) as error:
            raise FileRefused("file_unreadable", format="XLSX") from error
        _check_entries(entries)
        self._starts = {entry.filename: _data_start(file, entry) for entry in entries}
        self._entries = {entry.filename: entry for entry in entries}
        _check_overlap(entries, self._starts)

    @property
    def names(self) -> list[str]:
        """The names of the parts, in the order of the directory."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def size(self, name: str) -> int:
        """Return the unpacked size of a part, in bytes."""
        return self._entries[name].file_size

    def check_small_parts(self) -> None:
        """Unpack every part that is not large, keeping none, and the beginning of those that are.

        Raises:
            FileRefused: one is damaged, longer or shorter than it says, or declares entities.
        """
        for name in self._entries:
            pieces = self.pieces(name)
            if name.lower().endswith((".xml", ".rels")):
                self.is_utf8 &= _check_prolog(next(pieces, b""))
            if self.size(name) <= _LARGE_PART_BYTES:
                _read_to_end(pieces)

    def check_large_parts(self) -> None:
        """Unpack every part to whose end nobody has read so far, keeping none.

        Raises:
            FileRefused: one is damaged, or longer or shorter than it says.
        """
        for name in self._entries.keys() - self._sound:
            _read_to_end(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the unpacked bytes of a part.

        Raises:
            FileRefused: it is damaged, or longer or shorter than the directory says.
        """
        entry = self._entries[name]
        left, crc = entry.file_size, 0
        for piece in _unpacked(self._file, self._starts[name], entry):
            left -= len(piece)
            if left < 0:
                raise FileRefused("xlsx_inconsistent")
            crc = zlib.crc32(piece, crc)
            yield piece
        if left or crc != entry.CRC:
            raise FileRefused("file_unreadable", format="XLSX")
        self._sound.add(name)

    def read(self, name: str) -> bytes:
        """Return a part that is small in every honest workbook.

        Raises:
            FileRefused: there is no such part, it is damaged, or it is not small.
        """
        if name not in self._entries:
            raise FileRefused("file_unreadable", format="XLSX")
        if self.size(name) > _MAX_SMALL_PART_BYTES:
            raise FileRefused("xlsx_bomb")
        return b"".join(self.pieces(name))


def _read_to_end(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass


def _check_end(file: BinaryIO) -> None:
    """Refuse a zip without an end (it is cut off) or with a directory longer than any honest one."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - 0xFFFF))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise FileRefused("xlsx_truncated")
    _, _, _, _, entries, directory_bytes, offset, _ = _END.unpack_from(tail, place)
    if entries > MAX_PARTS or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise FileRefused("xlsx_too_many_parts", limit=MAX_PARTS)
    if offset + directory_bytes > length:
        raise FileRefused("xlsx_truncated")


def _check_entries(entries: list[ZipInfo]) -> None:
    if len(entries) > MAX_PARTS:
        raise FileRefused("xlsx_too_many_parts", limit=MAX_PARTS)
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise FileRefused("xlsx_inconsistent")
    if any(entry.flag_bits & _IS_ENCRYPTED for entry in entries):
        raise FileRefused("xlsx_encrypted")
    if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise FileRefused("file_unreadable", format="XLSX")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES or any(map(_is_bomb, entries)):
        raise FileRefused("xlsx_bomb")


def _is_bomb(entry: ZipInfo) -> bool:
    return entry.file_size > max(_RATIO_MATTERS_BYTES, entry.compress_size * MAX_RATIO)


def _data_start(file: BinaryIO, entry: ZipInfo) -> int:
    """Return where the packed bytes begin; the header there must say what the directory says."""
    if entry.header_offset < 0:
        raise FileRefused("xlsx_inconsistent")
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise FileRefused("xlsx_truncated")
    signature, _, flags, method, *_, name_bytes, extra_bytes = _LOCAL.unpack(header)
    name = file.read(name_bytes).decode("utf-8" if flags & _UTF8_NAME else "cp437", "replace")
    if (signature, method, name) != (b"PK\x03\x04", entry.compress_type, entry.orig_filename):
        raise FileRefused("xlsx_inconsistent")
    start: int = entry.header_offset + _LOCAL.size + name_bytes + extra_bytes
    return start


def _check_overlap(entries: list[ZipInfo], starts: dict[str, int]) -> None:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise FileRefused("xlsx_inconsistent")
        end = starts[entry.filename] + entry.compress_size


def _unpacked(file: BinaryIO, start: int, entry: ZipInfo) -> Iterator[bytes]:
    packed = _packed(file, start, entry.compress_size)
    if entry.compress_type == ZIP_STORED:
        yield from packed
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            # behind its end it would take bytes for ever
            while piece and not inflater.eof:
                yield inflater.decompress(piece, _PIECE_BYTES)
                piece = inflater.unconsumed_tail
            if inflater.eof:
                break
        while not inflater.eof and (rest := inflater.decompress(b"", _PIECE_BYTES)):
            yield rest
    except zlib.error as error:
        raise FileRefused("file_unreadable", format="XLSX") from error
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail or next(packed, b""):
        raise FileRefused("xlsx_inconsistent")


def _packed(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    while length:
        # somebody else may have read from the same file meanwhile
        file.seek(start)
        piece = file.read(min(length, _PIECE_BYTES))
        if not piece:
            raise FileRefused("xlsx_truncated")
        yield piece
        start += len(piece)
        length -= len(piece)


def _check_prolog(head: bytes) -> bool:
    """Return whether the XML that begins so is UTF-8; refuse one that declares a document type, which is
    where entities come from, and encodings in which it could hide."""
    head = head[:_PROLOG_BYTES]
    is_utf8 = not head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not is_utf8:
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    prolog = _PROLOG.match(head)
    if not head:
        return True
    if prolog is None:
        raise FileRefused("file_unreadable", format="XLSX")
    if prolog["next"] == b"!":
        raise FileRefused("xlsx_entities")
    declared = _ENCODING.search(prolog["declaration"] or b"")
    encoding = declared[1].lower() if declared else b"utf-8"
    if encoding not in _UTF8 and (is_utf8 or encoding != b"utf-16"):
        raise FileRefused("file_unreadable", format="XLSX")
    return is_utf8
