"""``python -m bench.uploading``: many clients that upload one small file after the other.

Either to the upload API, or (bare) by making the three calls that it makes, with the same clients: put into
S3, write to Redis, send to SQS, and nothing else. A process of its own, on the event loop of the services.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import msgspec
import uvloop

from catalog_service.parts import PART_BYTES
from common.aws import aws_client
from common.messages import UploadMessage, object_key
from common.redis import redis_client
from common.settings import AwsSettings, RedisSettings
from common.tasks import TASK_TTL_SECONDS, TaskRecord, task_key

_BOUNDARY: Final = "carga-bench"
_FORM: Final = (
    b'--%b\r\nContent-Disposition: form-data; name="file"; filename="productos.csv"\r\n\r\n%b\r\n--%b--\r\n'
)
#: Of each client.
_WARM_UP: Final = 2

Send = Callable[[bytes], Awaitable[None]]


class Uploading(msgspec.Struct, frozen=True):
    """What to send and how: ``uploads`` of ``file`` by ``clients`` at once, to the API on ``port`` or, where
    that is None, bare; beside them, if ``large`` is not 0, files of so many bytes, one after the other.
    """

    port: int | None
    file: str
    clients: int
    uploads: int
    large: int

    @property
    def warm_up(self) -> int:
        """Uploads before anything counts: connections are opened, and whatever is made on first use."""
        return _WARM_UP * self.clients


async def upload(uploading: Uploading) -> list[float]:
    """Return how long each took, in seconds: at the API from the first byte sent to the 202 read."""
    content = Path(uploading.file).read_bytes()  # noqa: ASYNC240  # before anything is measured
    clients = _bare() if uploading.port is None else _api(uploading.port)
    async with clients as send, asyncio.TaskGroup() as group:
        for _ in range(_WARM_UP):
            await asyncio.gather(*(send(content) for _ in range(uploading.clients)))
        beside = group.create_task(_send_on(send, uploading.large)) if uploading.large else None
        seconds: list[float] = []

        async def one_after_the_other() -> None:
            while len(seconds) + uploading.clients <= uploading.uploads:
                started = time.perf_counter()
                await send(content)
                seconds.append(time.perf_counter() - started)

        await asyncio.gather(*(one_after_the_other() for _ in range(uploading.clients)))
        if beside is not None:
            beside.cancel()
    return seconds


async def _send_on(send: Send, size: int) -> None:
    row = b"id,nombre,codigo\n"
    content = row * (size // len(row))
    while True:
        await send(content)


@asynccontextmanager
async def _api(port: int) -> AsyncIterator[Send]:
    url = f"http://127.0.0.1:{port}/api/catalog/items/bulk-upload?proveedor_id=PROV001"
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    boundary = _BOUNDARY.encode()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def send(content: bytes) -> None:
            body = _FORM % (boundary, content, boundary)
            async with session.post(url, data=_pieces(body), headers=headers) as answer:
                answer.raise_for_status()
                await answer.read()

        yield send


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    with memoryview(body) as view:
        for start in range(0, len(body), PART_BYTES // 8):
            yield bytes(view[start : start + PART_BYTES // 8])


@asynccontextmanager
async def _bare() -> AsyncIterator[Send]:
    settings = AwsSettings()
    async with AsyncExitStack() as stack:
        s3 = await stack.enter_async_context(aws_client("s3", settings))
        sqs = await stack.enter_async_context(aws_client("sqs", settings))
        redis = await stack.enter_async_context(redis_client(RedisSettings().redis_url.get_secret_value()))
        url = (await sqs.get_queue_url(QueueName=settings.sqs_queue_name))["QueueUrl"]

        async def put(key: str, content: bytes) -> None:
            where = {"Bucket": settings.s3_bucket_name, "Key": key}
            if len(content) <= PART_BYTES:
                await s3.put_object(**where, Body=content)
                return
            upload_id = (await s3.create_multipart_upload(**where))["UploadId"]
            parts = []
            for number, start in enumerate(range(0, len(content), PART_BYTES), 1):
                answer = await s3.upload_part(
                    **where, UploadId=upload_id, PartNumber=number, Body=content[start : start + PART_BYTES]
                )
                parts.append({"ETag": answer["ETag"], "PartNumber": number})
            await s3.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload={"Parts": parts})

        async def send(content: bytes) -> None:
            task_id = uuid4()
            message = UploadMessage(
                task_id=task_id,
                s3_bucket=settings.s3_bucket_name,
                s3_key=object_key(task_id),
                filename="productos.csv",
                proveedor_id="PROV001",
                reemplazar_duplicados=False,
                accepted_at=datetime.now(UTC),
            )
            record = msgspec.json.encode(TaskRecord.pending(message))
            await put(message.s3_key, content)
            await redis.set(task_key(task_id), record, ex=TASK_TTL_SECONDS)
            await sqs.send_message(QueueUrl=url, MessageBody=message.to_body())

        yield send


def main() -> None:
    """Read what to do as JSON from standard input, do it, print the seconds."""
    uploading = msgspec.json.decode(sys.stdin.buffer.read(), type=Uploading)
    print(json.dumps(uvloop.run(upload(uploading))))


if __name__ == "__main__":
    main()
