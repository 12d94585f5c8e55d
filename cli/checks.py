"""The doctor's questions, one function each: None when all is well, or what to do about it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
import httpx
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from localstack_client.session import Session
from redis.asyncio import Redis
from redis.exceptions import RedisError

from common.texts import Text
from infra.migrate import pending

Environment = Mapping[str, str]
#: What is wrong and what to do about it.
Finding = tuple[Text, Mapping[str, Any]]

_SECONDS = 5

_DATABASE_DOWN = Text(
    "no responde; inícielo con «./carga up» o revise DATABASE_URL ({reason})",
    "does not answer; start it with “./carga up” or check DATABASE_URL ({reason})",
)
_MIGRATIONS_PENDING = Text(
    "faltan {names}; aplíquelas con «python -m infra.migrate»",
    "{names} are missing; apply them with “python -m infra.migrate”",
)
_REDIS_DOWN = Text(
    "no responde; inícielo con «./carga up» o revise REDIS_URL ({reason})",
    "does not answer; start it with “./carga up” or check REDIS_URL ({reason})",
)
_AWS_DOWN = Text(
    "no responde; inícielo con «./carga up» o revise AWS_ENDPOINT_URL y las credenciales ({reason})",
    "does not answer; start it with “./carga up” or check AWS_ENDPOINT_URL and the credentials ({reason})",
)
_BUCKET_MISSING = Text(
    "no existe el bucket {name}; créelo con «infra/init-localstack.sh»",
    "there is no bucket {name}; make it with “infra/init-localstack.sh”",
)
_QUEUE_MISSING = Text(
    "no existe la cola {name}; créela con «infra/init-localstack.sh»",
    "there is no queue {name}; make it with “infra/init-localstack.sh”",
)
_NO_REDRIVE = Text(
    "la cola {name} no entrega a una cola de mensajes fallidos; corríjalo con «infra/init-localstack.sh»",
    "queue {name} hands nothing to a dead-letter queue; mend it with “infra/init-localstack.sh”",
)
_SERVICE_DOWN = Text(
    "nadie responde en {url}; inícielo con «./carga up»",
    "nobody answers at {url}; start it with “./carga up”",
)
_SERVICE_UNREADY = Text(
    "responde en {url}, pero no llega a: {names}; mire las otras líneas",
    "answers at {url}, but cannot reach: {names}; see the other lines",
)
_NO_WORKER = Text(
    "ninguno escucha: los archivos se aceptan y esperan; inicie uno con «./carga up»",
    "none is listening: files are accepted and wait; start one with “./carga up”",
)
_WORKER_UNKNOWN = Text("no se sabe: Redis no responde", "unknown: Redis does not answer")


async def check_postgres(environment: Environment) -> Finding | None:
    """PostgreSQL takes connections."""
    try:
        url = environment["DATABASE_URL"]
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=_SECONDS):
            return None
    except psycopg.Error as error:
        return _DATABASE_DOWN, {"reason": _first_line(error)}


async def check_migrations(environment: Environment) -> Finding | None:
    """Every migration has been applied."""
    try:
        missing = await asyncio.to_thread(pending, environment["DATABASE_URL"])
    except psycopg.Error as error:
        return _DATABASE_DOWN, {"reason": _first_line(error)}
    return (_MIGRATIONS_PENDING, {"names": missing}) if missing else None


async def check_redis(environment: Environment) -> Finding | None:
    """Redis answers."""
    async with _redis(environment) as redis:
        try:
            await redis.ping()
        except (RedisError, OSError) as error:
            return _REDIS_DOWN, {"reason": _first_line(error)}
    return None


async def check_worker(environment: Environment) -> Finding | None:
    """At least one worker has said lately that it listens."""
    async with _redis(environment) as redis:
        try:
            found = [key async for key in redis.scan_iter("carga:worker:*")]
        except (RedisError, OSError):
            return _WORKER_UNKNOWN, {}
    return None if found else (_NO_WORKER, {})


async def check_bucket(environment: Environment) -> Finding | None:
    """The bucket for uploads exists."""
    name = environment["S3_BUCKET_NAME"]

    def ask() -> Finding | None:
        try:
            _client("s3", environment).head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                return _BUCKET_MISSING, {"name": name}
            return _AWS_DOWN, {"reason": _first_line(error)}
        except BotoCoreError as error:
            return _AWS_DOWN, {"reason": _first_line(error)}
        return None

    return await asyncio.to_thread(ask)


async def check_queue(environment: Environment) -> Finding | None:
    """The queue exists."""
    outcome = await asyncio.to_thread(_queue_attributes, environment, environment["SQS_QUEUE_NAME"])
    return outcome if isinstance(outcome, tuple) else None


async def check_dead_letter_queue(environment: Environment) -> Finding | None:
    """The queue hands over what fails again and again, to a queue that exists."""
    name = environment["SQS_QUEUE_NAME"]
    attributes = await asyncio.to_thread(_queue_attributes, environment, name)
    if isinstance(attributes, tuple):
        return attributes
    if "RedrivePolicy" not in attributes:
        return _NO_REDRIVE, {"name": name}
    target = json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"].rpartition(":")[2]
    outcome = await asyncio.to_thread(_queue_attributes, environment, target)
    return outcome if isinstance(outcome, tuple) else None


async def check_catalog_service(environment: Environment) -> Finding | None:
    """The catalogue service is alive and reaches its stores."""
    return await _check_service(environment["CATALOG_URL"])


async def check_bff(environment: Environment) -> Finding | None:
    """The BFF is alive and reaches the catalogue service."""
    return await _check_service(environment["BFF_URL"])


async def _check_service(url: str) -> Finding | None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=_SECONDS) as client:
        try:
            ready = await client.get("/health/ready")
            checks = ready.json()["checks"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return _SERVICE_DOWN, {"url": url}
    down = [name for name, state in checks.items() if state != "up"]
    return (_SERVICE_UNREADY, {"url": url, "names": down}) if down else None


def _queue_attributes(environment: Environment, name: str) -> dict[str, str] | Finding:
    try:
        client = _client("sqs", environment)
    except BotoCoreError as error:  # real AWS, of which nothing is known here
        return _AWS_DOWN, {"reason": _first_line(error)}
    try:
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    except client.exceptions.QueueDoesNotExist:
        return _QUEUE_MISSING, {"name": name}
    except (BotoCoreError, ClientError) as error:
        return _AWS_DOWN, {"reason": _first_line(error)}
    return dict(found["Attributes"])


def _client(service: Literal["s3", "sqs"], environment: Environment) -> Any:
    """A client of LocalStack where an endpoint is given, and of AWS, by its usual ways, where none is."""
    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return boto3.client(service, region_name=environment.get("AWS_DEFAULT_REGION"), config=config)
    localstack = Session(
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID", "test"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY", "test"),
        region_name=environment.get("AWS_DEFAULT_REGION", "us-east-1"),
        localstack_host=urlsplit(endpoint).netloc,
    )
    return localstack.client(service, config=config)


def _redis(environment: Environment) -> Redis:
    url = environment["REDIS_URL"]
    return Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
