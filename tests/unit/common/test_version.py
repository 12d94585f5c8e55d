"""One version: that of the project."""

import tomllib
from pathlib import Path

from common.version import VERSION


def test_it_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
