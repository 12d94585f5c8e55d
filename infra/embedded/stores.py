"""The three stores together, migrated and with bucket and queues: what a set of services needs to run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from infra.embedded.localstack import BUCKET, QUEUE, LocalStack
from infra.embedded.postgres import Postgres
from infra.embedded.server import Server
from infra.embedded.valkey import Valkey
from infra.migrate import migrate

#: Where the launcher puts LocalStack.
LOCALSTACK_PYTHON = Path(__file__).resolve().parents[2] / ".carga" / "localstack-venv" / "bin" / "python"


class Ports(NamedTuple):
    """The ports to use; None: any that is free."""

    postgres: int | None = None
    valkey: int | None = None
    localstack: int | None = None


ANY_PORTS = Ports()


class Stores:
    """PostgreSQL, Valkey and LocalStack below one directory; an async context manager.

    Any store may be killed and started again by itself (``await stores.valkey.restart()``); PostgreSQL and
    Valkey keep their data and each its port, so :meth:`environment` stays true.
    """

    def __init__(
        self,
        directory: Path,
        *,
        localstack_python: Path = LOCALSTACK_PYTHON,
        ports: Ports = ANY_PORTS,
        bucket: str = BUCKET,
        queue: str = QUEUE,
    ) -> None:
        self.postgres = Postgres(directory / "postgres", ports.postgres)
        self.valkey = Valkey(directory / "valkey", ports.valkey)
        self.localstack = LocalStack(
            directory / "localstack", localstack_python, port=ports.localstack, bucket=bucket, queue=queue
        )

    @property
    def all(self) -> Sequence[Server]:
        """The three of them."""
        return (self.postgres, self.valkey, self.localstack)

    @property
    def ports(self) -> Ports:
        """The ports in use, with which a later start finds the same addresses."""
        return Ports(*(server.port for server in self.all))

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start what is not running, side by side, and bring the schema up to date.

        Raises the first :class:`~infra.embedded.errors.StoreError`, or ``psycopg.Error`` of a migration.
        """
        starting = [self._start_postgres(), self.valkey.start(), self.localstack.start()]
        outcomes = await asyncio.gather(*starting, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _start_postgres(self) -> None:
        if not self.postgres.running:
            await self.postgres.start()
            await asyncio.to_thread(migrate, self.postgres.url)

    async def stop(self) -> None:
        """Stop all three and wait."""
        await asyncio.gather(*(server.stop() for server in self.all))

    def environment(self) -> dict[str, str]:
        """The variables by which services and tools find the stores."""
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            **self.localstack.client_environment(),
        }
