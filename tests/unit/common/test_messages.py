"""The message of an upload and the metadata of its object: what goes in comes out."""

import json
import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import InvalidMessage, UploadMessage, object_key

# what the API lets through: see catalog_service/validation.py
filenames = (
    st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=60).map(str.strip).filter(bool)
)
providers = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=64)
moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001  # the zone comes from the strategy
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]),
)


@st.composite
def uploads(draw: st.DrawFn) -> UploadMessage:
    task_id = draw(st.uuids())
    return UploadMessage(
        task_id=task_id,
        s3_bucket="bucket",
        s3_key=object_key(task_id),
        filename=draw(filenames),
        proveedor_id=draw(providers),
        reemplazar_duplicados=draw(st.booleans()),
        validar=draw(st.booleans()),
        accepted_at=draw(moments),
        sha256=draw(st.none() | st.just("ab" * 32)),
        size_bytes=draw(st.none() | st.integers(0, 2**40)),
    )


@given(uploads())
def test_body_round_trip(upload: UploadMessage) -> None:
    assert UploadMessage.from_body(upload.to_body()) == upload


@given(uploads())
def test_metadata_round_trip(upload: UploadMessage) -> None:
    metadata = upload.to_metadata()

    read = UploadMessage.from_metadata(
        metadata,
        task_id=upload.task_id,
        s3_bucket="bucket",
        s3_key=upload.s3_key,
        size_bytes=upload.size_bytes,
    )

    assert read == msgspec.structs.replace(upload, sha256=None)
    # what HTTP headers and S3 (2 KB in all) let through
    assert all(
        value.isascii() and value.isprintable() and value == value.strip() for value in metadata.values()
    )
    assert sum(len(name) + len(value) for name, value in metadata.items()) < 2048


def test_longest_name_fits_the_metadata() -> None:
    upload = example(filename="ñ" * 125 + ".xlsx", proveedor_id="x" * 64)
    assert sum(len(name) + len(value) for name, value in upload.to_metadata().items()) < 1900


def test_body_is_the_contracts() -> None:
    body = json.loads(example().to_body())
    contract = {"task_id", "s3_bucket", "s3_key", "filename", "proveedor_id", "reemplazar_duplicados"}
    assert contract <= body.keys()
    assert body["s3_key"] == f"uploads/{body['task_id']}"


def test_keys_of_a_newer_api_are_ignored_and_absent_ones_have_defaults() -> None:
    body = json.loads(example().to_body())
    for optional in ("kind", "sha256", "size_bytes", "validar"):
        del body[optional]
    read = UploadMessage.from_body(json.dumps({**body, "nuevo": [1]}))
    assert (read.kind, read.sha256, read.size_bytes, read.validar) == ("catalog", None, None, False)


def test_an_object_of_an_older_api_is_no_dry_run() -> None:
    metadata = example().to_metadata()
    del metadata["validar"]
    task_id = uuid4()
    read = UploadMessage.from_metadata(metadata, task_id=task_id, s3_bucket="b", s3_key="k", size_bytes=1)
    assert not read.validar


@given(st.text() | st.dictionaries(st.text(), st.text() | st.integers()).map(json.dumps))
def test_any_other_body_is_invalid(body: str) -> None:
    with pytest.raises(InvalidMessage):
        UploadMessage.from_body(body)


@pytest.mark.parametrize(
    "change",
    [
        {"accepted-at": "ayer"},
        {"accepted-at": None},
        {"proveedor-id": None},
        {"filename": None},
        {"kind": None},
    ],
)
def test_metadata_of_something_else(change: dict[str, str | None]) -> None:
    upload = example()
    metadata = {k: v for k, v in {**upload.to_metadata(), **change}.items() if v is not None}
    with pytest.raises(InvalidMessage):
        UploadMessage.from_metadata(
            metadata, task_id=upload.task_id, s3_bucket="b", s3_key="k", size_bytes=None
        )


def test_key_is_made_from_the_task_alone() -> None:
    assert object_key(UUID(int=1)) == "uploads/00000000-0000-0000-0000-000000000001"


def example(**changes: Any) -> UploadMessage:
    task_id = uuid4()
    upload = UploadMessage(
        task_id=task_id,
        s3_bucket="bucket",
        s3_key=object_key(task_id),
        filename="productos.csv",
        proveedor_id="PROV001",
        reemplazar_duplicados=True,
        accepted_at=datetime.now(UTC),
    )
    return msgspec.structs.replace(upload, **changes)
