"""Which files a person means: files, the catalogues of a folder, standard input."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from common.texts import Text

#: What stands for standard input on a command line.
STANDARD_INPUT = Path("-")

_SUFFIXES = (".xlsx", ".csv")
#: Excel's own note that a workbook is open: no workbook, though it is called one.
_LOCK_PREFIX = "~$"
_XLSX_BEGINS = b"PK\x03\x04"

_UNREADABLE = Text("No se puede leer {file}: {reason}", "Cannot read {file}: {reason}")
_EMPTY_FOLDER = Text(
    "En la carpeta {folder} no hay ningún archivo .xlsx ni .csv",
    "There is no .xlsx or .csv file in the folder {folder}",
)


@dataclass(frozen=True)
class Source:
    """A file to send, the name under which it goes, and its size in bytes."""

    path: Path
    name: str
    size: int


@contextmanager
def sources(paths: Sequence[Path], stdin: IO[bytes], stdin_name: str | None) -> Iterator[list[Source]]:
    """Yield the files of a command line, in its order; those of a folder by their names.

    Standard input is kept in a temporary file while the context lasts: what was sent in vain is sent again.

    Raises:
        CommandError: a file cannot be read, or a folder holds no catalogue.
    """
    with ExitStack() as stack:
        found: list[Source] = []
        for path in paths:
            if path == STANDARD_INPUT:
                found.append(stack.enter_context(_kept(stdin, stdin_name)))
            else:
                found.extend(_source(file) for file in _files(path))
        yield found


def unreadable(file: Path, error: OSError) -> CommandError:
    """Return what to tell of a file that cannot be opened."""
    reason = error.strerror or str(error)
    return CommandError(_UNREADABLE, ExitCode.USAGE, code="file_unreadable", file=file, reason=reason)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        files = sorted(file for file in path.iterdir() if _is_catalogue(file))
    except OSError as error:
        raise unreadable(path, error) from error
    if not files:
        raise CommandError(_EMPTY_FOLDER, ExitCode.USAGE, code="folder_empty", folder=path)
    return files


def _is_catalogue(file: Path) -> bool:
    hidden = file.name.startswith((".", _LOCK_PREFIX))
    return file.suffix.lower() in _SUFFIXES and not hidden and file.is_file()


def _source(file: Path) -> Source:
    try:
        with file.open("rb"):
            return Source(file, file.name, file.stat().st_size)
    except OSError as error:
        raise unreadable(file, error) from error


@contextmanager
def _kept(stdin: IO[bytes], name: str | None) -> Iterator[Source]:
    with tempfile.NamedTemporaryFile(prefix="carga-") as kept:
        shutil.copyfileobj(stdin, kept)
        kept.flush()
        path = Path(kept.name)
        with path.open("rb") as head:
            suffix = ".xlsx" if head.read(len(_XLSX_BEGINS)) == _XLSX_BEGINS else ".csv"
        yield Source(path, name or f"entrada{suffix}", path.stat().st_size)
