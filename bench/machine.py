"""What the figures were measured on."""

import os
import platform
import re
from pathlib import Path
from typing import Any

import httpx
import psycopg

from infra.embedded.stores import Stores


async def describe(stores: Stores) -> dict[str, Any]:
    """Return machine and versions; ``load`` is what the machine was doing besides in the minute before."""
    return {
        **describe_host(),
        "postgresql": await _postgresql_version(stores.postgres.url),
        "localstack": await _localstack_version(stores.localstack.url),
    }


def describe_host() -> dict[str, Any]:
    """Return the machine alone, for what needs no stores."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _first(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo")),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


async def _postgresql_version(url: str) -> str:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SHOW server_version")).fetchone()
    assert row is not None
    return str(row[0])


async def _localstack_version(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        health = (await client.get(f"{url}/_localstack/health")).json()
    return str(health["version"])


def _first(pattern: str, file: Path) -> str:
    found = re.search(pattern, file.read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()
