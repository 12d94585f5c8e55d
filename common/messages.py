"""The message that announces an upload on the queue. The object in S3 says the same in its metadata, so
that the queue can be wiped and made again from the bucket.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

#: SQS message attribute and S3 metadata key that carry the correlation id of the request.
CORRELATION_ATTRIBUTE = "correlation_id"


class InvalidMessage(ValueError):
    """The message or the object's metadata does not describe an upload."""


class ReportOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The workbook or CSV of an upload's rejected rows: where to put it, and in which language."""

    key: str
    format: Literal["xlsx", "csv"]
    language: Literal["es", "en"]


class UploadMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted upload. ``(accepted_at, task_id)`` orders the uploads of a provider: the later one
    wins."""

    task_id: UUID
    s3_bucket: str
    s3_key: str
    filename: str
    proveedor_id: str
    reemplazar_duplicados: bool
    accepted_at: datetime
    kind: str = "catalog"
    sha256: str | None = None
    size_bytes: int | None = None
    #: a dry run: everything but write
    validar: bool = False
    #: not to be imported but reported on: it is over. A worker that knows no reports finds it over, too
    report: ReportOrder | None = None

    @property
    def options(self) -> dict[str, bool]:
        """Return what the client asked for, by the names of the request's parameters."""
        return {"reemplazar_duplicados": self.reemplazar_duplicados, "validar": self.validar}

    @property
    def group(self) -> str:
        """Return what makes SQS fair between providers (its fair queues, ``MessageGroupId``)."""
        return provider_group(self.proveedor_id)

    def to_body(self) -> str:
        """Return the JSON body of the SQS message."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_body(cls, body: str) -> Self:
        """Read the body of an SQS message; unknown keys are ignored.

        Raises:
            InvalidMessage: the body is not the JSON of an upload.
        """
        try:
            return msgspec.json.decode(body, type=cls)
        except (msgspec.MsgspecError, UnicodeError) as error:
            # msgspec names the field and the type, never the value
            raise InvalidMessage(str(error)) from error

    def to_metadata(self) -> dict[str, str]:
        """Return the metadata of the S3 object: ASCII, under 2 KB, values percent-encoded.

        ``sha256`` and size are left out: the metadata of a multipart upload is fixed before its last byte
        is known.
        """
        return {
            "filename": quote(self.filename, safe=" "),
            "proveedor-id": quote(self.proveedor_id),
            "reemplazar-duplicados": str(self.reemplazar_duplicados).lower(),
            "validar": str(self.validar).lower(),
            "accepted-at": self.accepted_at.astimezone(UTC).isoformat(),
            "kind": self.kind,
        }

    @classmethod
    def from_metadata(
        cls,
        metadata: Mapping[str, str],
        *,
        task_id: UUID,
        s3_bucket: str,
        s3_key: str,
        size_bytes: int | None,
    ) -> Self:
        """Read an upload back from the metadata of its object.

        Raises:
            InvalidMessage: the object was not put by the upload API.
        """
        fields: dict[str, Any] = {
            "task_id": task_id,
            "s3_bucket": s3_bucket,
            "s3_key": s3_key,
            "size_bytes": size_bytes,
        }
        try:
            fields["filename"] = unquote(metadata["filename"])
            fields["proveedor_id"] = unquote(metadata["proveedor-id"])
            fields["reemplazar_duplicados"] = metadata["reemplazar-duplicados"] == "true"
            # objects put before there were dry runs do not say
            fields["validar"] = metadata.get("validar") == "true"
            fields["accepted_at"] = datetime.fromisoformat(metadata["accepted-at"])
            fields["kind"] = metadata["kind"]
        except (KeyError, ValueError) as error:
            raise InvalidMessage(f"object metadata: {error}") from error
        return cls(**fields)


def provider_group(proveedor_id: str) -> str:
    """Return the name of a provider's message group: one that SQS takes, whatever the provider is called."""
    return hashlib.sha256(proveedor_id.encode()).hexdigest()


def object_key(task_id: UUID) -> str:
    """Return the S3 key of an upload: made from the task id alone, never from what a client sent."""
    return f"uploads/{task_id}"


def report_key(task_id: UUID, revision: int, language: str, format: str) -> str:
    """Return the S3 key of a report on an upload's rejected rows, as its task stood at that revision."""
    return f"{report_prefix(task_id)}{revision}.{language}.{format}"


def report_failed_key(key: str) -> str:
    """Return the S3 key that says, by being there, that the report of that key cannot be made, ever; what is
    in it is the code of the reason."""
    return f"{key}.failed"


def report_crashed_key(key: str) -> str:
    """Return the S3 key that says that the process which made the report of that key has died once: that may
    pass, a second time it will not."""
    return f"{key}.crashed"


def report_prefix(task_id: UUID) -> str:
    """Return what the S3 keys of all reports on an upload begin with."""
    return f"reports/{task_id}/"
