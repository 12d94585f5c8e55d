"""``python -m worker.inspection FILE``: how a file is read, and whether it would load. No service is needed.

The file is read as for an import, in the same child process with the same limits. Standard output gets one
JSON document, or with ``--rows`` every row as it was read, a JSON document a line. Exit codes: 0 readable;
1 refused: the document says why; 2 the command line makes no sense, or there is no such file.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from common.bodies import column_body, fault_group_body, notice_body
from common.logs import configure_logs
from common.tasks import GROUP_LIMIT, FaultGroup
from common.texts import Language, render_task_error
from worker.fault_groups import Groups, add_faults
from worker.readers.sandbox import ReaderCrashed, ReaderLimits, RowSource, open_rows
from worker.readers.table import FileRefused
from worker.reading import Reading
from worker.row_teller import RowTeller, as_lines, faults_of, in_order
from worker.settings import Settings

_FIRST_ROWS = 10
#: A row may be as large as its file: few of them are held at a time.
_ROWS_PER_FRAME = 10
_FRAMES_AHEAD = 2
_ROWS_PER_BATCH = 1000
_FORMATS = {".xlsx": "xlsx", ".csv": "csv"}
_INTERRUPTED = 130
_ZIP = b"PK\x03\x04"

_encode = msgspec.json.Encoder().encode

Json = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What to look at, and as what."""

    file: BinaryIO
    format: str
    raw: bool
    limits: ReaderLimits
    language: Language

    @asynccontextmanager
    async def rows(self, *, raw: bool) -> AsyncIterator[RowSource]:
        """Open the file. Raises ``FileRefused``, also where it harmed the reader."""
        self.file.seek(0)
        try:
            async with open_rows(
                self.file,
                format=self.format,
                checker=f"worker.looking:{'at_table' if raw else 'at_catalogue'}",
                after=0,
                rows_per_frame=_ROWS_PER_FRAME,
                batch_max_rows=_ROWS_PER_BATCH,
                limits=self.limits,
                frames_ahead=_FRAMES_AHEAD,
            ) as source:
                yield source
        except ReaderCrashed as error:
            raise FileRefused("file_unreadable", format=self.format.upper()) from error


@dataclass
class Account:
    """What the rows came to."""

    rows: int = 0
    faulty: int = 0
    groups: Groups = field(default_factory=dict)
    first: list[Json] = field(default_factory=list)


async def describe(look: Look) -> Json:
    """Return all that there is to say of the file, and its first rows."""
    try:
        async with look.rows(raw=look.raw) as source:
            account = await _count(source, RowTeller(source.reading.columns, look.language))
            return _document(look, source.reading, account, None)
    except FileRefused as refusal:
        if _is_empty_table(look, refusal):
            return _document(look, Reading(), Account(), None)
        reading, first = await _glimpse(look)
        return _document(look, reading, Account(first=first), refusal)


async def _count(source: RowSource, teller: RowTeller) -> Account:
    account = Account()
    while batch := await source.next_batch():
        for row in in_order(batch):
            account.rows += 1
            if faults := faults_of(row):
                account.faulty += 1
                add_faults(account.groups, row.fila, faults)
            if len(account.first) < _FIRST_ROWS:
                account.first.append(teller.tell(row))
    return account


async def _glimpse(look: Look) -> tuple[Reading, list[Json]]:
    """Return what can be seen of a file that is no catalogue, if it is a table at all."""
    if look.raw:
        return Reading(), []
    try:
        async with look.rows(raw=True) as source:
            teller = RowTeller(source.reading.columns, look.language)
            batch = await source.next_batch()
            rows = in_order(batch) if batch else ()
            return source.reading, [teller.tell(row) for row in rows][:_FIRST_ROWS]
    except FileRefused:
        return Reading(), []


