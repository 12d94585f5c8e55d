"""An upload that is taken: what is in the stores afterwards, and what the client is told."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

import httpx
import msgspec
from redis.asyncio import Redis

from catalog_service.parts import PART_BYTES
from catalog_service.schemas import AcceptedBody
from catalog_service.validation import CONTENT_TYPES
from common.messages import UploadMessage
from tests.support.catalog_api import CSV, UPLOAD, catalog_api, objects, post, received, unfinished
from tests.support.stores import s3_client


async def test_answer_is_the_contracts(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await post(client, filename="productos.csv")

    assert response.status_code == 202
    body = response.json()
    AcceptedBody.model_validate_json(response.content)
    status_url = f"/api/catalog/bulk-upload/status/{body['task_id']}"
    assert body == {
        "message": "Archivo recibido y encolado para procesamiento",
        "task_id": body["task_id"],
        "status": "pending",
        "status_url": status_url,
        "filename": "productos.csv",
        "proveedor_id": "PROV001",
    }
    assert response.headers["location"] == status_url


async def test_object_record_and_message_tell_the_same(environment: dict[str, str]) -> None:
    before = datetime.now(UTC)
    async with catalog_api(environment) as client:
        response = await post(
            client,
            filename="Catálogo año.csv",
            headers={"X-Correlation-ID": "pedido-77"},
            reemplazar_duplicados="si",
            validar="1",
        )
    task_id = UUID(response.json()["task_id"])

    assert objects(environment) == {f"uploads/{task_id}": CSV}
    head = s3_client(environment).head_object(Bucket=environment["S3_BUCKET_NAME"], Key=f"uploads/{task_id}")
    assert head["ContentType"] == CONTENT_TYPES[".csv"]
    assert head["Metadata"]["correlation_id"] == "pedido-77"
    [message] = received(environment)
    assert message["MessageAttributes"]["correlation_id"]["StringValue"] == "pedido-77"
    upload = UploadMessage.from_body(message["Body"])
    assert upload.filename == "Catálogo año.csv"
    assert upload.options == {"reemplazar_duplicados": True, "validar": True}
    assert head["Metadata"]["validar"] == "true"
    assert upload.sha256 == hashlib.sha256(CSV).hexdigest()
    assert upload.size_bytes == len(CSV)
    assert before <= upload.accepted_at <= datetime.now(UTC)
    told = UploadMessage.from_metadata(
        head["Metadata"],
        task_id=task_id,
        s3_bucket=environment["S3_BUCKET_NAME"],
        s3_key=f"uploads/{task_id}",
        size_bytes=len(CSV),
    )
    assert told == msgspec.structs.replace(upload, sha256=None)
    async with Redis.from_url(environment["REDIS_URL"]) as redis:
        assert 86_300 < await redis.ttl(f"bulk_upload_task:{task_id}") <= 86_400
    assert response.headers["x-correlation-id"] == "pedido-77"


SIZES = [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 5]


async def test_file_arrives_whole_around_the_size_of_a_part(environment: dict[str, str]) -> None:
    line = b"x" * 1021 + b"\r\n--"
    content = line * (max(SIZES) // len(line) + 1)
    async with catalog_api(environment) as client:
        for size in SIZES:
            response = await post(client, content[:size])
            stored = objects(environment)[f"uploads/{response.json()['task_id']}"]
            assert stored == content[:size]
            [message] = received(environment)
            assert UploadMessage.from_body(message["Body"]).sha256 == hashlib.sha256(stored).hexdigest()
    assert unfinished(environment) == 0


async def test_file_of_exactly_the_limit_is_taken(environment: dict[str, str]) -> None:
    async with catalog_api(environment, max_file_size_mb=1) as client:
        assert (await post(client, b"x" * 1024 * 1024)).status_code == 202


async def test_other_fields_of_the_form_do_no_harm(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await client.post(
            UPLOAD,
            params={"proveedor_id": "PROV001"},
            data={"comentario": "hola", "file": "texto"},
            files={"file": ("p.csv", CSV)},
        )

    assert response.status_code == 202
    assert list(objects(environment).values()) == [CSV]


async def test_name_is_cleaned_and_never_part_of_the_key(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await post(client, filename="../../etc/\u202epasswd.csv")

    assert response.json()["filename"] == "passwd.csv"
    assert list(objects(environment)) == [f"uploads/{response.json()['task_id']}"]


async def test_name_in_the_extended_form_is_read(environment: dict[str, str]) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name=file; filename="=?utf-8?B?w6E=?="; '
        b"filename*=utf-8''A%C3%B1o%20nuevo.csv\r\n\r\n" + CSV + b"\r\n--b--\r\n"
    )
    async with catalog_api(environment) as client:
        response = await client.post(
            UPLOAD,
            params={"proveedor_id": "PROV001"},
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )

    assert response.json()["filename"] == "Año nuevo.csv"


async def test_versioned_prefix_hands_out_its_own_url(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await client.post(
            "/api/v1/catalog/items/bulk-upload",
            params={"proveedor_id": "PROV001"},
            files={"file": ("p.csv", CSV)},
        )
        status = await client.get(response.json()["status_url"])

    assert response.json()["status_url"].startswith("/api/v1/catalog/bulk-upload/status/")
    assert status.json()["status"] == "pending"


async def test_english_is_spoken_on_request(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response = await post(client, headers={"Accept-Language": "en"})

    assert response.json()["message"] == "File received and queued for processing"


async def test_same_file_twice_without_a_key_makes_two_tasks(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        first, second = await post(client), await post(client)

    assert first.json()["task_id"] != second.json()["task_id"]
    stamps = {
        UploadMessage.from_body(message["Body"]).task_id: UploadMessage.from_body(message["Body"]).accepted_at
        for message in received(environment)
    }
    assert stamps[UUID(first.json()["task_id"])] < stamps[UUID(second.json()["task_id"])]


async def test_documentation_is_served_and_tells_of_the_file(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        response: httpx.Response = await client.get("/openapi.json")

    document = response.json()
    operation = document["paths"][UPLOAD]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"].rpartition("/")[2]
    assert "file" in document["components"]["schemas"][form]["properties"]
    assert {"202", "400", "408", "413", "415", "422", "503"} <= set(operation["responses"])
    assert "application/problem+json" in operation["responses"]["422"]["content"]
