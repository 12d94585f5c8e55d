"""``python -m tests.corpus.make_corpus DIRECTORY [NAME …]`` writes the files of the corpus, or some of them."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.corpus.hostile import BROKEN, HOSTILE, NOT_WORKBOOKS
from tests.corpus.tables import TABLES
from tests.corpus.workbooks import WORKBOOKS

#: What makes each file, by its name.
CORPUS: dict[str, Callable[[], bytes]] = WORKBOOKS | NOT_WORKBOOKS | BROKEN | HOSTILE | TABLES


def make(name: str, directory: Path) -> Path:
    """Write one file and return where it is."""
    path = directory / name
    path.write_bytes(CORPUS[name]())
    return path


if __name__ == "__main__":
    for each in sys.argv[2:] or CORPUS:
        make(each, Path(sys.argv[1]))
