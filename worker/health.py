"""What the worker tells over HTTP: that it lives, whether it can work, and what it has done."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from worker.gate import Check
from worker.metrics import CONTENT_TYPE, Metrics

log = structlog.get_logger(__name__)

#: A store that takes longer than this to answer is down.
_CHECK_SECONDS = 3.0
#: Time that the requests at hand have when the worker stops.
_GOODBYE_SECONDS = 1.0


@asynccontextmanager
async def serving_health(
    host: str, port: int, checks: Mapping[str, Check], metrics: Metrics
) -> AsyncIterator[None]:
    """Answer ``/health``, ``/health/ready`` and ``/metrics`` while the context lasts; on port 0 nothing is
    served.

    Raises ``OSError`` when the address cannot be had.
    """
    if port == 0:
        yield
        return
    runner = web.AppRunner(_app(checks, metrics), access_log=None, shutdown_timeout=_GOODBYE_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("health_served", host=host, port=port)
        yield
    finally:
        await runner.cleanup()


def _app(checks: Mapping[str, Check], metrics: Metrics) -> web.Application:
    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        standing = await _ask(checks, metrics)
        body = {
            "status": "ready" if all(standing.values()) else "unavailable",
            "checks": {store: "up" if up else "down" for store, up in standing.items()},
        }
        return web.json_response(body, status=200 if all(standing.values()) else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        await _ask(checks, metrics)
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes(
        [web.get("/health", health), web.get("/health/ready", ready), web.get("/metrics", show_metrics)]
    )
    return app


async def _ask(checks: Mapping[str, Check], metrics: Metrics) -> dict[str, bool]:
    """Ask every store at the same time; return, and note, which of them answered in time."""
    answers = await asyncio.gather(*(_passes(check) for check in checks.values()))
    standing = dict(zip(checks, answers, strict=True))
    for store, up in standing.items():
        metrics.store_up.labels(store).set(up)
    return standing


async def _passes(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return False
