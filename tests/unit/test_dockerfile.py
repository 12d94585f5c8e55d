"""The Dockerfile: what can be known of it without Docker."""

import ast
import fnmatch
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.containers import ROOT, Stage, stages

#: A target, and the group of requirements that its packages come from.
TARGETS = {
    "catalog-service": "catalog-service",
    "catalog-worker": "worker",
    "bff": "bff",
    "migrate": "migrate",
}
LOCAL = {path.parent.name for path in ROOT.glob("*/__init__.py")}


def target(name: str) -> Stage:
    return stages()[name]


def test_there_is_one_target_a_service() -> None:
    assert set(TARGETS) == {name for name, stage in stages().items() if stage.all("CMD")}


def test_every_base_image_is_pinned_to_a_release() -> None:
    bases = {stage.base for stage in stages().values()} - stages().keys()
    assert bases
    for base in bases:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+-[a-z-]+", base), base


@pytest.mark.parametrize("name", TARGETS)
def test_a_service_does_not_run_as_root(name: str) -> None:
    instructions = target(name).instructions
    users = [index for index, (word, _) in enumerate(instructions) if word == "USER"]
    user, _, group = instructions[users[-1]][1].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert f"--uid {user} " in " ".join(stages()["base"].all("RUN"))
    assert not [word for word, _ in instructions[users[-1] :] if word in ("RUN", "COPY", "ADD")]


@pytest.mark.parametrize("name", TARGETS)
def test_a_service_gets_its_own_pinned_packages_and_nothing_to_install_with(name: str) -> None:
    (packages,) = target(name).parents
    assert stages()[packages].sources == [f"requirements/{TARGETS[name]}.txt"]
    assert "--require-hashes" in " ".join(stages()[packages].all("RUN"))
    assert target(name).base == "base"
    assert not target(name).all("RUN")


@pytest.mark.parametrize("stage", stages())
def test_what_is_copied_exists_and_reaches_the_builder(stage: str) -> None:
    for source in stages()[stage].sources:
        path = ROOT / source
        assert path.exists()
        assert not is_ignored(source if path.is_file() else f"{source}/x.py"), source


def test_nothing_else_reaches_the_builder() -> None:
    strangers = (
        "README.md",
        ".env",
        ".git/config",
        ".venv/x",
        ".carga/env",
        "tests/x.py",
        "data/x.csv",
        "infra/x.py",
    )
    assert all(is_ignored(path) for path in (*strangers, "common/__pycache__/x.pyc"))


def is_ignored(path: str) -> bool:
    """Read .dockerignore as Docker does: the last pattern to match the path, or a folder of it, decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not line or line.startswith("#"):
            continue
        anywhere = "**/" in line
        parts = Path(path).parts
        above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        if any(fnmatch.fnmatchcase(each, pattern) for each in ([*parts] if anywhere else above)):
            ignored = not line.startswith("!")
    return ignored


@pytest.mark.parametrize("name", TARGETS)
def test_all_that_a_service_imports_is_in_its_image(name: str) -> None:
    copied = [ROOT / source for source in target(name).sources]
    local, foreign = imported(start_modules(name))
    for path in local:
        assert any(path == source or source in path.parents for source in copied), path
    pinned = (ROOT / "requirements" / f"{TARGETS[name]}.txt").read_text(encoding="utf-8")
    distributions = packages_distributions()
    for package in foreign:
        names = [re.sub(r"[-_.]+", "-", each).lower() for each in distributions[package]]
        assert any(re.search(rf"^{each}==", pinned, re.MULTILINE) for each in names), package


def start_modules(name: str) -> list[Path]:
    """Return what the image is for: all of the service's own package, or the one module that it runs."""
    module = target(name).command[-1].replace(".", "/")
    return sorted((ROOT / module).rglob("*.py")) or [ROOT / f"{module}.py"]


def imported(start: list[Path]) -> tuple[set[Path], set[str]]:
    """Return the files of ours that are reached from ``start``, and the foreign packages they import."""
    reached: set[Path] = set()
    foreign: set[str] = set()
    waiting = [*start]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for module in imports_of(path):
            top = module.partition(".")[0]
            if top in LOCAL:
                waiting += files_of(module)
            elif top not in sys.stdlib_module_names:
                foreign.add(top)
    return reached, foreign


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, those for the type checker aside."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def files_of(module: str) -> list[Path]:
    """Return the files that importing ``module`` runs; a name in a module is none."""
    parts = module.split(".")
    packages = [ROOT.joinpath(*parts[:length], "__init__.py") for length in range(1, len(parts) + 1)]
    candidates = [*packages, ROOT.joinpath(*parts).with_suffix(".py")]
    return [path for path in candidates if path.is_file()]
