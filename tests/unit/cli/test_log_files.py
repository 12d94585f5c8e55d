"""The log file of each service: kept over restarts, bounded, and never in the way."""

from pathlib import Path

from cli.log_files import LogFiles
from infra.embedded import logs


def test_every_service_has_a_file_of_its_own_that_grows_over_restarts(tmp_path: Path) -> None:
    for turn in ("first", "second"):
        with LogFiles(tmp_path / "logs") as files:
            files.write("worker", f"{turn} señal")
            files.write("bff", turn)
    assert (tmp_path / "logs" / "worker.log").read_text() == "first señal\nsecond señal\n"
    assert (tmp_path / "logs" / "bff.log").read_text() == "first\nsecond\n"


def test_a_large_log_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "worker.log"
    file.write_bytes(b"x" * (logs._BYTES_KEPT + 1))
    with logs.open_log(file) as log:
        log.write(b"new\n")
    assert file.read_bytes() == b"new\n"
    assert (tmp_path / "worker.log.1").stat().st_size == logs._BYTES_KEPT + 1


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    with LogFiles(tmp_path) as files:
        (tmp_path / "worker.log").mkdir()
        files.write("worker", "lost")
        files.write("bff", "kept")
    assert (tmp_path / "bff.log").read_text() == "kept\n"
