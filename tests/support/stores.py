"""A database, a bucket and queues for one test, made in milliseconds on stores that the session shares."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from localstack_client.session import Session
from psycopg import sql
from redis.asyncio import Redis

from infra.embedded.stores import Stores

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def s3_client(environment: Mapping[str, str]) -> "S3Client":
    """A synchronous client that looks into the S3 of ``environment``."""
    client: S3Client = _client("s3", environment["AWS_ENDPOINT_URL"])
    return client


def sqs_client(environment: Mapping[str, str]) -> "SQSClient":
    """A synchronous client that looks into the SQS of ``environment``."""
    client: SQSClient = _client("sqs", environment["AWS_ENDPOINT_URL"])
    return client


def queue_url(environment: Mapping[str, str], suffix: str = "") -> str:
    """The URL of the test's queue; with ``suffix="-dlq"`` that of its dead-letter queue."""
    return sqs_client(environment).get_queue_url(QueueName=environment["SQS_QUEUE_NAME"] + suffix)["QueueUrl"]


def create_bucket_and_queues(environment: Mapping[str, str]) -> None:
    """What ``infra/init-localstack.sh`` makes, a hundred times faster.

    Call it again after ``stores.localstack.restart()``: a LocalStack that ends takes the test's with it.
    """
    s3_client(environment).create_bucket(Bucket=environment["S3_BUCKET_NAME"])
    sqs = sqs_client(environment)
    name = environment["SQS_QUEUE_NAME"]
    dead_letter_url = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=dead_letter_url, AttributeNames=["QueueArn"])["Attributes"]
    redrive = {"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": "10"}
    sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": "300",
            "MessageRetentionPeriod": "86400",
            "ReceiveMessageWaitTimeSeconds": "20",
            "RedrivePolicy": json.dumps(redrive),
        },
    )


def delete_bucket_and_queues(environment: Mapping[str, str]) -> None:
    """Free the memory and disk that they take; what is gone already is no error."""
    s3, bucket = s3_client(environment), environment["S3_BUCKET_NAME"]
    with suppress(s3.exceptions.NoSuchBucket):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for stored in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=stored["Key"])
        s3.delete_bucket(Bucket=bucket)
    sqs = sqs_client(environment)
    for suffix in ("", "-dlq"):
        with suppress(sqs.exceptions.QueueDoesNotExist):
            sqs.delete_queue(QueueUrl=queue_url(environment, suffix))


@asynccontextmanager
async def fresh_database(stores: Stores, name: str) -> AsyncIterator[str]:
    """The URL of a migrated, empty database, dropped at the end whoever is still connected."""
    template = sql.Identifier(stores.postgres.url.rpartition("/")[2])
    database = sql.Identifier(name)
    await _execute(stores, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, template))
    try:
        yield stores.postgres.url_of(name)
    finally:
        await stores.postgres.start()  # the test may have left it dead
        await _execute(stores, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


async def flush_redis(url: str) -> None:
    """Empty the Redis at ``url``."""
    async with Redis.from_url(url) as redis:
        await redis.flushall()


async def _execute(stores: Stores, statement: sql.Composed) -> None:
    url = stores.postgres.url_of("postgres")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement)


@cache  # making a client takes longer than everything that a test's fixtures do with it
def _client(service: str, endpoint: str) -> Any:
    return Session(localstack_host=urlsplit(endpoint).netloc).client(service)
