"""The files of one ``bench import``, each written once: what the floor copies, what is uploaded."""

from pathlib import Path
from typing import NamedTuple

from bench.files import WRITERS, catalogue_rows, write_csv

#: The passes over one table: all rows are new, then all rows exist.
PASSES = ("insert", "update")


class Size(NamedTuple):
    """One kind of file: ``rows`` rows of ``format``."""

    format: str
    rows: int


class ImportFiles:
    """Files below a directory; those of the second pass have other prices, so that an update changes rows."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def floor(self, rows: int, writes: str) -> Path:
        """Return a CSV without faults, for COPY: it takes no faulty rows."""
        path = self._directory / f"floor-{rows}-{writes}.csv"
        if not path.exists():
            write_csv(path, catalogue_rows(rows, revision=PASSES.index(writes), with_faults=False))
        return path

    def upload(self, size: Size, writes: str) -> Path:
        """Return a file with one faulty row in a hundred."""
        path = self._directory / f"upload-{size.rows}-{writes}.{size.format}"
        if not path.exists():
            WRITERS[size.format](path, catalogue_rows(size.rows, revision=PASSES.index(writes)))
        return path
