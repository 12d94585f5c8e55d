"""``./carga`` before there is anything to run: which Python it takes, and what it says when there is none."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_TOOLS = ("dirname", "readlink")

#: A Python of some version as far as the launcher can tell; told to run a script it shows how it was called.
_PYTHON = """#!/bin/sh
case "$2" in
    *version_info*) exit {too_old} ;;
    *ensurepip*) exit {without_venv} ;;
esac
echo "{name}" "$@"
"""
_SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"


def _program(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)
    (directory / name).chmod(0o755)


def _python(directory: Path, name: str, *, too_old: bool = False, without_venv: bool = False) -> None:
    text = _PYTHON.format(
        name=f"{directory.name}/{name}", too_old=int(too_old), without_venv=int(without_venv)
    )
    _program(directory, name, text)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that holds the launcher only, in a directory with a space in its name."""
    clone = tmp_path / "a clone"
    (clone / "cli").mkdir(parents=True)
    shutil.copy(_ROOT / "carga", clone / "carga")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in _TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    return clone


async def _run(clone: Path, *path: Path, **variables: str) -> tuple[int, str, str]:
    directories = [*path, clone.parent / "tools"]
    environment = {"PATH": os.pathsep.join(map(str, directories)), **variables}
    process = await asyncio.create_subprocess_exec(
        *(clone / "carga", "status", "a b"),
        env=environment,
        cwd=clone.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode().strip(), errors.decode()


async def test_it_takes_the_newest_that_runs_and_passes_the_arguments_on(clone: Path) -> None:
    bin_directory = clone.parent / "bin"
    _program(bin_directory, "python3.13", _SHIM)
    _python(bin_directory, "python3.12", without_venv=True)
    _python(bin_directory, "python3.11")
    code, output, _ = await _run(clone, bin_directory)
    assert (code, output) == (0, f"bin/python3.11 -I {clone}/cli/bootstrap.py status a b")


async def test_behind_a_shim_that_fails_it_finds_the_real_one(clone: Path) -> None:
    shims, real = clone.parent / "shims", clone.parent / "real"
    _program(shims, "python3.12", _SHIM)
    _python(real, "python3.12")
    _python(real, "python3.11")
    _, output, _ = await _run(clone, shims, real)
    assert output.startswith("real/python3.12 ")


async def test_plain_python3_will_do_when_its_version_fits(clone: Path) -> None:
    _python(clone.parent / "bin", "python3")
    _, output, _ = await _run(clone, clone.parent / "bin")
    assert output.startswith("bin/python3 ")


async def test_with_uv_the_venv_module_is_not_needed(clone: Path) -> None:
    _python(clone.parent / "bin", "python3.12", without_venv=True)
    _program(clone.parent / "bin", "uv", "#!/bin/sh\n")
    _, output, _ = await _run(clone, clone.parent / "bin")
    assert output.startswith("bin/python3.12 ")


async def test_an_environment_that_is_there_wins_over_path(clone: Path) -> None:
    _python(clone.parent / "bin", "python3.13")
    (clone / ".venv").mkdir()
    (clone / ".venv" / "carga.json").write_text("{}")
    _python(clone / ".venv" / "bin", "python")
    _, output, _ = await _run(clone, clone.parent / "bin")
    assert output.startswith("bin/python -I")


@pytest.mark.parametrize("name", ["python3.12", "python3"])
async def test_a_missing_venv_module_is_named_with_its_package(clone: Path, name: str) -> None:
    _python(clone.parent / "bin", name, without_venv=True)
    code, _, errors = await _run(clone, clone.parent / "bin")
    assert code == 4
    assert f"sudo apt install {name}-venv" in errors


@pytest.mark.parametrize("old", [True, False])
async def test_without_a_python_it_says_what_to_install(clone: Path, old: bool) -> None:
    if old:
        _python(clone.parent / "bin", "python3", too_old=True)
    code, output, errors = await _run(clone, clone.parent / "bin")
    assert (code, output) == (4, "")
    assert "Python 3.11, 3.12 o 3.13" in errors
    assert "Python 3.11, 3.12 or 3.13" in errors
    assert "apt install" in errors


async def test_the_chosen_python_is_taken_or_refused_by_name(clone: Path) -> None:
    _python(clone.parent / "bin", "python3.13")
    _python(clone.parent / "mine", "python")
    _, output, _ = await _run(clone, clone.parent / "bin", CARGA_PYTHON=str(clone.parent / "mine" / "python"))
    assert output.startswith("mine/python ")
    code, _, errors = await _run(clone, clone.parent / "bin", CARGA_PYTHON="/no/such/python")
    assert code == 4
    assert "/no/such/python" in errors


async def test_it_can_be_called_through_a_link(clone: Path) -> None:
    _python(clone.parent / "bin", "python3.12")
    (clone.parent / "linked").symlink_to(clone / "carga")
    process = await asyncio.create_subprocess_exec(
        clone.parent / "linked",
        env={"PATH": f"{clone.parent / 'bin'}:{clone.parent / 'tools'}"},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert f"{clone}/cli/bootstrap.py" in output.decode()


def test_the_tests_themselves_run_on_a_python_that_the_launcher_takes() -> None:
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)
