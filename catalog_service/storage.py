"""The API's verbs of S3: put an upload, look at one, take one back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from aiohttp import ClientPayloadError
from botocore.exceptions import BotoCoreError, ClientError

from catalog_service.errors import StorageUnavailable
from catalog_service.parts import Content, Parts, Source, StoredFile, in_base64
from common.failpoints import Failpoint, failpoint
from common.messages import CORRELATION_ATTRIBUTE, InvalidMessage, UploadMessage, object_key

log = structlog.get_logger(__name__)

#: What taking a step back may last, on top of the call that failed: the client is waiting for its 503.
_UNDO_SECONDS = 1.0

#: What is read of an object at once.
_PIECE_BYTES = 256 * 1024

#: 409: another put of the same key is under way at this moment.
_EXISTS = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
_MISSING = frozenset({"404", "NoSuchKey"})


@dataclass(frozen=True)
class StoredUpload:
    """An upload as its object tells it."""

    message: UploadMessage
    content: Content


class StoredFileStream:
    """The bytes of an object, as they come. Read them while it is open."""

    def __init__(self, body: Any, size_bytes: int, call: Callable[..., Awaitable[Any]]) -> None:
        self._body = body
        self._call = call
        self.size_bytes = size_bytes

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end. Raises ``StorageUnavailable`` where it breaks off."""
        piece: bytes = await self._call(self._body.read, amt=_PIECE_BYTES)
        return piece


class Storage:
    """The bucket of uploads. Every method raises ``StorageUnavailable`` when S3 cannot do it in time."""

    def __init__(self, s3: Any, downloads: Any, bucket: str, *, timeout_seconds: float) -> None:
        """``downloads``: a client with connections of its own, for what is handed out as it is read."""
        self._s3 = s3
        self._downloads = downloads
        self.bucket = bucket
        self._timeout_seconds = timeout_seconds
        self._deciding: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def put(
        self, upload: UploadMessage, source: Source, *, content_type: str, correlation_id: str, only_new: bool
    ) -> StoredFile:
        """Write a file as it arrives, 8 MiB at a time; nothing of it stays in S3 unless all of it arrived.

        Args:
            only_new: let S3 decide, in one step, that there is no object under this key yet.
        """
        where = {"Bucket": upload.s3_bucket, "Key": upload.s3_key}
        what = {
            "ContentType": content_type,
            "Metadata": {**upload.to_metadata(), CORRELATION_ATTRIBUTE: correlation_id},
        }
        condition = {"IfNoneMatch": "*"} if only_new else {}
        parts = Parts(source)
        await parts.advance()
        try:
            if parts.ended:
                checksum = in_base64(parts.digests[0])
                arguments: dict[str, Any] = {**where, **what, **condition}
                await self._decide(self._s3.put_object, Body=parts.data, ChecksumSHA256=checksum, **arguments)
            else:
                await self._put_parts(parts, where, what, condition)
        except _ObjectExists:
            return parts.stored(created=False)
        return parts.stored(created=True)

    async def find(self, task_id: UUID) -> StoredUpload | None:
        """Return the upload of a task by its object; None where there is none."""
        key = object_key(task_id)
        try:
            head = await self._call(self._s3.head_object, Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        except _ObjectMissing:
            return None
        try:
            message = UploadMessage.from_metadata(
                head["Metadata"],
                task_id=task_id,
                s3_bucket=self.bucket,
                s3_key=key,
                size_bytes=head["ContentLength"],
            )
        except InvalidMessage:
            return None
        return StoredUpload(message, Content(head["ContentLength"], head.get("ChecksumSHA256")))

    async def holds(self, key: str) -> bool:
        """Return whether there is an object under this key."""
        try:
            await self._call(self._s3.head_object, Bucket=self.bucket, Key=key)
        except _ObjectMissing:
            return False
        return True

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator["StoredFileStream | None"]:
        """Hand out an object's bytes while the context lasts; None where there is no such object."""
        try:
            answer = await self._call(self._downloads.get_object, Bucket=self.bucket, Key=key)
        except _ObjectMissing:
            yield None
            return
        with closing(answer["Body"]) as body:
            yield StoredFileStream(body, answer["ContentLength"], self._call)

    async def delete(self, task_id: UUID) -> None:
        """Remove the object of an upload that was refused after all."""
        key = object_key(task_id)
        await self._call(self._s3.delete_object, seconds=_UNDO_SECONDS, Bucket=self.bucket, Key=key)

    async def check(self) -> None:
        """Return when S3 answers and the bucket is there."""
        try:
            await self._call(self._s3.head_bucket, Bucket=self.bucket)
        except _ObjectMissing as error:
            raise StorageUnavailable() from error

    async def _put_parts(
        self, parts: Parts, where: dict[str, Any], what: dict[str, Any], condition: dict[str, Any]
    ) -> None:
        async with self._multipart_upload(where, what) as upload_id:
            done: list[dict[str, Any]] = []
            while True:
                part = {"PartNumber": len(done) + 1, "ChecksumSHA256": in_base64(parts.digests[-1])}
                arguments = {**where, "UploadId": upload_id, **part}
                answer = await self._call(self._s3.upload_part, Body=parts.data, **arguments)
                done.append({"ETag": answer["ETag"], **part})
                if parts.ended:
                    break
                await parts.advance()
            failpoint(Failpoint.PARTS_STORED)
            arguments = {**where, "UploadId": upload_id, **condition}
            await self._decide(
                self._s3.complete_multipart_upload, MultipartUpload={"Parts": done}, **arguments
            )

    @asynccontextmanager
    async def _multipart_upload(self, where: dict[str, Any], what: dict[str, Any]) -> AsyncIterator[str]:
        """Open an upload in parts; whatever goes wrong inside, a cancellation too, gives the parts back."""
        answer = await self._call(
            self._s3.create_multipart_upload, ChecksumAlgorithm="SHA256", **where, **what
        )
        upload_id: str = answer["UploadId"]
        try:
            yield upload_id
        except BaseException:
            # what cannot be given back now the bucket's lifecycle rule removes after a day
            with suppress(StorageUnavailable):
                abort = self._s3.abort_multipart_upload
                await self._call(abort, seconds=_UNDO_SECONDS, UploadId=upload_id, **where)
            raise

    async def _decide(self, method: Any, **arguments: Any) -> None:
        """Make the call that brings the object into being, one at a time for a key.

        S3 by itself lets only one of two conditional writes through; LocalStack lets both, when they complete
        an upload in parts at the same moment.
        """
        lock = self._deciding.setdefault(arguments["Key"], asyncio.Lock())

        async def alone() -> None:
            async with lock:
                await method(**arguments)

        await self._call(alone)

    async def _call(self, method: Any, *, seconds: float | None = None, **arguments: Any) -> Any:
        try:
            async with asyncio.timeout(seconds or self._timeout_seconds):
                return await method(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _EXISTS:
                raise _ObjectExists from error
            if code in _MISSING:
                raise _ObjectMissing from error
            log.warning("storage_failed", reason=code)
            raise StorageUnavailable() from error
        except (BotoCoreError, ClientPayloadError, OSError, TimeoutError) as error:
            # aiobotocore lets the error of a body that breaks off through as it is
            log.warning("storage_failed", reason=type(error).__name__)
            raise StorageUnavailable() from error


class _ObjectExists(Exception):
    """S3 kept what it had."""


class _ObjectMissing(Exception):
    """S3 has nothing there."""
