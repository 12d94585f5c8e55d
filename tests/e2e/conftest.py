"""Clones for the tests that run whole commands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.clone import Clone


@pytest.fixture
async def clone(tmp_path: Path) -> AsyncIterator[Clone]:
    """A clone; what a failed test leaves running in it is killed."""
    made = Clone(tmp_path / "clone")
    yield made
    for process in made.processes():
        process.kill()
