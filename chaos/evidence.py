"""What is left when all is over."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class TaskView:
    """A task as a client sees it: the status, its rejected rows (number, codes), the ids it created."""

    status: dict[str, Any]
    errors: list[tuple[int, list[str]]]
    created: list[str]


@dataclass(frozen=True)
class Product:
    """A row of the table, its values in the order of the columns, and who wrote it last."""

    values: tuple[Any, ...]
    accepted_at: datetime
    task_id: str


@dataclass(frozen=True)
class Attempt:
    """One attempt at a task, as the ledger remembers it."""

    task_id: str
    epoch: int
    owner: str
    start_cursor: int
    started_at: datetime
    outcome: str | None


@dataclass(frozen=True)
class Batch:
    """One committed batch."""

    task_id: str
    cursor: int
    epoch: int
    successful: int
    failed: int
    committed_at: datetime


@dataclass
class Evidence:
    """All that the oracle looks at. Task ids are texts; products are by provider and id."""

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    views: dict[str, TaskView] = field(default_factory=dict)
    products: dict[str, dict[str, Product]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    #: When the reconciler put which task back on the queue.
    announcements: list[tuple[str, datetime]] = field(default_factory=list)
    purged_at: list[float] = field(default_factory=list)
    objects: set[str] = field(default_factory=set)
    messages: int = 0
    dead_messages: int = 0
    #: Whatever should not be there any more, in words.
    leftovers: list[str] = field(default_factory=list)
