"""Settings of the worker, read once from the environment."""

from pydantic import Field

from common.settings import AwsSettings, DatabaseSettings, LogSettings, RedisSettings


class Settings(AwsSettings, RedisSettings, DatabaseSettings, LogSettings):
    """Each field is an environment variable of the same name in capitals."""

    #: Uploads handled at the same time.
    worker_concurrency: int = Field(default=2, ge=1, le=64)
    #: Rows of the smallest batch, and so the step in which progress moves.
    progress_every_rows: int = Field(default=10, ge=1)
    #: Rows of the largest batch.
    batch_max_rows: int = Field(default=5000, ge=1)
    #: How long a message stays hidden, and a lease valid, without a sign of life.
    visibility_timeout_seconds: int = Field(default=60, ge=1, le=43_200)
    #: How long one question to the queue waits for a message.
    long_poll_seconds: int = Field(default=20, ge=0, le=20)
    #: Address space of the process that reads a file.
    reader_memory_mb: int = Field(default=2048, ge=256)
    #: Processor time of the process that reads a file.
    reader_cpu_seconds: int = Field(default=900, ge=1)
    #: Attempts that may end in a crash before the task is failed.
    max_attempts: int = Field(default=5, ge=1)
    #: Time a stopping worker has to finish its batches; what is left is another worker's.
    shutdown_grace_seconds: float = Field(default=8, gt=0)
