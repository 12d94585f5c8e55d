"""``./carga doctor``: one line for everything that Carga stands on, and what to do where it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from rich.text import Text as Styled

from cli import checks
from cli.checks import Finding
from cli.exit_codes import ExitCode
from cli.screen import Screen
from common.texts import Text

_OK = Text("bien", "fine")
_SCHEMA = Text("migraciones", "migrations")

#: In the order in which a fault of one explains those of the next.
_CHECKS: Mapping[str | Text, Callable[[Mapping[str, str]], Awaitable[Finding | None]]] = {
    "PostgreSQL": checks.check_postgres,
    _SCHEMA: checks.check_migrations,
    "Redis": checks.check_redis,
    "S3": checks.check_bucket,
    "SQS": checks.check_queue,
    "SQS DLQ": checks.check_dead_letter_queue,
    "catalog_service": checks.check_catalog_service,
    "bff": checks.check_bff,
    "worker": checks.check_worker,
}

#: Where the services look when the environment does not say (see their settings).
_DEFAULTS = {
    "DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postgres",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "S3_BUCKET_NAME": "medisupply-bulk-uploads",
    "SQS_QUEUE_NAME": "medisupply-bulk-upload-queue",
    "CATALOG_URL": "http://127.0.0.1:3001",
    "BFF_URL": "http://127.0.0.1:8001",
}


async def doctor(screen: Screen, environment: Mapping[str, str]) -> ExitCode:
    """Ask everything at once and print the answers in order; FAILED when anything is wrong."""
    complete = _DEFAULTS | {name: value for name, value in environment.items() if value}
    findings = await asyncio.gather(*(check(complete) for check in _CHECKS.values()))
    for label, finding in zip(_CHECKS, findings, strict=True):
        name = label if isinstance(label, str) else screen.words(label)
        text, params = finding or (_OK, {})
        mark, style = ("✗", "red") if finding else ("✓", "green")
        line = Styled.assemble((f"{mark} {name:<16}", style), screen.words(text, **params))
        screen.out.print(line, soft_wrap=True)
    return ExitCode.FAILED if any(findings) else ExitCode.OK
