"""docker-compose.yml and the Dockerfile as data, for tests that cannot run them."""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra" / "docker" / "Dockerfile"

#: ``${NAME:-default}``: what a person may set, and what it is if they do not.
SETTABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


@cache
def compose() -> dict[str, Any]:
    """Return docker-compose.yml, anchors and merges resolved."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def interpolated(value: object) -> str:
    """Return the value as compose passes it on when nobody has set anything."""
    return SETTABLE.sub(r"\2", str(value))


def environment(service: str) -> dict[str, str]:
    """Return the variables of a service, when nobody has set anything."""
    return {name: interpolated(value) for name, value in services()[service].get("environment", {}).items()}


@dataclass
class Stage:
    """One ``FROM`` and what follows it."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        """Return the arguments of each ``keyword``."""
        return [arguments for word, arguments in self.instructions if word == keyword]

    @property
    def sources(self) -> list[str]:
        """What is copied from the checkout."""
        copies = [arguments.split() for arguments in self.all("COPY") if not arguments.startswith("--from=")]
        return [source for words in copies for source in words[:-1]]

    @property
    def parents(self) -> list[str]:
        """The stages that files are copied from."""
        return re.findall(r"--from=(\S+)", " ".join(self.all("COPY")))

    @property
    def command(self) -> list[str]:
        """The command of the image."""
        words: list[str] = json.loads(self.all("CMD")[-1])
        return words


@cache
def stages() -> dict[str, Stage]:
    """Return the stages of the Dockerfile by name, in order."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8")).replace("\\\n", " ")
    found: dict[str, Stage] = {}
    for line in filter(str.strip, text.splitlines()):
        word, _, arguments = line.strip().partition(" ")
        if word == "FROM":
            base, name = re.fullmatch(r"(\S+) AS (\S+)", arguments).groups()  # type: ignore[union-attr]
            stage = found[name] = Stage(name, base)
        else:
            stage.instructions.append((word, arguments.strip()))
    return found
