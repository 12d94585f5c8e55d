"""The API's verb of SQS: send."""

import asyncio
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from catalog_service.errors import QueueUnavailable
from common.messages import CORRELATION_ATTRIBUTE, UploadMessage

log = structlog.get_logger(__name__)

_NO_QUEUE = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})


class UploadQueue:
    """The queue of uploads. Every method raises ``QueueUnavailable`` when SQS cannot do it in time."""

    def __init__(self, sqs: Any, name: str, *, timeout_seconds: float) -> None:
        self._sqs = sqs
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._url: str | None = None

    async def send(self, upload: UploadMessage, *, correlation_id: str) -> None:
        """Announce an upload to the workers."""
        attributes = {CORRELATION_ATTRIBUTE: {"DataType": "String", "StringValue": correlation_id}}
        await self._call(
            self._sqs.send_message,
            MessageBody=upload.to_body(),
            MessageAttributes=attributes,
            MessageGroupId=upload.group,
        )

    async def check(self) -> None:
        """Return when SQS answers and the queue is there."""
        await self._call(self._sqs.get_queue_attributes, AttributeNames=["QueueArn"])

    async def _call(self, method: Any, **arguments: Any) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._call_known_queue(method, **arguments)
        except ClientError as error:
            self._url = None
            log.warning("queue_failed", reason=error.response["Error"]["Code"])
            raise QueueUnavailable() from error
        except (BotoCoreError, OSError, TimeoutError) as error:
            log.warning("queue_failed", reason=type(error).__name__)
            raise QueueUnavailable() from error

    async def _call_known_queue(self, method: Any, **arguments: Any) -> None:
        if self._url is not None:
            try:
                await method(QueueUrl=self._url, **arguments)
            except ClientError as error:
                # made anew since it was looked up, perhaps at another address
                if error.response["Error"]["Code"] not in _NO_QUEUE:
                    raise
            else:
                return
        self._url = (await self._sqs.get_queue_url(QueueName=self._name))["QueueUrl"]
        await method(QueueUrl=self._url, **arguments)
