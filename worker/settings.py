"""Settings of the worker, read once from the environment."""

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from common.settings import AwsSettings, DatabaseSettings, LogSettings, OptionalText, RedisSettings
from worker.webhook_settings import WebhookTable


def _split(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


#: Seconds, written as 60,300,900.
DelayList = Annotated[tuple[float, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]


class Settings(AwsSettings, RedisSettings, DatabaseSettings, LogSettings):
    """Each field is an environment variable of the same name in capitals."""

    #: Uploads handled at the same time.
    worker_concurrency: int = Field(default=2, ge=1, le=64)
    #: Whether each provider has its turn, however many files another has sent; false: first come, first
    #: served.
    take_turns: bool = True
    #: From this size on a file is large: one slot of a worker is left to those that are not; 0: to nobody.
    large_file_mb: float = Field(default=16, ge=0)
    #: Rows of the smallest batch, and so the step in which progress moves.
    progress_every_rows: int = Field(default=10, ge=1)
    #: Rows of the largest batch.
    batch_max_rows: int = Field(default=10_000, ge=1)
    #: How long a message stays hidden, and a lease valid, without a sign of life.
    visibility_timeout_seconds: int = Field(default=60, ge=1, le=43_200)
    #: How long one question to the queue waits for a message.
    long_poll_seconds: int = Field(default=20, ge=0, le=20)
    #: Address space of the process that reads a file.
    reader_memory_mb: int = Field(default=2048, ge=256)
    #: Processor time of the process that reads a file.
    reader_cpu_seconds: int = Field(default=900, ge=1)
    #: Waits before the second, third … attempt at an upload that failed in a way that may pass; the last
    #: one repeats.
    retry_delays_seconds: DelayList = (60, 300, 900)
    #: An attempt that does not get on for this long is given up.
    stall_timeout_seconds: float = Field(default=300, gt=0)
    #: How long a task may take in all, from its first attempt on; 0: as long as it wants.
    task_timeout_seconds: float = Field(default=0, ge=0)
    #: A message held for this long is handed on with its cursor: SQS lets nobody hold one for more than 12
    #: hours.
    handover_seconds: float = Field(default=11 * 3600, gt=0, le=12 * 3600)
    #: Where the queue moves what it gives up on; None: the upload queue's name with ``-dlq`` behind it.
    sqs_dlq_name: OptionalText = None
    #: How often to look for uploads and tasks that no message accounts for; 0: never.
    reconcile_every_seconds: float = Field(default=60, ge=0)
    #: How long nothing must have been heard of such a one; longer than the visibility time-out.
    reconcile_after_seconds: float = Field(default=300, gt=0)
    #: How long tasks that are over, their files and dead letters are kept; 0: for ever.
    retention_days: float = Field(default=30, ge=0)
    #: Whose systems are told that a task has ended, by provider; ``*`` stands for all others.
    webhooks: WebhookTable = {}  # noqa: RUF012 - pydantic gives each its own
    #: Where ``/health``, ``/health/ready`` and ``/metrics`` are served; 0: nowhere.
    worker_health_port: int = Field(default=0, ge=0, le=65_535)
    worker_health_host: str = "127.0.0.1"
    #: Attempts that may end in a crash before the task is failed.
    max_attempts: int = Field(default=3, ge=1)
    #: Time a stopping worker has to finish its batches; what is left is another worker's.
    shutdown_grace_seconds: float = Field(default=8, gt=0)

    @property
    def large_file_bytes(self) -> int:
        """Return from how many bytes on a file is large; 0: none is."""
        return round(self.large_file_mb * 1024 * 1024)

    @property
    def dead_letter_queue_name(self) -> str:
        """Return the name of the dead-letter queue."""
        return self.sqs_dlq_name or f"{self.sqs_queue_name}-dlq"
