"""Settings that more than one service reads, by the names of their environment variables.

Each service composes these into one frozen class, built once where the process starts.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _empty_is_none(value: object) -> object:
    # compose passes a variable that nobody set as an empty string
    return None if value == "" else value


def _split(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


OptionalText = Annotated[str | None, BeforeValidator(_empty_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_empty_is_none)]


#: An address as a browser names it in ``Origin``; neither ``*`` nor ``null``, which stand for anybody.
Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]
#: Written as ``https://a.example,https://b.example``.
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)]


class FrozenSettings(BaseSettings):
    """Read from the environment once, never changed."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class AwsSettings(FrozenSettings):
    """Where S3 and SQS are. Without ``AWS_ENDPOINT_URL``: AWS itself, credentials from its usual chain."""

    aws_endpoint_url: OptionalText = None
    aws_access_key_id: OptionalText = None
    aws_secret_access_key: OptionalSecret = None
    aws_default_region: OptionalText = None
    s3_bucket_name: str = "medisupply-bulk-uploads"
    sqs_queue_name: str = "medisupply-bulk-upload-queue"


class RedisSettings(FrozenSettings):
    """Where task records live."""

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")


class DatabaseSettings(FrozenSettings):
    """Where products and the ledger live, as a ``postgresql://`` URL."""

    database_url: SecretStr = SecretStr("postgresql://postgres@127.0.0.1:5432/postgres")


class HttpSettings(FrozenSettings):
    """How a service treats whoever talks to it."""

    #: Whose pages may call the service from a browser; none by default.
    cors_allowed_origins: Origins = ()
    #: What is still read of a refused upload, so that its sender sees the answer: this much, this long.
    refused_body_drain_mb: int = Field(default=512, ge=0)
    refused_body_drain_seconds: float = Field(default=15, ge=0)


class LogSettings(FrozenSettings):
    """How a service logs: JSON lines, or readable ones on a terminal (``auto`` looks for one)."""

    log_format: Literal["auto", "json", "console"] = "auto"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO")
