"""The virtual environments: made once, made again when they must be, never half made."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from cli import bootstrap

_UV = """#!/bin/sh
echo "$@" >>"{calls}"
for last; do :; done
[ "$1" = venv ] && mkdir -p "$last/bin"
exit {code}
"""


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with requirements, and a ``uv`` that writes down what it was asked instead of installing."""
    clone = tmp_path / "clone"
    (clone / "requirements").mkdir(parents=True)
    for name in ("run", "dev", "peers", "localstack-3.11", "localstack-3.12", "localstack-3.13"):
        (clone / "requirements" / f"{name}.txt").write_text(f"# {name}\n")
    _fake_uv(tmp_path, code=0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return clone


def _fake_uv(directory: Path, *, code: int) -> None:
    uv = directory / "bin" / "uv"
    uv.parent.mkdir(exist_ok=True)
    uv.write_text(_UV.format(calls=directory / "calls", code=code))
    uv.chmod(uv.stat().st_mode | stat.S_IXUSR)


def _calls(clone: Path) -> list[str]:
    """What was asked of uv since the last look, in short: ``venv .venv``, ``install run.txt``."""
    file = clone.parent / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [
        f"{'venv' if line.startswith('venv') else 'install'} {Path(line.split()[-1]).name}" for line in lines
    ]


def test_the_first_command_makes_what_it_needs_and_the_next_finds_it(clone: Path) -> None:
    assert bootstrap.prepare(clone, "status") == clone / ".venv" / "bin" / "python"
    assert _calls(clone) == ["venv .venv", "install run.txt"]
    bootstrap.prepare(clone, "doctor")
    assert _calls(clone) == []


def test_commands_that_start_stores_get_localstack_and_those_that_check_get_tools(clone: Path) -> None:
    bootstrap.prepare(clone, "test")
    first, second, third, fourth = _calls(clone)
    assert (first, second, third) == ("venv .venv", "install dev.txt", "venv localstack-venv")
    assert fourth.startswith("install localstack-3.1")
    bootstrap.prepare(clone, "demo")
    assert _calls(clone) == []  # dev.txt holds run.txt


def test_only_a_comparison_gets_what_it_compares_with(clone: Path) -> None:
    bootstrap.prepare(clone, "bench")
    assert "venv peers-venv" not in _calls(clone)
    bootstrap.prepare(clone, "bench", peers=True)
    assert _calls(clone) == ["venv peers-venv", "install peers.txt"]


def test_tools_are_added_to_an_environment_that_is_there(clone: Path) -> None:
    bootstrap.prepare(clone, "status")
    _calls(clone)
    bootstrap.prepare(clone, "lint")
    assert _calls(clone) == ["install dev.txt"]


def test_changed_requirements_are_installed_on_top(clone: Path) -> None:
    bootstrap.prepare(clone, "status")
    _calls(clone)
    (clone / "requirements" / "run.txt").write_text("# newer\n")
    bootstrap.prepare(clone, "status")
    assert _calls(clone) == ["install run.txt"]


def test_an_environment_that_a_link_leads_to_is_left_alone(clone: Path) -> None:
    theirs = clone.parent / "theirs"
    bootstrap.prepare(clone, "status")
    (clone / ".venv").rename(theirs)
    (clone / ".venv").symlink_to(theirs)
    (theirs / "carga.json").write_text('{"made_for": "another place"}')
    bootstrap.prepare(clone, "status")
    assert not (clone / ".venv").is_symlink()
    assert (theirs / "carga.json").read_text() == '{"made_for": "another place"}'
    assert (theirs / "bin").is_dir()


@pytest.mark.parametrize("stamp", ["", '{"made_for": "Python 3.9.1 of /elsewhere"}', "[]"])
def test_an_environment_of_another_python_or_unknown_state_is_made_anew(clone: Path, stamp: str) -> None:
    bootstrap.prepare(clone, "status")
    _calls(clone)
    (clone / ".venv" / "carga.json").write_text(stamp)
    bootstrap.prepare(clone, "status")
    assert _calls(clone) == ["venv .venv", "install run.txt"]


def test_a_clone_that_was_moved_makes_its_environment_anew(clone: Path) -> None:
    bootstrap.prepare(clone, "status")
    _calls(clone)
    moved = Path(shutil.move(clone, clone.with_name("moved")))
    bootstrap.prepare(moved, "status")
    assert _calls(moved) == ["venv .venv", "install run.txt"]


def test_an_installation_that_failed_is_reported_and_done_again(clone: Path) -> None:
    bootstrap.prepare(clone, "status")
    _calls(clone)
    (clone / "requirements" / "run.txt").write_text("# newer\n")
    _fake_uv(clone.parent, code=1)
    with pytest.raises(bootstrap.SetupError, match="Try again"):
        bootstrap.prepare(clone, "status")
    _fake_uv(clone.parent, code=0)
    _calls(clone)
    bootstrap.prepare(clone, "status")
    assert _calls(clone) == ["venv .venv", "install run.txt"]


def test_the_command_is_found_behind_options() -> None:
    assert bootstrap.command_of(["--help"]) == ""
    assert bootstrap.command_of(["up", "--detach"]) == "up"
    assert bootstrap.command_of([]) == ""


def test_the_pinned_requirements_name_no_index_and_have_hashes() -> None:
    for file in (Path(__file__).parents[3] / "requirements").glob("*.txt"):
        text = file.read_text()
        assert "://" not in text
        assert "--index" not in text
        requirements = [line for line in text.splitlines() if line and line[0].isalnum()]
        assert requirements
        assert text.count("--hash=sha256:") >= len(requirements)


def test_the_stamp_is_plain_json(clone: Path) -> None:
    bootstrap.prepare(clone, "status")
    stamp = json.loads((clone / ".venv" / "carga.json").read_text())
    assert set(stamp) == {"made_for", "holds"}
