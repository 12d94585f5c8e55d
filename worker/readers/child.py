"""The process that reads one file: limited in all that it may use, trusted with nothing.

It gets the file as standard input and one JSON argument, and writes frames to standard output. Whatever a
hostile file does to a parser happens here; the worker only sees the process end.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any, BinaryIO

import msgspec

from worker.parent import die_with_parent
from worker.readers.aside import Submit, at_once
from worker.readers.frames import End, Frame, Mends, Opened, Refused, RejectedRow, Rows, encode_frame
from worker.readers.limits import limit_process
from worker.readers.origins import Mending, Origins, ReportColumns, find_report_columns
from worker.readers.table import (
    Checker,
    CheckerFactory,
    FileRefused,
    PlainRows,
    Row,
    TableReader,
    Verdict,
    rows_of,
)
from worker.readers.unmended import Unmended

#: How much of a file is shown to whoever wants to see what was read.
_SAMPLE_ROWS = 5
_SAMPLE_COLUMNS = 100
_SAMPLE_CHARACTERS = 300
_SURROGATE = re.compile("[\ud800-\udfff]")


class Order(msgspec.Struct, frozen=True):
    """What the worker wants of the child.

    ``checker`` names a ``CheckerFactory`` as ``package.module:function``; rows up to ``after`` are skipped;
    ``parent`` is the worker's process id. ``asks``: a file that seems to mend rows of an earlier one is not
    read but asked about; ``mending`` is the answer, None where it is like any other.
    """

    format: str
    checker: str
    after: int
    rows_per_frame: int
    memory_bytes: int
    cpu_seconds: int
    parent: int
    asks: bool = False
    mending: Mending | None = None


def main() -> None:
    """Read the file on standard input as ordered by the first argument."""
    order = msgspec.json.decode(sys.argv[1], type=Order)
    die_with_parent(order.parent)
    read_to_end(order)


def read_to_end(order: Order) -> None:
    """Read the file on standard input, within the order's limits, and write its frames to standard output."""
    helper = _helping_thread() if order.format == "xlsx" else None
    limit_process(order.memory_bytes, order.cpu_seconds)
    # nothing that a parser prints may reach the pipe of frames
    pipe = os.fdopen(os.dup(1), "wb", buffering=64 * 1024)
    os.dup2(2, 1)
    # opened anew: Python has looked at what stood there when it began
    with open(0, "rb", closefd=False) as file:
        for frame in read_frames(file, order, helper.submit if helper else at_once):
            pipe.write(encode_frame(frame))
            if isinstance(frame, Opened):
                pipe.flush()
    pipe.flush()


def _helping_thread() -> ThreadPoolExecutor:
    """Return a thread that has been started: once the process is limited, none can be."""
    helper = ThreadPoolExecutor(1)
    helper.submit(int).result()
    # the two hand the interpreter to each other often
    sys.setswitchinterval(0.001)
    return helper


def read_frames(file: BinaryIO, order: Order, submit: Submit = at_once) -> Iterator[Frame]:
    """Yield the frames of a file: Opened, Rows …, End, or Refused where it cannot be imported. ``submit``
    does some of the work beside the rest."""
    try:
        reader = _open(file, order.format, submit)
        header = _find_header(reader)
        report = find_report_columns(header.cells) if order.asks or order.mending else None
        if report and order.asks and (task_id := report.first_task(reader, header.fila)):
            yield Mends(task_id)
            return
        yield from _read_table(reader, header, order, report)
    except FileRefused as refusal:
        yield Refused(refusal.code, refusal.params)
    except MemoryError:
        yield Refused("reader_limits", {})


def _open(file: BinaryIO, format: str, submit: Submit) -> TableReader:
    # imported here: a CSV need not wait for a spreadsheet parser to load
    if format == "xlsx":
        from worker.readers.xlsx import XlsxReader

        return XlsxReader(file, submit)
    from worker.readers.csv import CsvReader

    return CsvReader(file)


