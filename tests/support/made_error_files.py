"""Error files for a test: made of a file without any service, or ordered of an upload as the API does;
and read back as the worker reads any file."""

import io
from collections.abc import Callable, Mapping, Sequence
from tempfile import TemporaryFile
from typing import Any

import msgspec

from common.messages import ReportOrder, UploadMessage, report_key
from common.tasks import TaskRecord
from tests.support.stores import s3_client
from worker.error_file.child import make
from worker.error_file.order import ErrorFileOrder
from worker.readers.csv import CsvReader
from worker.readers.table import Fault, Row, TableReader, rows_of
from worker.readers.xlsx import XlsxReader

TASK_ID = "018f0000-0000-7000-8000-000000000001"
REJECTED: list[Fault] = [{"code": "crossed_keys", "params": {}}]


def rows_in(content: bytes, format: str) -> list[Row]:
    """The rows of a file that are not blank, the header first, as a reader gives them."""
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reader: TableReader = XlsxReader(file) if format == "xlsx" else CsvReader(file)
        # those of a piece belong to it
        return [row._replace(cells=list(row.cells)) for row in rows_of(reader.pieces()) if not row.is_blank]


def error_file(
    content: bytes,
    source: str,
    format: str,
    *,
    faults: Callable[[Row], Sequence[Fault]] | None = None,
    columns: Sequence[Mapping[str, Any]] = (),
    language: str = "es",
) -> bytes:
    """The error file of a file, all of whose rows were rejected: for what the reader found wrong with them,
    else for what ``faults`` says."""
    order = {
        "source": source, "format": format, "language": language, "task_id": TASK_ID, "columns": columns,
        "memory_bytes": 0, "cpu_seconds": 0,
    }  # fmt: skip
    lines, out = io.BytesIO(), io.BytesIO()
    for row in rows_in(content, source)[1:]:
        found = list(row.faults) or (faults(row) if faults else REJECTED)
        if found:
            lines.write(msgspec.json.encode((row.fila, row.fila, found)) + b"\n")
    lines.seek(0)
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        make(file, lines, msgspec.convert(order, ErrorFileOrder), out)
    return out.getvalue()


def ordered(upload: UploadMessage, record: TaskRecord, format: str, language: str = "es") -> UploadMessage:
    """The message by which the API orders the error file of an upload that is over."""
    key = report_key(record.task_id, record.revision, language, format)
    order = msgspec.convert({"key": key, "format": format, "language": language}, ReportOrder)
    return msgspec.structs.replace(upload, report=order)


def stored(environment: Mapping[str, str], order: UploadMessage) -> bytes | None:
    """The error file that was ordered, if it is there."""
    assert order.report is not None
    return _object(environment, order.s3_bucket, order.report.key)


def failure_of(environment: Mapping[str, str], order: UploadMessage) -> bytes | None:
    """Why the error file that was ordered cannot be made, if that is so."""
    assert order.report is not None
    return _object(environment, order.s3_bucket, f"{order.report.key}.failed")


def forget_failure(environment: Mapping[str, str], order: UploadMessage) -> None:
    """Let the error file be tried again."""
    assert order.report is not None
    s3_client(environment).delete_object(Bucket=order.s3_bucket, Key=f"{order.report.key}.failed")


def _object(environment: Mapping[str, str], bucket: str, key: str) -> bytes | None:
    s3 = s3_client(environment)
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
