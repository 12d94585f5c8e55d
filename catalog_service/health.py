"""Whether the API is alive, and whether what it needs is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from catalog_service import examples
from catalog_service.openapi import answer
from catalog_service.schemas import HealthBody, ReadyBody

log = structlog.get_logger(__name__)

Checks = Mapping[str, Callable[[], Awaitable[Any]]]

router = APIRouter(tags=["health"])


@router.get("/health", responses=answer(HealthBody, {"status": "ok"}))
async def health() -> JSONResponse:
    """Say that the process answers; no store is asked."""
    return JSONResponse({"status": "ok"})


@router.get("/health/ready", responses={**answer(ReadyBody, examples.READY), 503: {"model": ReadyBody}})
async def ready(request: Request) -> JSONResponse:
    """Ask every store; 503 when one does not answer."""
    state = request.app.state
    passed = await check_all(state.checks, timeout_seconds=state.services.settings.ready_timeout_seconds)
    body = {
        "status": "ready" if all(passed.values()) else "unavailable",
        "checks": {name: "up" if up else "down" for name, up in passed.items()},
    }
    return JSONResponse(body, status_code=200 if all(passed.values()) else 503)


async def check_all(checks: Checks, *, timeout_seconds: float) -> dict[str, bool]:
    """Run every check at the same time and return which of them passed in time."""
    passed = await asyncio.gather(*(_passes(name, check, timeout_seconds) for name, check in checks.items()))
    return dict(zip(checks, passed, strict=True))


async def _passes(name: str, check: Callable[[], Awaitable[Any]], timeout_seconds: float) -> bool:
    try:
        async with asyncio.timeout(timeout_seconds):
            await check()
    except Exception as error:  # noqa: BLE001  # whatever goes wrong, the answer is that this one is down
        log.warning("dependency_down", dependency=name, reason=type(error).__name__)
        return False
    return True