def _document(look: Look, reading: Reading, account: Account, refusal: FileRefused | None) -> Json:
    reading, groups = reading.cut(), sorted(account.groups.items(), key=lambda item: -item[1][0])
    return {
        "filename": Path(look.file.name).name,
        "formato": look.format,
        "se_puede_cargar": None if look.raw else refusal is None,
        **_error(refusal, look.language),
        "advertencias": [notice_body(notice, look.language) for notice in reading.notices],
        "lectura": reading.facts,
        "columnas": [column_body(column) for column in reading.columns],
        "resumen": None
        if refusal
        else {
            "total": account.rows,
            "sin_errores": account.rows - account.faulty,
            "con_errores": account.faulty,
        },
        "grupos_errores": [
            fault_group_body(FaultGroup(code, column or None, rows, first), look.language)
            for (code, column), (rows, first) in groups[:GROUP_LIMIT]
        ],
        "filas": account.first,
    }


def _error(refusal: FileRefused | None, language: Language) -> Json:
    if refusal is None:
        return {"error": None, "error_code": None}
    return {
        "error": render_task_error(refusal.code, refusal.params, language),
        "error_code": refusal.code,
    }


async def tell_rows(look: Look, write: Callable[[bytes], object]) -> Json:
    """Write every row, a line of JSON each, and return the document of the file's error: null where it has
    none."""
    try:
        async with look.rows(raw=look.raw) as source:
            teller = RowTeller(source.reading.columns, look.language)
            while batch := await source.next_batch():
                write(as_lines(teller.tell(row) for row in in_order(batch)))
    except FileRefused as refusal:
        if not _is_empty_table(look, refusal):
            return _error(refusal, look.language)
    return _error(None, look.language)


def _is_empty_table(look: Look, refusal: FileRefused) -> bool:
    """Return whether the file is one of no rows under its header: no catalogue, and yet a table."""
    return look.raw and refusal.code == "no_rows"


def _format_of(file: BinaryIO, *, raw: bool) -> str:
    """Return the format by the file's name; for a table that is no upload, failing that, by its content."""
    extension = Path(file.name).suffix.lower()
    if extension in _FORMATS:
        return _FORMATS[extension]
    if not raw:
        raise FileRefused("unsupported_extension", allowed=list(_FORMATS))
    return "xlsx" if file.read(len(_ZIP)) == _ZIP else "csv"


def inspect(file: BinaryIO, arguments: argparse.Namespace, settings: Settings) -> int:
    """Look at the file as the command line says; return the exit code."""
    limits = ReaderLimits(settings.reader_memory_mb << 20, settings.reader_cpu_seconds)
    write = sys.stdout.buffer.write
    try:
        format = _format_of(file, raw=arguments.raw)
    except FileRefused as refusal:
        write(_encode({"filename": Path(file.name).name, **_error(refusal, arguments.language)}) + b"\n")
        return 1
    look = Look(file, format, arguments.raw, limits, arguments.language)
    if not arguments.rows:
        document = asyncio.run(describe(look))
        write(msgspec.json.format(_encode(document)) + b"\n")
    else:
        document = asyncio.run(tell_rows(look, write))
        if document["error_code"]:
            write(_encode(document) + b"\n")
    return 1 if document["error_code"] else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m worker.inspection")
    parser.add_argument("file", type=argparse.FileType("rb"), help="of .xlsx or .csv; with --raw of any name")
    parser.add_argument("--raw", action="store_true", help="any table: look for no catalogue in it")
    parser.add_argument("--rows", action="store_true", help="every row, a JSON document a line")
    parser.add_argument("--language", choices=("es", "en"), default="es")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Do one inspection."""
    parsed, settings = parse(arguments), Settings()
    configure_logs("inspection", settings, sys.stderr)
    try:
        exit_code = inspect(parsed.file, parsed, settings)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # whoever reads has seen enough; nor is there anybody to flush to at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_code = 0
    except KeyboardInterrupt:
        exit_code = _INTERRUPTED
    return exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
