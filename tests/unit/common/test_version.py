"""The version that services tell is that of the project."""

import tomllib
from pathlib import Path

from common.version import VERSION

_PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"] == VERSION
