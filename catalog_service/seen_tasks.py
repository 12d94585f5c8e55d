"""Tasks as they were found, each decoded and rendered once, however often it is asked for.

What Redis holds of a task that has ended takes a millisecond to decode and to render where a hundred rows
were rejected, and a microsecond to compare with what it held the last time.
"""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from catalog_service.answers import encode, status_body
from common.tasks import TaskRecord, TaskStatus, decode_record
from common.texts import Language

#: What is kept of all of them, in bytes.
MAX_BYTES: Final = 32 * 1024 * 1024
#: What one takes beside its bytes, and how often it takes those: as they are stored, and rendered under two
#: prefixes in two languages, each time less than twice as long.
_OVERHEAD_BYTES: Final = 2000
_COPIES: Final = 8


class StatusAnswer(NamedTuple):
    """A body, and the entity tag that no other body has."""

    body: bytes
    etag: str


class SeenTask:
    """What is known of a task: what decides how good that is, and all of it where it is asked for."""

    __slots__ = (
        "_answers",
        "_record",
        "created_at",
        "has_open_rows",
        "revision",
        "status",
        "stored",
        "updated_at",
    )

    def __init__(self, record: TaskRecord, stored: bytes | None = None) -> None:
        """``stored``: what ``record`` was decoded from; only then it need not be kept itself."""
        self.status: TaskStatus = record.status
        self.revision: int = record.revision
        self.created_at: datetime = record.created_at
        self.updated_at: datetime = record.updated_at
        #: Rejected rows that a later upload may yet bring in.
        self.has_open_rows: bool = record.progress.failed > record.resolved
        self.stored = stored
        self._record: TaskRecord | None = record
        self._answers: dict[tuple[str, Language], StatusAnswer] = {}

    @property
    def record(self) -> TaskRecord:
        """All that is known."""
        record = self._record
        if record is None:
            assert self.stored is not None
            record = decode_record(self.stored)
        assert record is not None
        return record

    def answer(self, prefix: str, language: Language) -> StatusAnswer:
        """Return what a poller is told."""
        answer = self._answers.get((prefix, language))
        if answer is None:
            body = encode(status_body(self.record, prefix, language))
            # of the bytes themselves: whatever changes them, another version of this service too, changes it
            answer = StatusAnswer(body, f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"')
            self._answers[prefix, language] = answer
            if self.stored is not None:
                # as objects it takes seven times the room
                self._record = None
        return answer

    def age_seconds(self) -> float:
        """Return the seconds since the task last changed."""
        return (datetime.now(UTC) - self.updated_at).total_seconds()


class SeenTasks:
    """The tasks that were asked for of late, within a bound of memory."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._seen: OrderedDict[UUID, SeenTask] = OrderedDict()

    def see(self, task_id: UUID, stored: bytes) -> SeenTask | None:
        """Return the task that Redis holds as ``stored``; None where that cannot be understood."""
        seen = self._seen.get(task_id)
        if seen is not None and seen.stored == stored:
            self._seen.move_to_end(task_id)
            return seen
        record = decode_record(stored)
        if record is None:
            return None
        self._forget(task_id)
        seen = self._seen[task_id] = SeenTask(record, stored)
        self._bytes += _size(stored)
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._seen)))
        return seen

    def _forget(self, task_id: UUID) -> None:
        seen = self._seen.pop(task_id, None)
        if seen is not None and seen.stored is not None:
            self._bytes -= _size(seen.stored)


def _size(stored: bytes) -> int:
    return _OVERHEAD_BYTES + _COPIES * len(stored)
