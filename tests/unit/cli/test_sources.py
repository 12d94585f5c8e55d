"""Which files a command line means."""

import io
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.sources import STANDARD_INPUT, sources


def _names(*paths: Path, stdin: bytes = b"", name: str | None = None) -> list[tuple[str, int]]:
    with sources(paths, io.BytesIO(stdin), name) as found:
        assert all(source.path.read_bytes() is not None for source in found)
        return [(source.name, source.size) for source in found]


def test_files_stay_in_their_order_and_a_folder_gives_its_catalogues_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "enero"
    folder.mkdir()
    for name in ("b.CSV", "a.xlsx", "~$a.xlsx", ".oculto.csv", "notas.txt"):
        (folder / name).write_bytes(b"12")
    (folder / "carpeta.csv").mkdir()
    single = tmp_path / "z.csv"
    single.write_bytes(b"123")
    assert _names(single, folder) == [("z.csv", 3), ("a.xlsx", 2), ("b.CSV", 2)]


@pytest.mark.parametrize(
    ("stdin", "name", "expected"),
    [
        (b"id,nombre\n", None, "entrada.csv"),
        (b"PK\x03\x04rest", None, "entrada.xlsx"),
        (b"id,nombre\n", "productos.csv", "productos.csv"),
    ],
)
def test_standard_input_is_a_file_like_the_others(stdin: bytes, name: str | None, expected: str) -> None:
    assert _names(STANDARD_INPUT, stdin=stdin, name=name) == [(expected, len(stdin))]


def test_what_cannot_be_sent_is_told_before_anything_is(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "missing.csv", "file_unreadable"), (tmp_path, "folder_empty")):
        with pytest.raises(CommandError) as told, sources([path], io.BytesIO(), None):
            pass
        assert (told.value.code, told.value.exit_code) == (code, ExitCode.USAGE)
