"""What handling an upload needs."""

import asyncio
from dataclasses import dataclass, field

from common.tasks import TaskStore
from worker.database import Database
from worker.gate import Gate
from worker.metrics import Metrics
from worker.readers.reader_process import SpareReader
from worker.readers.sandbox import ReaderLimits
from worker.storage import Storage


@dataclass(frozen=True)
class Workshop:
    """The same for all uploads of one worker."""

    worker_id: str
    database: Database
    storage: Storage
    tasks: TaskStore
    gate: Gate
    stopping: asyncio.Event
    lease_seconds: float
    rows_per_step: int
    batch_max_rows: int
    reader_limits: ReaderLimits
    max_attempts: int
    stall_seconds: float
    task_limit_seconds: float
    handover_seconds: float
    spare_reader: SpareReader | None = None
    metrics: Metrics = field(default_factory=Metrics)
