"""Make the virtual environments on first use, then become ``python -m cli``.

``./carga`` runs this file as a script, with the interpreter it found and before anything is installed:
standard library only. The services and tools live in ``.venv``, LocalStack in ``.carga/localstack-venv``,
those that the benchmarks compare with in ``.carga/peers-venv``.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

SETUP_FAILED = 4
INTERRUPTED = 130

#: Commands that need the test, lint and benchmark tools, and those that start the embedded stores.
NEED_TOOLS = frozenset({"test", "lint", "bench"})
NEED_STORES = frozenset({"demo", "up", "test", "bench", "chaos"})
#: The option of ``bench import`` that needs the libraries of those it compares with.
PEERS = "--peers"


class SetupError(Exception):
    """What is needed could not be installed; the message is for the person."""


class Environment(NamedTuple):
    """A virtual environment: where it is and the pinned requirements that fill it."""

    directory: Path
    requirements: Path
    #: Larger sets that hold everything of ``requirements`` as well.
    supersets: tuple[Path, ...] = ()

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """Written last: with it the environment is whole, without it nothing is known."""
        return self.directory / "carga.json"


def main(arguments: Sequence[str]) -> int:
    """Prepare what the command needs and replace this process by it; returns only when that failed."""
    root = Path(__file__).resolve().parent.parent
    try:
        command = command_of(arguments)
        python = prepare(root, command, peers=command == "bench" and PEERS in arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except SetupError as error:
        _say(str(error))
        return SETUP_FAILED
    except OSError as error:  # no disk, no permission
        _say(f"No se pudo preparar / could not prepare {error.filename or root}: {error.strerror}")
        return SETUP_FAILED
    return _become(python, root, arguments)


def _become(python: Path, root: Path, arguments: Sequence[str]) -> NoReturn:
    os.environ["PYTHONPATH"] = str(root)
    os.environ["PYTHONUTF8"] = "1"  # the texts hold more than some locales know
    # -P: the caller's directory is where the files to upload are, not where modules are.
    os.execv(python, [str(python), "-P", "-m", "cli", *arguments])  # noqa: S606 (no shell is what we want)


def command_of(arguments: Sequence[str]) -> str:
    """The name of the command, or nothing for ``--help`` and the like."""
    return next((argument for argument in arguments if not argument.startswith("-")), "")


def prepare(root: Path, command: str, *, peers: bool = False) -> Path:
    """Make what ``command`` needs, unless it is there, and return the interpreter to run it with.

    ``peers``: what the benchmarks compare with as well, which no other command needs.
    """
    run, dev = (root / "requirements" / name for name in ("run.txt", "dev.txt"))
    main_environment = Environment(root / ".venv", run, (dev,))
    if command in NEED_TOOLS:
        main_environment = Environment(root / ".venv", dev)
    wanted = [main_environment]
    if command in NEED_STORES:
        wanted.append(_localstack(root))
    if peers:
        wanted.append(Environment(root / ".carga" / "peers-venv", root / "requirements" / "peers.txt"))
    if not all(map(_is_whole, wanted)):
        with _one_at_a_time(root):
            for environment in wanted:
                _ensure(environment)
    return main_environment.python


def _localstack(root: Path) -> Environment:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Environment(
        root / ".carga" / "localstack-venv", root / "requirements" / f"localstack-{version}.txt"
    )


def _ensure(environment: Environment) -> None:
    if _is_whole(environment):  # another ./carga made it while this one waited
        return
    if _stamped(environment).get("made_for") != _made_for(environment):
        _say(
            f"Preparando {environment.directory.name} (solo la primera vez, un minuto o dos) …",
            f"Preparing {environment.directory.name} (only the first time, a minute or two) …",
        )
        _create(environment)
    else:
        _say(f"Actualizando / updating {environment.directory.name} …")
    environment.stamp.unlink(missing_ok=True)
    _install(environment)
    stamp = {"made_for": _made_for(environment), "holds": _digest(environment.requirements)}
    environment.stamp.write_text(json.dumps(stamp, indent=1))


def _is_whole(environment: Environment) -> bool:
    stamp = _stamped(environment)
    enough = {_digest(file) for file in (environment.requirements, *environment.supersets)}
    return stamp.get("made_for") == _made_for(environment) and stamp.get("holds") in enough


def _stamped(environment: Environment) -> dict[str, str]:
    try:
        stamp = json.loads(environment.stamp.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _made_for(environment: Environment) -> str:
    """An environment serves one interpreter and one place: its scripts hold both."""
    return f"Python {sys.version.split()[0]} of {sys.base_prefix} in {environment.directory}"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _create(environment: Environment) -> None:
    base = _base_python()
    uv = shutil.which("uv")
    if environment.directory.is_symlink():
        # to clear it would clear somebody else's
        environment.directory.unlink()
    if uv:
        shutil.rmtree(environment.directory, ignore_errors=True)
        _run(uv, "venv", "--quiet", "--python", base, str(environment.directory))
    else:
        _run(base, "-m", "venv", "--clear", str(environment.directory))


def _install(environment: Environment) -> None:
    python, requirements = str(environment.python), str(environment.requirements)
    uv = shutil.which("uv")
    if uv:
        _run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", requirements)
    else:
        quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
        _run(python, "-m", "pip", "install", *quiet, "--require-hashes", "-r", requirements)


def _base_python() -> str:
    """The interpreter itself, also when this runs in the environment that is about to be replaced."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _run(*command: str) -> None:
    """Run a tool silently. Raises :class:`SetupError` with the end of what it wrote when it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode == 0:
        return
    written = done.stdout.decode(errors="replace")
    if "No space left on device" in written:
        raise SetupError(
            "No queda espacio en el disco: la instalación ocupa cerca de 1 GB.\n"
            "No space is left on the disk: the installation takes about 1 GB."
        )
    last = [line for line in written.splitlines() if line.strip()][-8:]
    said = "\n".join(f"  {line}" for line in [f"$ {' '.join(command[:4])} …", *last])
    raise SetupError(
        "No se pudo instalar lo necesario; hace falta red la primera vez. Vuelva a intentarlo.\n"
        f"What is needed could not be installed; the first time needs the network. Try again.\n{said}"
    )


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two ``./carga`` of one clone do not install at once; the kernel frees the lock of one that dies."""
    (root / ".carga").mkdir(exist_ok=True)
    with (root / ".carga" / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Otro ./carga está instalando; esperando …", "Another ./carga is installing; waiting …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
