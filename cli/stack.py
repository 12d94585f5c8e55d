"""The whole of Carga on this machine: the embedded stores and the three services, started in order."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from cli.service import Service, service_environment
from infra.embedded.child import Child
from infra.embedded.ports import is_free
from infra.embedded.stores import Ports, Stores

_POLL_SECONDS = 0.05
_READY_SECONDS = 60


class Part(Protocol):
    """A store or a service: something that runs as one process."""

    @property
    def name(self) -> str:
        """Also the name of its file in ``pids``."""
        ...

    @property
    def process(self) -> Child:
        """Its process, running or ended."""
        ...

    async def start(self) -> None:
        """Start it and wait until it works."""

    async def stop(self) -> None:
        """End it and wait."""


class ServicePorts(NamedTuple):
    """Where the services listen."""

    catalog: int
    bff: int


class Stack:
    """Stores and services; :meth:`start` raises ``StoreError`` or ``ServiceFailed`` when one does not run."""

    def __init__(self, stores: Path, ports: ServicePorts, on_line: Callable[[str, str], None]) -> None:
        self._remembered = stores / "ports.json"
        self.stores = Stores(stores, ports=_remembered_ports(self._remembered))
        self._ports = ports
        self._on_line = on_line
        self._services: list[Service] = []

    @property
    def parts(self) -> Sequence[Part]:
        """Everything that runs, in the order in which it is started."""
        return [*self.stores.all, *self._services]

    def addresses(self) -> dict[str, str]:
        """What a person or a script needs to know to use the stack."""
        return {
            "BFF_URL": f"http://127.0.0.1:{self._ports.bff}",
            "CATALOG_URL": f"http://127.0.0.1:{self._ports.catalog}",
            **self.stores.environment(),
        }

    async def start(self) -> None:
        """Start everything and wait until a request can go the whole way."""
        await self.stores.start()
        self._remembered.write_text(json.dumps(self.stores.ports._asdict()))
        self._services = list(self._make_services())
        outcomes = await asyncio.gather(
            *(service.start() for service in self._services), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        async with asyncio.timeout(_READY_SECONDS):
            while not await _answers(f"{self.addresses()['CATALOG_URL']}/health/ready"):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)  # another process sets no event of ours

    async def stop(self) -> None:
        """Stop the services, then the stores they need for that."""
        await asyncio.gather(*(service.stop() for service in self._services))
        await self.stores.stop()

    def _make_services(self) -> Iterator[Service]:
        addresses = self.addresses()
        catalog, bff = addresses.pop("CATALOG_URL"), addresses.pop("BFF_URL")
        own: Mapping[str, Mapping[str, str]] = {
            "catalog_service": {"CATALOG_PORT": str(self._ports.catalog)},
            "worker": {},
            "bff": {"BFF_PORT": str(self._ports.bff), "CATALOG_URL": catalog},
        }

        async def catalog_answers(_: int) -> bool:
            return await _answers(f"{catalog}/health")

        async def bff_answers(_: int) -> bool:
            return await _answers(f"{bff}/health")

        async def worker_listens(pid: int) -> bool:
            return await _worker_announced(addresses["REDIS_URL"], pid)

        ready = {"catalog_service": catalog_answers, "worker": worker_listens, "bff": bff_answers}
        for name, settings in own.items():
            environment = service_environment(addresses, settings)
            yield Service(name, environment, ready[name], self._on_line)


def taken(ports: ServicePorts) -> Iterator[tuple[str, int]]:
    """The variable and the number of every port that something listens on already."""
    for variable, port in (("CATALOG_PORT", ports.catalog), ("BFF_PORT", ports.bff)):
        if not is_free(port):
            yield variable, port


def _remembered_ports(file: Path) -> Ports:
    """The ports of the last time, as far as they are free: addresses in other terminals stay true."""
    try:
        ports = Ports(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Ports()
    return Ports(*(port if port is not None and is_free(port) else None for port in ports))


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False


async def _worker_announced(redis_url: str, pid: int) -> bool:
    """A worker writes ``carga:worker:<host>-<pid>-<random>`` once it listens to the queue."""
    async with Redis.from_url(redis_url, socket_timeout=5) as redis:
        try:
            return bool([key async for key in redis.scan_iter(f"carga:worker:*-{pid}-*")])
        except RedisError:
            return False
