"""The full lists behind a task's result, a page at a time: rejected rows, created products."""

import re
from typing import NamedTuple
from uuid import UUID

import msgspec

from catalog_service.database import Database
from catalog_service.errors import InvalidCursor
from common.ledger import read_fault_groups, read_row_errors
from common.tasks import FaultGroup, RowError

#: Entries of one page.
MAX_PAGE = 1000

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
    """Rejected rows in file order, and the groups of all there are; ``next_after`` is the last one's row
    number, None on the last page."""

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

    async def row_errors(self, proveedor_id: str, task_id: UUID, *, after: int, limit: int) -> RowErrorPage:
        """Return rejected rows behind row ``after``."""
        async with self._database.connection() as connection:
            # one more than asked for tells whether there is a next page
            errors = await read_row_errors(connection, proveedor_id, task_id, after=after, limit=limit + 1)
            groups = await read_fault_groups(connection, proveedor_id, task_id)
        return RowErrorPage(errors[:limit], groups, errors[limit - 1].fila if len(errors) > limit else None)

    async def outputs(self, proveedor_id: str, task_id: UUID, *, after: Place, limit: int) -> OutputPage:
        """Return what the task created, behind ``after``."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ_OUTPUTS, proveedor_id, task_id, *after, limit + 1)
        last = Place(rows[limit - 1]["cursor"], rows[limit - 1]["position"]) if len(rows) > limit else None
        return OutputPage([row["value"] for row in rows[:limit]], last)
