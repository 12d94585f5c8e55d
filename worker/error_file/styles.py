# ruff: noqa: SLF001 - openpyxl offers no other way to the styles of a workbook by their numbers
"""The styles of the error file: the original's, by the numbers that they have there, and a few more."""

import warnings
from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.stylesheet import apply_stylesheet, write_stylesheet
from openpyxl.xml.functions import tostring

from worker.readers.xlsx import XlsxReader

_BAD = PatternFill("solid", fgColor="FFFFC7CE")
_OURS = PatternFill("solid", fgColor="FFE7E6E6")
#: The number format by which a cell takes what is typed for text.
_TEXT_FORMAT = 49


class Styles:
    """``kept``: those of the original are there. Where they cannot be read, there are only ours."""

    def __init__(self, original: XlsxReader | None) -> None:
        self._book: Any = Workbook()
        self.kept = original is not None and self._take_over(original)
        self._marked: dict[int, int] = {}
        # the first of all is that of cells without any
        self.heading = self._add(0, fill=_OURS, bold=True)
        self.text = self._add(0, number_format=_TEXT_FORMAT)

    def known(self, style: int) -> int:
        """Return the number of a style of the original, 0 where there is none such."""
        return style if self.kept and style < self._originals else 0

    def marked(self, style: int) -> int:
        """Return the number of a style like this one, but that of a bad cell."""
        if style not in self._marked:
            self._marked[style] = self._add(style, fill=_BAD)
        return self._marked[style]

    def xml(self) -> bytes:
        """Return the part of the workbook that holds them."""
        part: bytes = tostring(write_stylesheet(self._book))
        return part

    def _take_over(self, original: XlsxReader) -> bool:
        name, package = original.book.styles, original.package
        self._originals = 1
        if name is None or name not in package:
            return True
        book: Any = Workbook()
        part: Any = _Part(package.read(name))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                apply_stylesheet(part, book)
            book._differential_styles.styles = []
            # whatever is wrong with them must show here
            write_stylesheet(book)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - there is no end of what a program may have written there
            return False
        self._book, self._originals = book, len(book._cell_styles)
        return True

    def _add(
        self,
        style: int,
        *,
        fill: PatternFill | None = None,
        number_format: int | None = None,
        bold: bool = False,
    ) -> int:
        made = copy(self._book._cell_styles[style])
        if fill is not None:
            made.fillId = self._book._fills.add(fill)
        if number_format is not None:
            made.numFmtId = number_format
        if bold:
            made.fontId = self._book._fonts.add(Font(bold=True))
        return int(self._book._cell_styles.add(made))


class _Part:
    """The one part that is asked for, as an archive."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, _: str) -> bytes:
        return self._content
