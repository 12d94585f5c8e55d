"""The list of tasks, newest first, a page at a time: from the ledger, so of those that a worker has seen."""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from catalog_service.database import Database
from catalog_service.errors import DatabaseUnavailable, InvalidCursor
from catalog_service.searching import FOLD
from common.ledger import BRIEF_TASK_COLUMNS, CORRECTS, record_from_row
from common.tasks import LIST_LIMIT, TaskRecord, TaskStatus

#: Entries of one page.
MAX_PAGE: Final = 200
#: A search by name looks at every task until its page is full.
_SEARCH_SECONDS: Final = 8
#: Such searches at the same time: they must not take all connections from whoever asks for little.
_SEARCHES: Final = 2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,15})\.([0-9a-f]{32})")

_CORRECTIONS = f"""
SELECT parent_task_id, (array_agg(task_id ORDER BY accepted_at, task_id))[1:$3] AS corrections
  FROM tasks
 WHERE proveedor_id = ANY($1) AND parent_task_id = ANY($2) AND {CORRECTS}
 GROUP BY parent_task_id
"""


@dataclass(frozen=True)
class TasksWanted:
    """Which tasks somebody wants to see; None or nothing: any.

    ``q``: a part of the file's name, case and accents aside, or the beginning of the task's id.
    """

    proveedor_id: str | None = None
    statuses: Sequence[TaskStatus] = ()
    q: str = ""


class TaskPlace(NamedTuple):
    """A place in the list: behind the task of this id that was accepted then."""

    accepted_at: datetime
    task_id: UUID

    @classmethod
    def parse(cls, cursor: str) -> "TaskPlace":
        """Read what `str` wrote, or raise ``InvalidCursor``."""
        try:
            text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        except ValueError:
            raise InvalidCursor(parameter="cursor") from None
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise InvalidCursor(parameter="cursor")
        return cls(_EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2]))

    def __str__(self) -> str:
        microseconds = (self.accepted_at - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(f"{microseconds}.{self.task_id.hex}".encode()).decode().rstrip("=")


class TaskPage(msgspec.Struct, frozen=True):
    """Tasks, newest first; ``next_place`` is None on the last page."""

    tasks: list[TaskRecord]
    next_place: TaskPlace | None


class TaskList:
    """Reads the list. Every method raises ``DatabaseUnavailable`` when PostgreSQL cannot answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._searches = asyncio.Semaphore(_SEARCHES)

    async def page(self, wanted: TasksWanted, *, behind: TaskPlace | None, limit: int) -> TaskPage:
        """Return up to ``limit`` of the tasks that are wanted.

        By the moment in which they were accepted, and that of none changes: whatever arrives meanwhile, each
        task is on one page only.
        """
        if "\0" in wanted.q:  # text in PostgreSQL holds none
            return TaskPage([], None)
        # the ledger begins where a worker has taken a task
        statuses = [status for status in dict.fromkeys(wanted.statuses) if status is not TaskStatus.PENDING]
        if wanted.statuses and not statuses:
            return TaskPage([], None)
        # one more than asked for tells whether there is a next page
        query, values = _query(replace(wanted, statuses=statuses), behind, limit + 1)
        async with (
            self._turn_to_search() if wanted.q else nullcontext(),
            self._database.connection(within_seconds=_SEARCH_SECONDS) as connection,
        ):
            rows = await connection.fetch(query, *values)
            corrections = await _corrections(connection, rows)
        tasks = [record_from_row(row, corrections=corrections.get(row["task_id"], ())) for row in rows]
        if len(tasks) <= limit:
            return TaskPage(tasks, None)
        last = tasks[limit - 1]
        return TaskPage(tasks[:limit], TaskPlace(last.created_at, last.task_id))

    @asynccontextmanager
    async def _turn_to_search(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_SEARCH_SECONDS):
                await self._searches.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable() from error
        try:
            yield
        finally:
            self._searches.release()


def _query(wanted: TasksWanted, behind: TaskPlace | None, limit: int) -> tuple[str, list[Any]]:
    values: list[Any] = []

    def value(of: Any) -> str:
        values.append(of)
        return f"${len(values)}"

    conditions = []
    if wanted.proveedor_id is not None:
        conditions.append(f"proveedor_id = {value(wanted.proveedor_id)}")
    if wanted.q:
        word = value(wanted.q)
        in_name = f"strpos({FOLD.format('filename')}, {FOLD.format(word + '::text')}) > 0"
        conditions.append(f"({in_name} OR starts_with(task_id::text, lower({word})))")
    if behind is not None:
        conditions.append(f"(accepted_at, task_id) < ({value(behind.accepted_at)}, {value(behind.task_id)})")
    if wanted.statuses:
        conditions.append("status = wanted.status")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    page = f"ORDER BY accepted_at DESC, task_id DESC LIMIT {value(limit)}"
    query = f"SELECT {BRIEF_TASK_COLUMNS} FROM tasks {where} {page}"
    if wanted.statuses:
        # the newest of each, by its index: else all tasks are looked through for those of a rare one
        statuses = f"unnest({value([str(status) for status in wanted.statuses])}::text[]) AS wanted (status)"
        query = f"SELECT task.* FROM {statuses} CROSS JOIN LATERAL ({query}) AS task {page}"
    return query, values


async def _corrections(
    connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]
) -> dict[UUID, list[UUID]]:
    """Return the uploads that mend rejected rows of these tasks, by the task they mend."""
    faulty = [row for row in rows if row["failed"]]
    if not faulty:
        return {}
    providers = list({row["proveedor_id"] for row in faulty})
    found = await connection.fetch(_CORRECTIONS, providers, [row["task_id"] for row in faulty], LIST_LIMIT)
    return {row["parent_task_id"]: [UUID(str(task_id)) for task_id in row["corrections"]] for row in found}
