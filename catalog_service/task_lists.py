"""The full lists behind a task's result, a page at a time: rejected rows, created products."""

import re
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from catalog_service.database import Database
from catalog_service.errors import InvalidCursor
from common.ledger import read_fault_groups, read_row_errors
from common.tasks import FaultGroup, RowError

#: Entries of one page.
MAX_PAGE = 1000
#: Rejected rows that are looked at for one page of those that are wanted.
MAX_LOOKED_AT = 10_000
#: They are looked at in a tenth of it, on a machine that has nothing else to do.
_SEARCH_SECONDS = 8

# a batch holds its outputs in file order; (cursor, position) is the place of one among all
_READ_OUTPUTS = """
SELECT batch.cursor, output.position, output.value
  FROM task_batches AS batch
 CROSS JOIN LATERAL unnest(batch.outputs) WITH ORDINALITY AS output (value, position)
 WHERE batch.proveedor_id = $1 AND batch.task_id = $2
   AND batch.cursor >= $3 AND (batch.cursor, output.position) > ($3, $4)
 ORDER BY batch.cursor, output.position
 LIMIT $5
"""

#: What `Place` writes.
PLACE_PATTERN = r"^([0-9]{1,18})\.([0-9]{1,18})$"

_PLACE = re.compile(PLACE_PATTERN)


class Place(NamedTuple):
    """A place in the list of what a task brought into being."""

    cursor: int
    position: int

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str` wrote, or raise ``InvalidCursor``."""
        match = _PLACE.fullmatch(text)
        if match is None:
            raise InvalidCursor(parameter="after")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.cursor}.{self.position}"


class RowErrorPage(msgspec.Struct, frozen=True):
    """Rejected rows in file order, and the groups of all there are; ``next_after`` is the number of the last
    row that was looked at, None on the last page."""

    errors: list[RowError]
    groups: list[FaultGroup]
    next_after: int | None


class OutputPage(msgspec.Struct, frozen=True):
    """Names of what was created, in file order; ``next_after`` is None on the last page."""

    outputs: list[str]
    next_after: Place | None


class TaskLists:
    """Reads the lists. Every method raises ``DatabaseUnavailable`` when PostgreSQL cannot answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def row_errors(
        self,
        proveedor_id: str,
        task_id: UUID,
        *,
        after: int,
        limit: int,
        wanted: Callable[[RowError], bool] | None = None,
    ) -> RowErrorPage:
        """Return rejected rows behind row ``after``, all or those that are ``wanted``.

        Of the wanted ones a page may hold few or none though there are more: a bounded number is looked at.
        """
        identity = proveedor_id, task_id
        seconds = None if wanted is None else _SEARCH_SECONDS
        async with self._database.connection(within_seconds=seconds) as connection:
            if wanted is None:
                # one more than asked for tells whether there is a next page
                errors = await read_row_errors(connection, *identity, after=after, limit=limit + 1)
                next_after = errors[limit - 1].fila if len(errors) > limit else None
            else:
                errors, next_after = await _look_for(connection, *identity, after, limit, wanted)
            groups = await read_fault_groups(connection, *identity)
        return RowErrorPage(errors[:limit], groups, next_after)

    async def outputs(self, proveedor_id: str, task_id: UUID, *, after: Place, limit: int) -> OutputPage:
        """Return what the task created, behind ``after``."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ_OUTPUTS, proveedor_id, task_id, *after, limit + 1)
        last = Place(rows[limit - 1]["cursor"], rows[limit - 1]["position"]) if len(rows) > limit else None
        return OutputPage([row["value"] for row in rows[:limit]], last)


async def _look_for(
    connection: asyncpg.Connection,
    proveedor_id: str,
    task_id: UUID,
    after: int,
    limit: int,
    wanted: Callable[[RowError], bool],
) -> tuple[list[RowError], int | None]:
    """Return up to ``limit`` wanted rows, and the row behind which to go on looking; None: there is none."""
    found: list[RowError] = []
    looked_at = 0
    while looked_at < MAX_LOOKED_AT:
        errors = await read_row_errors(connection, proveedor_id, task_id, after=after, limit=MAX_PAGE)
        for error in errors:
            if len(found) == limit:
                return found, after
            after = error.fila
            if wanted(error):
                found.append(error)
        looked_at += len(errors)
        if len(errors) < MAX_PAGE:
            return found, None
    return found, after
