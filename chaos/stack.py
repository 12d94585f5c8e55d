"""The stack under attack: embedded stores, the services with two workers, and a link of ours on every way
between them."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from chaos.process import ROOT, Service
from chaos.proxy import Link
from infra.embedded.ports import LOOPBACK, free_port
from infra.embedded.server import Server
from infra.embedded.stores import Stores

#: Times of an ordinary day, made short: what takes minutes there must happen many times here.
LEASE_SECONDS = 3
_SHORT_TIMES = {
    "VISIBILITY_TIMEOUT_SECONDS": str(LEASE_SECONDS),
    "LONG_POLL_SECONDS": "1",
    "RETRY_DELAYS_SECONDS": "1,2,3",
    "RECONCILE_EVERY_SECONDS": "2",
    "RECONCILE_AFTER_SECONDS": "6",
    "STATUS_STALE_SECONDS": "1",
    # many small batches: many moments between two of them
    "BATCH_MAX_ROWS": "20",
    # a reading child that was killed counts as a file that harms it, and here they are killed all the time
    "MAX_ATTEMPTS": "1000",
}
_STORE_OF = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey", "AWS_ENDPOINT_URL": "localstack"}
_READY_SECONDS = 60
_POLL_SECONDS = 0.05

STORES = tuple(_STORE_OF.values())
CLIENT = "client"
API = "catalog_service"
BFF = "bff"


class Stack:
    """Everything that runs; an async context manager. All its files are below ``directory``."""

    def __init__(self, directory: Path, workers: int) -> None:
        self._directory = directory
        self.stores = Stores(directory / "stores")
        self.workers = [f"worker-{number}" for number in range(1, workers + 1)]
        self.services: dict[str, Service] = {}
        #: By the names of both ends, as in "worker-1>postgres".
        self.links: dict[str, Link] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where clients find the BFF, over a link of their own."""
        return f"http://{LOOPBACK}:{self.links[f'{CLIENT}>{BFF}'].port}"

    def server(self, name: str) -> Server:
        """The store of this name."""
        return next(server for server in self.stores.all if server.name == name)

    def links_to(self, end: str) -> list[Link]:
        """Every link to this store or service."""
        return [link for name, link in self.links.items() if name.endswith(f">{end}")]

    async def works(self) -> bool:
        """Return whether every service does."""
        return all(await asyncio.gather(*(service.works() for service in self.services.values())))

    async def until_it_works(self) -> None:
        """Wait for every service. Raises ``TimeoutError``."""
        async with asyncio.timeout(_READY_SECONDS):
            while not await self.works():  # noqa: ASYNC110 (other processes set no events of ours)
                await asyncio.sleep(_POLL_SECONDS)

    async def stop_services(self) -> None:
        """Ask all services to end, and wait."""
        await asyncio.gather(*(service.stop() for service in self.services.values()))

    async def stop(self) -> None:
        """Stop everything."""
        await self.stop_services()
        await asyncio.gather(*(link.close() for link in self.links.values()))
        await self.stores.stop()

    async def _start(self) -> None:
        await self.stores.start()
        self.services = {service.name: service for service in self._make_services()}
        for link in self.links.values():
            await link.open()
        for service in self.services.values():
            await service.start()
        await self.until_it_works()

    def _make_services(self) -> Iterator[Service]:
        api, bff = free_port(), free_port()
        to_api, _ = self._link(BFF, API, api), self._link(CLIENT, BFF, bff)
        yield Service(
            API,
            API,
            {**self._environment(API), "CATALOG_PORT": str(api)},
            self._directory,
            f"http://{LOOPBACK}:{api}/health",
        )
        yield Service(
            BFF,
            BFF,
            {**_basics(), "BFF_PORT": str(bff), "CATALOG_URL": f"http://{LOOPBACK}:{to_api.port}"},
            self._directory,
            f"http://{LOOPBACK}:{bff}/health",
        )
        for name in self.workers:
            yield Service(name, "worker", self._environment(name), self._directory)

    def _environment(self, service: str) -> dict[str, str]:
        """The environment of a service that reaches each store over a link of its own."""
        stores = self.stores.environment()
        for variable, store in _STORE_OF.items():
            address = urlsplit(stores[variable])
            assert address.port is not None
            link = self._link(service, store, address.port)
            stores[variable] = stores[variable].replace(f":{address.port}", f":{link.port}")
        return {**_basics(), **stores, **_SHORT_TIMES}

    def _link(self, source: str, target: str, port: int) -> Link:
        link = Link(f"{source}>{target}", port)
        self.links[link.name] = link
        return link


def _basics() -> Mapping[str, str]:
    """What every service gets, and nothing of whoever runs this."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "LOG_FORMAT": "json",
    }
