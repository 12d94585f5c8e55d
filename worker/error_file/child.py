"""``python -m worker.error_file.child PARENT ROWS``: the process that makes one error file.

It gets the original as standard input and, by the number of its descriptor, the file that holds the order and
the rows; the error file goes to standard output, a piece at a time. It is limited as a reading child is: a
hostile original can harm it and nothing else. Exit codes: 0 done; 3 the original cannot be read; anything
else: it was harmed.
"""

import os
import sys
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from worker.error_file.layout import Layout
from worker.error_file.order import ErrorFileOrder, OpenRow, decode_order, decode_row
from worker.error_file.source import Source
from worker.parent import die_with_parent
from worker.readers.limits import limit_process
from worker.readers.table import FileRefused

REFUSED = 3


def main() -> None:
    """Make the error file of the file on standard input."""
    parent, descriptor = map(int, sys.argv[1:])
    die_with_parent(parent)
    with os.fdopen(descriptor, "rb") as lines:
        order = decode_order(lines.readline())
        limit_process(order.memory_bytes, order.cpu_seconds)
        out = os.fdopen(os.dup(1), "wb", buffering=256 * 1024)
        # nothing that a parser prints may reach the pipe
        os.dup2(2, 1)
        with open(0, "rb", closefd=False) as file, out:
            try:
                make(file, lines, order, out)
            except (FileRefused, MemoryError):
                os._exit(REFUSED)


def make(file: BinaryIO, lines: BinaryIO, order: ErrorFileOrder, out: BinaryIO) -> None:
    """Write the error file of ``file`` to ``out``; ``lines`` stands behind the order.

    Raises:
        FileRefused: the original cannot be read.
    """
    start = lines.tell()
    filas, shapes = _survey(map(decode_row, lines))
    source = Source(file, order.source, filas)
    layout = Layout(source, order, _surplus(shapes, len(source.header.cells)))
    lines.seek(start)
    rows = layout.rows(map(decode_row, lines))
    if order.format == "xlsx":
        # imported here: a CSV need not wait for it
        from worker.error_file.book import write_book

        write_book(out, source, layout, rows, order.task_id, order.language)
    else:
        from worker.error_file.text_file import write_csv

        write_csv(out, layout.header, rows, order.task_id, source.delimiter, order.language)


def _survey(rows: Iterator[OpenRow]) -> tuple["array[int]", set[tuple[int, int]]]:
    """Return the numbers of the rows, and how wide those are that have another width than they should."""
    filas, shapes = array("Q"), set()
    for row in rows:
        filas.append(row.fila)
        for fault in row.faults:
            if fault["code"] == "row_shape":
                shapes.add((fault["params"]["found"], fault["params"]["expected"]))
    return filas, shapes


def _surplus(shapes: set[tuple[int, int]], width: int) -> int:
    """Return by how many cells the widest row is too wide, of those under this header."""
    return max([0, *(found - width for found, expected in shapes if expected == width)])


if __name__ == "__main__":
    main()
