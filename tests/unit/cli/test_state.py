"""What a running stack leaves on disk: one owner at a time, and a dead one owns nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.state import AlreadyRunning, Owner, State

_OWNER = """
import sys, time
from pathlib import Path
from cli.state import State

state = State(Path(sys.argv[1]))
with state.ownership():
    state.announce({"BFF_URL": "http://127.0.0.1:8001", "ODD": "a b'c"})
    print("owned", flush=True)
    time.sleep(600)
"""


def _other_process(directory: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _OWNER, str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert process.stdout is not None
    assert process.stdout.readline() == b"owned\n"
    return process


def test_a_second_owner_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    state = State(tmp_path)
    process = _other_process(tmp_path)
    try:
        assert state.owner() == Owner(process.pid, ready=True)
        with pytest.raises(AlreadyRunning), state.ownership():
            pass
        assert state.owner() == Owner(process.pid, ready=True)
        assert state.environment()["BFF_URL"] == "http://127.0.0.1:8001"
    finally:
        process.kill()
        process.communicate()


def test_a_killed_owner_owns_nothing_and_its_news_is_forgotten_by_the_next(tmp_path: Path) -> None:
    state = State(tmp_path)
    process = _other_process(tmp_path)
    process.kill()
    process.communicate()
    assert state.owner() is None
    assert state.environment() != {}
    with state.ownership():
        assert state.environment() == {}


def test_what_is_announced_can_be_read_by_a_shell_and_by_the_other_commands(tmp_path: Path) -> None:
    state = State(tmp_path)
    environment = {"BFF_URL": "http://127.0.0.1:8001", "ODD": "a b'c=$HOME"}
    with state.ownership():
        state.announce(environment)
        assert state.environment() == environment
        script = f'. "{state.env}"; printf %s "$ODD"'
        shell = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
        assert shell.stdout.decode() == environment["ODD"]


def test_afterwards_nothing_is_left_to_mislead_anybody(tmp_path: Path) -> None:
    state = State(tmp_path)
    with state.ownership():
        state.announce({"BFF_URL": "http://127.0.0.1:8001"})
        state.record_pid("worker", 4711)
        assert (tmp_path / "pids" / "worker.pid").read_text() == "4711\n"
    assert state.owner() is None
    assert state.environment() == {}
    assert not (tmp_path / "pids").exists()


def test_nobody_owns_what_never_ran(tmp_path: Path) -> None:
    assert State(tmp_path / "nowhere").owner() is None
    assert State(tmp_path / "nowhere").environment() == {}
