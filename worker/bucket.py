"""The reconciler's verbs of S3: look through uploads and reports, remove what is over."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from common.messages import CORRELATION_ATTRIBUTE, InvalidMessage, UploadMessage, object_key
from worker.storage import StorageUnavailable

_PREFIX = "uploads/"
_REPORTS = "reports/"
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchUpload"})


@dataclass(frozen=True)
class StoredUpload:
    """An upload as its object tells it."""

    message: UploadMessage
    correlation_id: str


@dataclass(frozen=True)
class UnfinishedUpload:
    """An upload in parts that was neither completed nor given back."""

    key: str
    upload_id: str
    begun_at: datetime


class Bucket:
    """The bucket of uploads. Every method raises ``StorageUnavailable`` when S3 cannot do it."""

    def __init__(self, s3: Any, name: str, page_size: int = 1000) -> None:
        self._s3 = s3
        self._name = name
        self._page = {"PageSize": page_size}

    async def uploads(self) -> AsyncIterator[dict[UUID, datetime]]:
        """Yield the uploads, a page at a time: task and when the object was written."""
        async for page in self._pages("list_objects_v2", Prefix=_PREFIX):
            stored = ((_task_id(entry["Key"]), entry["LastModified"]) for entry in page.get("Contents", []))
            yield {task_id: written_at for task_id, written_at in stored if task_id is not None}

    async def reports(self) -> AsyncIterator[dict[str, datetime]]:
        """Yield the reports on uploads, a page at a time: key and when the object was written."""
        async for page in self._pages("list_objects_v2", Prefix=_REPORTS):
            yield {entry["Key"]: entry["LastModified"] for entry in page.get("Contents", [])}

    async def describe(self, task_id: UUID) -> StoredUpload | None:
        """Return the upload of a task; None where there is no object, or one that the API did not put."""
        key = object_key(task_id)
        try:
            with _faults_as_unavailable():
                head = await self._s3.head_object(Bucket=self._name, Key=key)
            message = UploadMessage.from_metadata(
                head["Metadata"],
                task_id=task_id,
                s3_bucket=self._name,
                s3_key=key,
                size_bytes=head["ContentLength"],
            )
        except (_Missing, InvalidMessage):
            return None
        return StoredUpload(message, head["Metadata"].get(CORRELATION_ATTRIBUTE) or str(task_id))

    async def unfinished(self) -> list[UnfinishedUpload]:
        """Return the uploads in parts that are still open, of files and of reports; all at once, for a page
        is asked for by the last one of the page before, which must then still be there."""
        return [
            UnfinishedUpload(entry["Key"], entry["UploadId"], entry["Initiated"])
            for prefix in (_PREFIX, _REPORTS)
            async for page in self._pages("list_multipart_uploads", Prefix=prefix)
            for entry in page.get("Uploads", [])
        ]

    async def last_part_at(self, upload: UnfinishedUpload) -> datetime:
        """Return when its last part arrived, or when it was begun."""
        latest = upload.begun_at
        try:
            async for page in self._pages("list_parts", Key=upload.key, UploadId=upload.upload_id):
                latest = max([latest, *(part["LastModified"] for part in page.get("Parts", []))])
        except _Missing:
            pass
        return latest

    async def abort(self, upload: UnfinishedUpload) -> None:
        """Remove an upload in parts, if it is still there."""
        try:
            with _faults_as_unavailable():
                await self._s3.abort_multipart_upload(
                    Bucket=self._name, Key=upload.key, UploadId=upload.upload_id
                )
        except _Missing:
            pass

    async def remove_report(self, key: str) -> None:
        """Remove a report, if it is still there."""
        await self.remove(self._name, key)

    async def remove(self, bucket: str, key: str) -> None:
        """Remove an object, if it is still there, and its bucket."""
        try:
            with _faults_as_unavailable(_MISSING | {"NoSuchBucket"}):
                await self._s3.delete_object(Bucket=bucket, Key=key)
        except _Missing:
            pass

    async def _pages(self, method: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        with _faults_as_unavailable():
            pages = self._s3.get_paginator(method).paginate(
                Bucket=self._name, PaginationConfig=self._page, **arguments
            )
            async for page in pages:
                yield page


class _Missing(Exception):
    """There is nothing of that name."""


@contextmanager
def _faults_as_unavailable(missing: frozenset[str] = _MISSING) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in missing:
            raise _Missing from error
        raise StorageUnavailable(code) from error
    except (BotoCoreError, OSError, TimeoutError) as error:
        raise StorageUnavailable(type(error).__name__) from error


def _task_id(key: str) -> UUID | None:
    """Return the task of an object; None for one that the API did not name."""
    try:
        task_id = UUID(key.removeprefix(_PREFIX))
    except ValueError:
        return None
    return task_id if key == object_key(task_id) else None
