"""Settings of the upload API, read once from the environment."""

from pydantic import Field

from common.settings import AwsSettings, DatabaseSettings, HttpSettings, LogSettings, RedisSettings


class Settings(AwsSettings, RedisSettings, DatabaseSettings, HttpSettings, LogSettings):
    """Each field is an environment variable of the same name in capitals."""

    catalog_host: str = "127.0.0.1"
    catalog_port: int = Field(default=3001, ge=0, le=65_535)
    #: Largest file taken, in MiB.
    max_file_size_mb: int = Field(default=200, ge=1, le=5_000)
    #: Uploads that may arrive at the same time; each holds up to 20 MiB in memory.
    max_uploads: int = Field(default=200, ge=1)
    #: Within each stretch of this many seconds some of an upload must arrive, or it is cut off.
    upload_idle_timeout_seconds: float = Field(default=30, gt=0)
    #: How long all of an upload may take to arrive; the time that S3 takes does not count.
    upload_timeout_seconds: float = Field(default=7200, gt=0)
    #: How long one call to a store may take before the store counts as down.
    s3_timeout_seconds: float = Field(default=5, gt=0)
    sqs_timeout_seconds: float = Field(default=4, gt=0)
    redis_timeout_seconds: float = Field(default=0.5, gt=0)
    database_timeout_seconds: float = Field(default=3, gt=0)
    #: How long one check of ``/health/ready`` may take.
    ready_timeout_seconds: float = Field(default=2, gt=0)
    #: Connections to PostgreSQL.
    database_pool_size: int = Field(default=10, ge=1)
    #: Age from which a record in Redis of an unfinished task is checked against the ledger.
    status_stale_seconds: float = Field(default=15, ge=0)
    #: Clients that may wait for news of a task at the same time, by long polls and event streams.
    max_listeners: int = Field(default=800, ge=0)
    #: After so long without an event a stream says that it is still there; less than any proxy's patience.
    heartbeat_seconds: float = Field(default=15, gt=0)
    #: How long a request waits for a worker to make the file of rejected rows.
    report_wait_seconds: float = Field(default=20, ge=0)
    #: Time that requests under way have to end when the process is told to.
    shutdown_grace_seconds: int = Field(default=8, ge=0)
