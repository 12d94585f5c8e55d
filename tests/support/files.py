"""Files with a given content, as the readers take them: open, on disk, without a name."""

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet


@contextmanager
def open_file(content: bytes) -> Iterator[BinaryIO]:
    """A file that holds ``content``."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file


def workbook(
    fill: Callable[[Worksheet], object], *, finish: Callable[[Workbook], object] | None = None
) -> bytes:
    """A workbook whose first sheet was given to ``fill``; ``finish`` may change the book afterwards."""
    book = Workbook()
    assert isinstance(book.active, Worksheet)
    fill(book.active)
    if finish is not None:
        finish(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def with_parts(book: bytes, changes: Mapping[str, Callable[[bytes], bytes | None]]) -> bytes:
    """The workbook with some of its parts changed, or left out where the change returns None."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part: bytes | None = old.read(name)
            if name in changes:
                part = changes[name](old.read(name))
            if part is not None:
                new.writestr(name, part)
    return packed.getvalue()
