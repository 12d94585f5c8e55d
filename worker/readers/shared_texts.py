"""The texts that the cells of a plain sheet refer to, read by the fast parser and held close together."""

import re
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from xml.parsers import expat

from worker.readers.aside import Submit
from worker.readers.book_frame import BookFrame
from worker.readers.shared_strings import MAX_STRINGS, MAX_TEXT_BYTES, has_loose_spaces
from worker.readers.sheet import MAX_CELL_BYTES
from worker.readers.table import FileRefused

#: Strings that are read at once, as bytes of XML.
_BLOCK_BYTES = 1024 * 1024
#: Blocks that may wait to be read.
_AHEAD = 2

_PROLOG = rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*+>)?\s*+"
_HEAD = re.compile(_PROLOG + rb"<sst\s[^<>]*+(?<!/)>\s*+(?=<si[>\s/]|</sst)")
_NO_STRINGS = re.compile(_PROLOG + rb"<sst\s[^<>]*+(?<=/)>\s*+")
_END = re.compile(rb"</sst\s*+>\s*+")
_TEXT = rb'<t(?: xml:space="preserve")?>[^<]*+</t></si>'
# anything that is no comment and the like, nor the beginning or end of a string under any prefix
_ANYTHING = rb"(?:[^<]++|<(?!/?(?:[^\s<>/:]++:)?si[\s/>]|[!?]))*+</si>"
_STRINGS = re.compile(rb"(?:(?:<si>(?:" + _TEXT + rb"|" + _ANYTHING + rb")|<si\s?/>)\s*+)++")
_EMPTY = re.compile(rb"<si\s?/>")


class NotPlainStrings(Exception):
    """The strings are written in a way that leaves room for more than one reading."""


class SharedTexts:
    """The shared strings of a workbook, as one text: millions of Python's own would take four times as much.

    Counts what is referred to: many cells of a long text are a bomb.
    """

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("Q", [0])
        self._lengths = array("I")
        self._referred = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, xml_lengths: Iterable[int], texts: Iterable[str]) -> None:
        """Add strings, with their lengths as bytes of XML."""
        self._lengths.extend(xml_lengths)
        end = len(self._text)
        for text in texts:
            encoded = text.encode()
            self._text += encoded
            end += len(encoded)
            self._ends.append(end)

    def refer(self, places: Sequence[int]) -> list[str]:
        """Return the texts at these places.

        Raises:
            FileRefused: all cells so far come to more text than an honest workbook holds.
            IndexError: there is no such place.
        """
        self._referred += sum(map(self._lengths.__getitem__, places))
        if self._referred > MAX_TEXT_BYTES:
            raise FileRefused("xlsx_bomb")
        different = set(places)
        if len(different) == len(places):
            return list(map(self._text_at, places))
        texts = {place: self._text_at(place) for place in different}
        return list(map(texts.__getitem__, places))

    def _text_at(self, place: int) -> str:
        return self._text[self._ends[place] : self._ends[place + 1]].decode()


def read_shared_texts(pieces: Iterable[bytes], frame: BookFrame, submit: Submit) -> SharedTexts:
    """Return the shared strings of a workbook.

    Raises:
        FileRefused: there are too many, or one is longer than a cell may be.
        NotPlainStrings: they cannot be cut into pieces without doubt.
    """
    texts = SharedTexts()
    waiting: deque[tuple[list[int], Future[list[str]]]] = deque()
    count = 0
    for block in _blocks(pieces):
        lengths = [len(item) + len(b"</si>") for item in block.split(b"</si>")[:-1]]
        count += len(lengths)
        if count > MAX_STRINGS:
            raise FileRefused("xlsx_too_many_strings", limit=MAX_STRINGS)
        waiting.append((lengths, submit(frame.read_strings, block)))
        if len(waiting) > _AHEAD:
            _add_first(texts, waiting)
    while waiting:
        _add_first(texts, waiting)
    return texts


def _add_first(texts: SharedTexts, waiting: "deque[tuple[list[int], Future[list[str]]]]") -> None:
    lengths, reading = waiting.popleft()
    found = reading.result()
    # tags that do not match make one string of several
    if len(found) != len(lengths):
        raise NotPlainStrings
    texts.add(lengths, found)


def _blocks(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Yield the strings, each as it is written, a whole number of them at a time."""
    at_hand, whole, has_begun = b"", b"", False
    for piece in pieces:
        at_hand += piece
        if not has_begun:
            head = _HEAD.match(at_hand)
            if head is None:
                _check_length(at_hand)
                continue
            _check_head(head[0])
            has_begun, at_hand = True, at_hand[head.end() :]
        strings = _STRINGS.match(at_hand)
        if strings is not None:
            whole += _EMPTY.sub(b"<si></si>", strings[0])
            at_hand = at_hand[strings.end() :]
        _check_length(at_hand)
        if len(whole) >= _BLOCK_BYTES:
            yield _checked(whole)
            whole = b""
    if (_END if has_begun else _NO_STRINGS).fullmatch(at_hand) is None:
        raise NotPlainStrings
    if whole:
        yield _checked(whole)


def _check_head(head: bytes) -> None:
    """What stands before the strings is given to no other parser."""
    try:
        expat.ParserCreate().Parse(head, False)
    except expat.ExpatError as error:
        raise NotPlainStrings from error


def _check_length(at_hand: bytes) -> None:
    # formatted text has more tags than text
    if len(at_hand) > 4 * MAX_CELL_BYTES:
        raise NotPlainStrings


def _checked(strings: bytes) -> bytes:
    if has_loose_spaces([strings]):
        raise NotPlainStrings
    return strings
