"""What the nemesis does to the queue, over a way of its own that no fault can reach."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import UUID

from common.aws import aws_client
from common.messages import CORRELATION_ATTRIBUTE, UploadMessage, object_key
from common.settings import AwsSettings

#: As many as SQS hands out at a time.
_HANDFUL = 10
#: Messages taken out to be reordered stay hidden for so long, should we die in the middle.
_HIDDEN_SECONDS = 5


class QueueTampering:
    """Purges, duplicates and reorders the messages of uploads."""

    def __init__(self, s3: Any, sqs: Any, bucket: str, queue_url: str) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._bucket = bucket
        self._url = queue_url

    async def purge(self) -> None:
        """Delete every message, those in flight too."""
        await self._sqs.purge_queue(QueueUrl=self._url)

    async def announce_again(self, task_id: str) -> None:
        """Send the message of an upload once more, from what its object says."""
        key = object_key(UUID(task_id))
        head = await self._s3.head_object(Bucket=self._bucket, Key=key)
        message = UploadMessage.from_metadata(
            head["Metadata"],
            task_id=UUID(task_id),
            s3_bucket=self._bucket,
            s3_key=key,
            size_bytes=head["ContentLength"],
        )
        await self._sqs.send_message(QueueUrl=self._url, MessageBody=message.to_body())

    async def reorder(self, rng: Random) -> int:
        """Send the messages that wait again in another order, then delete them; return how many."""
        answer = await self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_HANDFUL,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=0,
            MessageAttributeNames=[CORRELATION_ATTRIBUTE],
        )
        messages = answer.get("Messages", [])
        for message in rng.sample(messages, len(messages)):
            await self._sqs.send_message(
                QueueUrl=self._url,
                MessageBody=message["Body"],
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value["StringValue"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                },
            )
            await self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)


def aws_settings(environment: Mapping[str, str]) -> AwsSettings:
    """Return the settings that these variables make, whatever our own environment holds."""
    values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
    return AwsSettings(**values)


@asynccontextmanager
async def queue_tampering(environment: Mapping[str, str]) -> AsyncIterator[QueueTampering]:
    """Open the way to the queue of these stores."""
    settings = aws_settings(environment)
    async with aws_client("s3", settings) as s3, aws_client("sqs", settings) as sqs:
        url = (await sqs.get_queue_url(QueueName=settings.sqs_queue_name))["QueueUrl"]
        yield QueueTampering(s3, sqs, settings.s3_bucket_name, url)
