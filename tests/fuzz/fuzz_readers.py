"""Coverage-guided fuzzing of the readers with atheris, which is no dependency of ours.

    pip install atheris
    python -P -m tests.fuzz.fuzz_readers csv  SEEDS -max_total_time=1800 -rss_limit_mb=4096
    python -P -m tests.fuzz.fuzz_readers xlsx SEEDS -max_total_time=1800 -rss_limit_mb=4096

SEEDS is a directory: interesting inputs are added to it, and an empty one is filled from the corpus first. A
CSV is fuzzed as it is; of a workbook the sheet, its shared strings and its styles, packed into a zip that is
sound. Options are those of libFuzzer; what breaks is written to ``crash-…``.
"""

import io
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["worker"]):
    # those that are imported late: only what is imported here is followed
    import worker.processors.catalog.rows
    import worker.readers.csv
    import worker.readers.xlsx  # noqa: F401
    from worker.readers.child import Order, read_frames
    from worker.readers.frames import End, Frame, Opened, Refused, Rows

from tests.corpus.hostile import BROKEN
from tests.corpus.tables import TABLES
from tests.corpus.workbooks import WORKBOOKS

_CHECKER = "worker.processors.catalog.rows:make_checker"
#: Between the parts of a workbook, which are XML and hold no NUL.
_BETWEEN = b"\0\0"
_SEED_BYTES = 50_000
#: What zipfile raises of those that are broken on purpose.
_NO_ZIP = (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, zlib.error)
_PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml")
_CONTENT_TYPES = b"""<?xml version="1.0"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
</Types>"""  # noqa: E501
_RELATIONS = b"""<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"""  # noqa: E501
_WORKBOOK = b"""<?xml version="1.0"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Hoja1" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_WORKBOOK_RELATIONS = b"""<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
</Relationships>"""  # noqa: E501


def fuzz_csv(data: bytes) -> None:
    """Read the bytes as a CSV."""
    _read(data, "csv")


def fuzz_xlsx(data: bytes) -> None:
    """Read a workbook whose sheet, shared strings and styles are the bytes."""
    _read(_packed(data), "xlsx")


def _packed(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("xl/workbook.xml", _WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _WORKBOOK_RELATIONS)
        for name, part in zip(_PARTS, data.split(_BETWEEN, 2), strict=False):
            archive.writestr(name, part)
    return target.getvalue()


def _read(content: bytes, format: str) -> None:
    order = Order(format, _CHECKER, 0, 10, memory_bytes=0, cpu_seconds=0, parent=0)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        _check(list(read_frames(file, order)))


def _check(frames: Sequence[Frame]) -> None:
    """A file is refused, or each of its rows is there once, in the order of the file."""
    if isinstance(frames[-1], Refused):
        return
    opened, *batches, end = frames
    assert isinstance(opened, Opened)
    assert isinstance(end, End)
    filas: list[int] = []
    for batch in batches:
        assert isinstance(batch, Rows)
        filas += sorted([row.fila for row in batch.checked] + [row.fila for row in batch.rejected])
        assert filas[-1] == batch.last
    assert filas == sorted(set(filas))
    assert len(filas) == opened.total


def _fill(seeds: Path, format: str) -> None:
    """Put the small and harmless files of the corpus there."""
    for name, make in (WORKBOOKS | BROKEN | TABLES).items():
        if not name.endswith(format):
            continue
        content = make()
        with suppress(
            zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, zlib.error
        ):
            seed = content if format == "csv" else _unpacked(content)
            if len(seed) < _SEED_BYTES:
                (seeds / name).write_bytes(seed)


def _unpacked(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        return _BETWEEN.join(archive.read(name) if name in names else b"" for name in _PARTS)


def main(arguments: Sequence[str]) -> None:
    """Fuzz one reader until told to stop."""
    format, seeds, *options = arguments
    targets: dict[str, Callable[[bytes], None]] = {"csv": fuzz_csv, "xlsx": fuzz_xlsx}
    directory = Path(seeds)
    directory.mkdir(parents=True, exist_ok=True)
    if not any(directory.iterdir()):
        _fill(directory, format)
    atheris.Setup([sys.argv[0], *options, str(directory)], targets[format])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
