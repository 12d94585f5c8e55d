"""The worker's verbs of SQS: receive, keep hidden, give back, delete, send again."""

import asyncio
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from common.messages import CORRELATION_ATTRIBUTE

_CHECK_SECONDS = 5

#: Together: every message that has been sent and not deleted, as far as SQS knows at the moment.
_VISIBLE, _DELAYED = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"
_COUNTS = (_VISIBLE, "ApproximateNumberOfMessagesNotVisible", _DELAYED)
#: How long a message that was just received stays hidden. A question whose asker was stopped or killed goes
#: on without it, and takes a message that nobody will handle; so the asker itself has to ask for more time.
_ARRIVAL_SECONDS = 5


class QueueUnavailable(Exception):
    """SQS did not answer, or the queue is not there."""


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message; ``count`` is how often it has been delivered, this time included.

    ``message_id`` stays the same from delivery to delivery, and among the dead letters.
    """

    message_id: str
    body: str
    receipt: str
    count: int
    correlation_id: str


@dataclass(frozen=True)
class Backlog:
    """How many messages could be received now, and how many were sent to be seen later."""

    visible: int
    delayed: int


class UploadQueue:
    """The queue of uploads. Every method raises ``QueueUnavailable`` when SQS cannot do it."""

    def __init__(self, sqs: Any, name: str, visibility_seconds: int, wait_seconds: int) -> None:
        self._sqs = sqs
        self._name = name
        self._visibility_seconds = visibility_seconds
        self._wait_seconds = wait_seconds
        self._url: str | None = None

    async def receive(self) -> Delivery | None:
        """Wait for a message and hide it, for a few seconds: :meth:`extend` it at once. None when none came
        in time."""
        answer = await self._call(
            self._sqs.receive_message,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self._wait_seconds,
            VisibilityTimeout=min(_ARRIVAL_SECONDS, self._visibility_seconds),
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
            MessageAttributeNames=[CORRELATION_ATTRIBUTE],
        )
        messages = answer.get("Messages", [])
        return _delivery(messages[0]) if messages else None

    async def extend(self, delivery: Delivery) -> None:
        """Keep the message hidden for another lease, not the queue's default: one taken by a worker that died
        is back as soon as the lease is over."""
        await self.hide(delivery, self._visibility_seconds)

    async def hide(self, delivery: Delivery, seconds: float) -> None:
        """Let the message be seen again after ``seconds`` (SQS takes up to 12 hours)."""
        timeout = max(0, min(round(seconds), 43_200))
        await self._call(
            self._sqs.change_message_visibility, ReceiptHandle=delivery.receipt, VisibilityTimeout=timeout
        )

    async def delete(self, delivery: Delivery) -> None:
        """Remove the message for good."""
        await self._call(self._sqs.delete_message, ReceiptHandle=delivery.receipt)

    async def send(self, body: str, correlation_id: str, *, group: str, delay_seconds: int = 0) -> None:
        """Put a message on the queue, as the API does, to be seen after ``delay_seconds`` (up to 900)."""
        attributes = {CORRELATION_ATTRIBUTE: {"DataType": "String", "StringValue": correlation_id}}
        await self._call(
            self._sqs.send_message,
            MessageBody=body,
            MessageAttributes=attributes,
            MessageGroupId=group,
            DelaySeconds=delay_seconds,
        )

    async def depth(self) -> int:
        """Return how many messages there are, those that workers hold included; on AWS roughly."""
        return sum((await self._counts()).values())

    async def backlog(self) -> Backlog:
        """Return how many messages wait; on AWS roughly."""
        counts = await self._counts()
        return Backlog(counts[_VISIBLE], counts[_DELAYED])

    async def _counts(self) -> dict[str, int]:
        answer = await self._call(self._sqs.get_queue_attributes, AttributeNames=list(_COUNTS))
        return {name: int(answer["Attributes"][name]) for name in _COUNTS}

    async def is_ready(self) -> bool:
        """Return whether SQS answers and the queue is there."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._call(self._sqs.get_queue_attributes, AttributeNames=["QueueArn"])
        except (QueueUnavailable, TimeoutError):
            return False
        return True

    async def _call(self, method: Any, **arguments: Any) -> Any:
        try:
            if self._url is None:
                self._url = (await self._sqs.get_queue_url(QueueName=self._name))["QueueUrl"]
            return await method(QueueUrl=self._url, **arguments)
        except ClientError as error:
            # the queue may have been made anew under another address
            self._url = None
            raise QueueUnavailable(error.response["Error"]["Code"]) from error
        except (BotoCoreError, OSError, TimeoutError) as error:
            raise QueueUnavailable(type(error).__name__) from error


def _delivery(message: dict[str, Any]) -> Delivery:
    correlation = message.get("MessageAttributes", {}).get(CORRELATION_ATTRIBUTE, {})
    return Delivery(
        message_id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        count=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
        correlation_id=correlation.get("StringValue", message["MessageId"]),
    )
