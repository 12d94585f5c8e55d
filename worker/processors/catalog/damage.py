"""What a spreadsheet did to a catalogue before it came here, as far as it can be seen.

Nothing is mended: an identifier that lost its zeros, or a name whose accents went through a wrong encoding,
is written as it stands, and the warning says where to look.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from worker.processors.catalog.faults import notice
from worker.processors.catalog.tally import Tally
from worker.readers.table import Notice

#: The bytes 80 to BF, which follow in UTF-8, as Windows-1252 and Latin-1 show them.
_FOLLOWING = bytes(range(0x80, 0xC0))
_FOLLOWING_SHOWN = "".join(sorted({*_FOLLOWING.decode("cp1252", "ignore"), *_FOLLOWING.decode("latin-1")}))
#: UTF-8 taken for Windows-1252: «ó» became «Ã³», «°» became «Â°», «’» became «â€™».
_MOJIBAKE = re.compile(f"Ã[{re.escape(_FOLLOWING_SHOWN)}]|Â[\u00a0-\u00bf]|â[€\x80]")

_MONTHS = "ene|feb|mar|abr|may|jun|jul|ago|sep|sept|oct|nov|dic|jan|apr|aug|dec"
_IDENTIFIER_DAMAGE = {
    "identifiers_exponent": re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+?[0-9]{1,3}"),
    "identifiers_rounded": re.compile(r"[1-9][0-9]{14}0+"),
    "identifiers_as_dates": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.]+)?"
        r"|[0-9]{1,2}/[0-9]{1,2}/(?:[0-9]{2}|[0-9]{4})"
        rf"|[0-9]{{1,4}}-(?:{_MONTHS})\.?(?:-[0-9]{{2,4}})?"
        rf"|(?:{_MONTHS})\.?-[0-9]{{2,4}}",
        re.IGNORECASE,
    ),
}
_MONTH_STARTS = frozenset(month[:3] for month in _MONTHS.split("|"))

#: Below this many cells, or with shorter numbers, lengths that differ mean nothing.
_FEWEST_NUMBERS = 10
_FEWEST_DIGITS = 5
#: Shares of the cells of a column: that are numbers, and of those that have the usual length.
_MOSTLY_NUMBERS = 0.9
_USUAL_LENGTH = 0.6


class TextSurvey:
    """Looks for text that went through a wrong encoding."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)

    def look(self, filas: Sequence[int], cells: Sequence[str]) -> None:
        """Look at some rows more."""
        joined = "\n".join(cells)
        if joined.isascii():
            return
        if "\N{REPLACEMENT CHARACTER}" in joined:
            self._tally("replacement_characters", re.compile("\N{REPLACEMENT CHARACTER}"), filas, cells)
        if ("Ã" in joined or "Â" in joined or "â" in joined) and _MOJIBAKE.search(joined):
            self._tally("mojibake", _MOJIBAKE, filas, cells)

    def notices(self) -> Iterator[Notice]:
        """Return what was found."""
        for code, tally in self._tallies.items():
            yield notice(code, column=self._column, **tally.params)

    def _tally(self, code: str, pattern: re.Pattern[str], filas: Sequence[int], cells: Sequence[str]) -> None:
        for fila, cell in zip(filas, cells, strict=True):
            if pattern.search(cell):
                self._tallies[code].add(fila, cell)


class IdentifierSurvey(TextSurvey):
    """Looks besides for identifiers that were taken for numbers or dates."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self._numbers = _Numbers()

    def look(self, filas: Sequence[int], cells: Sequence[str]) -> None:
        """Look at some rows more."""
        super().look(filas, cells)
        self._numbers.rows += len(cells)
        # most identifiers begin with other letters, and many with the same
        beginnings = {cell[:3] for cell in cells}
        notable = {text for text in beginnings if text[:1] <= "9" or text.lower() in _MONTH_STARTS}
        if notable:
            for fila, cell in zip(filas, cells, strict=True):
                if cell[:3] in notable:
                    self._look_at(fila, cell.strip())

    def notices(self) -> Iterator[Notice]:
        """Return what was found."""
        yield from super().notices()
        if tally := self._numbers.shortened():
            params = {"usual": self._numbers.usual_length, **tally.params}
            yield notice("leading_zeros_lost", column=self._column, **params)

    def _look_at(self, fila: int, text: str) -> None:
        if text.isdecimal():
            self._numbers.add(fila, text)
        if len(text) > len("9E9"):
            for code, pattern in _IDENTIFIER_DAMAGE.items():
                if pattern.fullmatch(text):
                    self._tallies[code].add(fila, text)


class _Numbers:
    """Identifiers of digits only: were there zeros before them?

    There were if nearly all of a column are such numbers, most of one length and some shorter. Not if they
    are simply counted from one to many: then nearly every number of the range is there.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._lengths: Counter[int] = Counter()
        self._by_length: defaultdict[int, Tally] = defaultdict(Tally)
        self._least: str | None = None
        self._greatest = ""

    @property
    def usual_length(self) -> int:
        """The length that most of them have."""
        return self._lengths.most_common(1)[0][0]

    def add(self, fila: int, text: str) -> None:
        """Take note of one."""
        self._lengths[len(text)] += 1
        self._by_length[len(text)].add(fila, text)
        if self._least is None or (len(text), text) < (len(self._least), self._least):
            self._least = text
        if (len(text), text) > (len(self._greatest), self._greatest):
            self._greatest = text

    def shortened(self) -> Tally | None:
        """Return those that are shorter than usual, if they look as if they had lost zeros."""
        numbers = self._lengths.total()
        if numbers < _FEWEST_NUMBERS or numbers < self.rows * _MOSTLY_NUMBERS or self._is_a_count(numbers):
            return None
        usual = self.usual_length
        shorter = [length for length in self._lengths if length < usual]
        is_longest = usual == max(self._lengths)
        if not shorter or not is_longest or usual < _FEWEST_DIGITS:
            return None
        if self._lengths[usual] < numbers * _USUAL_LENGTH:
            return None
        found = Tally()
        for length in shorter:
            tally = self._by_length[length]
            found.count += tally.count
            found.rows += tally.rows
            found.value = found.value or tally.value
        found.rows = sorted(found.rows)[:5]
        return found

    def _is_a_count(self, numbers: int) -> bool:
        if self._least is None or len(self._greatest) > 18:
            return False
        return int(self._greatest) - int(self._least) < 2 * numbers
