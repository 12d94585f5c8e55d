"""AWS clients, from one place, so that swapping the library is one change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aioboto3
from aiobotocore.config import AioConfig

from common.settings import AwsSettings


@asynccontextmanager
async def aws_client(
    service: str, settings: AwsSettings, *, read_timeout: float = 10, connections: int = 50, attempts: int = 2
) -> AsyncIterator[Any]:
    """Open a client for ``service`` ("s3", "sqs"): LocalStack when ``aws_endpoint_url`` is set, else AWS
    itself.

    Credentials that the settings leave out come from the usual AWS chain (profile, container, instance role).

    Args:
        read_timeout: seconds to wait for an answer; a long poll needs more than its own wait.
        connections: size of the connection pool.
        attempts: tries of one call, the first one included.
    """
    secret = settings.aws_secret_access_key
    session: Any = aioboto3.Session(
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=None if secret is None else secret.get_secret_value(),
        region_name=settings.aws_default_region,
    )
    config = AioConfig(
        connect_timeout=3,
        read_timeout=read_timeout,
        max_pool_connections=connections,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # what is put has a checksum; signing the body too, as over plain HTTP, would hash it all once more
        s3={
            "payload_signing_enabled": False,
            **({"addressing_style": "path"} if settings.aws_endpoint_url else {}),
        },
    )
    async with session.client(service, endpoint_url=settings.aws_endpoint_url, config=config) as client:
        yield client
