"""``python -m bench.one_reader WAY FILE``: reads a file once, in one way, and says on stdout how that went.

A process of its own for each reading, or the memory of one would be that of the one before.
"""

import csv
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bench.processes import peak_resident
from worker.readers.child import Order, read_frames
from worker.readers.frames import Rows
from worker.readers.table import TableReader, rows_of

_CHECKER = "worker.processors.catalog.rows:make_checker"


def _count_of(reader: TableReader) -> int:
    return sum(not row.is_blank for row in rows_of(reader.pieces())) - 1


def _carga_csv(path: Path) -> int:
    from worker.readers.csv import CsvReader

    with path.open("rb") as file:
        return _count_of(CsvReader(file))


def _carga_xlsx(path: Path) -> int:
    from worker.readers.xlsx import XlsxReader

    with path.open("rb") as file:
        return _count_of(XlsxReader(file))


def _carga_checked(path: Path) -> int:
    """All that the reading child does: the whole file surveyed, every row checked and made ready for COPY."""
    order = Order(path.suffix[1:], _CHECKER, 0, 10, memory_bytes=0, cpu_seconds=0, parent=0)
    with path.open("rb") as file:
        return _count_frames(file, order)


def _count_frames(file: BinaryIO, order: Order) -> int:
    return sum(len(frame) for frame in read_frames(file, order) if isinstance(frame, Rows))


def _csv_reader(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _openpyxl(path: Path) -> int:
    import openpyxl

    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    return sum(1 for _ in sheet.iter_rows(values_only=True)) - 1


def _calamine(path: Path) -> int:
    from python_calamine import CalamineWorkbook

    return sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()) - 1


def _pandas_csv(path: Path) -> int:
    import pandas as pd

    return len(pd.read_csv(path, dtype=str))


def _pandas_xlsx(path: Path) -> int:
    import pandas as pd

    return len(pd.read_excel(path, dtype=str, engine="openpyxl"))


#: By the extension of the file, each way to read it; returns the rows under the header.
WAYS: dict[str, dict[str, Callable[[Path], int]]] = {
    "csv": {
        "carga": _carga_csv,
        "carga_checked": _carga_checked,
        "csv.reader": _csv_reader,
        "pandas": _pandas_csv,
    },
    "xlsx": {
        "carga": _carga_xlsx,
        "carga_checked": _carga_checked,
        "python-calamine": _calamine,
        "openpyxl": _openpyxl,
        "pandas": _pandas_xlsx,
    },
}


def main() -> None:
    """Read as the arguments say."""
    way, path = sys.argv[1], Path(sys.argv[2])
    started = time.perf_counter()
    rows = WAYS[path.suffix[1:]][way](path)
    seconds = time.perf_counter() - started
    # not of getrusage: that is never less than what the process had that started this one
    peak = peak_resident(os.getpid())
    sys.stdout.write(json.dumps({"rows": rows, "seconds": seconds, "peak_rss": peak}))


if __name__ == "__main__":
    main()
