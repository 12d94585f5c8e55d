"""``python -m worker.operations``, as a process of a test."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


def perform_operation(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end; by default whatever is quiet counts as forgotten."""
    own = {"PYTHONPATH": str(_ROOT), "RECONCILE_AFTER_SECONDS": "0.001"}
    return subprocess.run(
        [sys.executable, "-m", "worker.operations", *arguments],
        env={**os.environ, **own, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def operation(environment: Mapping[str, str], *arguments: str, exit_code: int = 0) -> Any:
    """What it prints, which is one JSON document and nothing else; None when it was killed."""
    done = await asyncio.to_thread(perform_operation, environment, *arguments)
    assert done.returncode == exit_code, done.stderr
    return json.loads(done.stdout) if exit_code >= 0 else None