def _find_header(reader: TableReader) -> Row:
    """Return the first row that is not blank."""
    header = next((row for row in rows_of(reader.pieces()) if not row.is_blank), None)
    if header is None:
        raise FileRefused("no_header")
    return header


def _read_table(
    reader: TableReader, header: Row, order: Order, report: ReportColumns | None
) -> Iterator[Frame]:
    module, _, function = order.checker.partition(":")
    factory: CheckerFactory = getattr(importlib.import_module(module), function)
    after = max(order.after, header.fila)
    origins = Origins(report, order.mending.task_id, after) if report and order.mending else None
    if report and order.mending:
        checker = factory(header.cells, aside=report.places, hints=order.mending.hints)
    else:
        checker = factory(header.cells)
    total, sample = _survey_rows(reader, header.fila, checker)
    # which ends the survey: only then are the columns known as far as they will be
    notices = checker.notices()
    yield Opened(total, checker.columns, [*reader.notices, *notices], reader.facts, sample)
    pieces = reader.pieces()
    if report and origins:
        unmended = Unmended(header.cells, report, is_text=order.format == "csv")
        pieces = unmended.watch(origins.watch(pieces))
    rows = _check_rows(pieces, after, checker)
    yield from _frames(rows, order.rows_per_frame, origins)
    yield End()


def _survey_rows(reader: TableReader, header_fila: int, checker: Checker) -> tuple[int, list[dict[str, Any]]]:
    """Show the checker all rows and return how many there are, and the first of them as they stand there;
    reading to the end also shows that the whole file is well formed."""
    total = 0
    sample: list[dict[str, Any]] = []
    for piece in reader.pieces():
        if isinstance(piece, PlainRows):
            rows = piece.behind(header_fila)
            if rows.cells:
                checker.survey_all(rows)
                total += len(rows.cells)
                sample += map(_shown, islice(rows.rows(), _SAMPLE_ROWS - len(sample)))
        elif piece.fila > header_fila and not piece.is_blank:
            checker.survey(piece)
            total += 1
            if len(sample) < _SAMPLE_ROWS:
                sample.append(_shown(piece))
    if total == 0:
        raise FileRefused("no_rows")
    return total, sample


def _shown(row: Row) -> dict[str, Any]:
    # half of a surrogate pair can be sent to nobody
    cells = [_SURROGATE.sub("\ufffd", cell[:_SAMPLE_CHARACTERS]) for cell in row.cells[:_SAMPLE_COLUMNS]]
    return {"fila": row.fila, "cells": cells}


def _check_rows(
    pieces: Iterator[Row | PlainRows], after: int, checker: Checker
) -> Iterator[tuple[int, Verdict]]:
    """Yield the number of each row behind row ``after``, and what it comes to."""
    for piece in pieces:
        if isinstance(piece, PlainRows):
            rows = piece.behind(after)
            if rows.cells:
                yield from zip(count(rows.first), checker.check_all(rows), strict=False)
        elif piece.fila > after and not piece.is_blank:
            yield piece.fila, list(piece.faults) or checker.check(piece.cells)


def _frames(
    rows: Iterator[tuple[int, Verdict]], rows_per_frame: int, origins: Origins | None
) -> Iterator[Rows]:
    while some := list(islice(rows, rows_per_frame)):
        heads: list[tuple[int, list[str]]] = []
        lines: list[bytes] = []
        rejected: list[RejectedRow] = []
        for fila, verdict in some:
            if isinstance(verdict, tuple):
                heads.append((fila, verdict[0]))
                lines.append(verdict[1])
            else:
                rejected.append(RejectedRow(fila, verdict))
        found = origins.of_rows(some[0][0], some[-1][0]) if origins else None
        yield Rows.pack(some[-1][0], heads, lines, rejected, found)


if __name__ == "__main__":
    main()
