"""Names that mean harm: shown safely, used nowhere, and no line of the log is theirs."""

import json
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from redis.asyncio import Redis

from common.messages import UploadMessage
from common.tasks import TaskStore
from tests.integration.test_server_limits import connected, read_all
from tests.support.catalog_api import (
    CSV,
    UPLOAD,
    assert_problem,
    catalog_api,
    catalog_process,
    objects,
    received,
)

FORGED = 'x\r\n{"event": "forged"}\n2026-01-01T00:00:00Z [info     ] forged\x1b[2J\u202e\u2028'

#: What is sent, byte for byte within the quotes of ``filename="…"``, and what is shown of it.
NAMES: dict[str, tuple[bytes, str]] = {
    "a path": (b"../../../../etc/passwd.csv", "passwd.csv"),
    "a path of Windows": (b"C:\\Windows\\system32\\a.csv", "a.csv"),
    "a path in percent": (b"..%2F..%2Fa.csv", "..%2F..%2Fa.csv"),
    "a share": (b"\\\\host\\share\\a.csv", "a.csv"),
    "a URL": (b"http://evil.example/a.csv?x=.csv", "a.csv?x=.csv"),
    "right to left": ("factura\u202excod.csv".encode(), "facturaxcod.csv"),
    "isolates and joiners": ("\u2066a\u2069\u200d\u200e.csv".encode(), "a.csv"),
    "NUL": (b"a\0.exe\0.csv", "a.exe.csv"),
    "line breaks in percent": (b"a%0D%0ASet-Cookie: b.csv", "aSet-Cookie: b.csv"),
    "escape": (b"\x1b]0;owned\x07\x1b[2Ja.csv", "]0;owned[2Ja.csv"),
    "emoji": ("🧪💊 año 產品.csv".encode(), "🧪💊 año 產品.csv"),
    "a formula": (b"=cmd|'/C calc'!A0.csv", "C calc'!A0.csv"),
    "markup": (b"<script>alert(1)<img src=x>.csv", "<script>alert(1)<img src=x>.csv"),
    "a shell's": (b"$(reboot);`id`|rm -rf.csv", "$(reboot);`id`|rm -rf.csv"),
    "a device": (b"CON.csv", "CON.csv"),
    "a format's": (b"{task_id}%s%n.csv", "{task_id}%s%n.csv"),
    "300 letters": (b"x" * 300 + b".csv", "x" * 251 + ".csv"),
}

HEADS = [
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: \x1b[2Jforged\xe2\x80\xae\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: x\r\nX-Correlation-ID: a\n{"event": "forged"}\r\n\r\n',
    b'FORGED {"event":"forged"} HTTP/1.1\r\n\r\n',
]


async def send(client: httpx.AsyncClient, disposition: bytes) -> httpx.Response:
    body = (
        b"--b\r\nContent-Disposition: form-data; name=file; "
        + disposition
        + b"\r\n\r\n"
        + CSV
        + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return await client.post(UPLOAD, params={"proveedor_id": "PROV001"}, content=body, headers=headers)


async def test_names_are_shown_safely_and_used_nowhere(
    environment: dict[str, str], subtests: pytest.Subtests
) -> None:
    async with catalog_api(environment) as client, Redis.from_url(environment["REDIS_URL"]) as redis:
        for case, (sent, shown) in NAMES.items():
            with subtests.test(case):
                answer = await send(client, b'filename="' + sent + b'"')
                assert answer.status_code == 202, answer.text
                assert answer.json()["filename"] == shown
                task_id = answer.json()["task_id"]
                # everywhere the same: in Redis, and in the object that is the last to know of it
                record = await TaskStore(redis).get(task_id)
                assert record is not None
                assert record.filename == shown
                await redis.flushdb()
                status = await client.get(answer.json()["status_url"])
                assert status.json()["filename"] == shown
        keys = set(objects(environment))
    assert len(keys) == len(NAMES)
    assert all(key == f"uploads/{key[-36:]}" for key in keys)
    messages = [UploadMessage.from_body(message["Body"]) for message in received(environment)]
    assert {message.filename for message in messages} <= {shown for _, shown in NAMES.values()}


@pytest.mark.parametrize("half", ["%ED%A0%80", "%FF%FE", "%C0%AF"])
async def test_bytes_that_are_no_text_become_a_sign_of_it(environment: dict[str, str], half: str) -> None:
    """Half a surrogate pair, and the like, can come in the extended form of a name only."""
    async with catalog_api(environment) as client:
        answer = await send(client, f"filename*=utf-8''a{half}.csv".encode())
    assert answer.status_code == 202
    assert set(answer.json()["filename"]) == set("a\N{REPLACEMENT CHARACTER}.csv")


async def test_what_a_problem_says_steers_no_terminal(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        field = await send(client, b'name="\x1b[31m\xe2\x80\xae"; filename="a.csv"')
        assert_problem(field, 400, "wrong_file_field")
        paths = [
            await client.get("/" + quote(FORGED)),
            await client.get(f"/api/catalog/items/{quote(FORGED)}?proveedor_id=P"),
        ]
    for answer in [field, *paths]:
        detail = answer.json()["detail"]
        assert not [c for c in detail if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"]
    assert [answer.status_code for answer in paths] == [404, 404]


async def test_log_lines_cannot_be_forged(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        async with catalog_process(environment, output=output) as (_, port):
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url) as client:
                assert (
                    await send(client, b'filename="' + quote(FORGED).encode() + b'.csv"')
                ).status_code == 202
                answer = await client.post(
                    UPLOAD, params={"proveedor_id": FORGED}, files={"file": ("a.csv", CSV)}
                )
                assert_problem(answer, 422, "invalid_proveedor_id")
                for name in (FORGED, "../" + FORGED):
                    assert (
                        await client.get(f"/api/catalog/items/{quote(name)}?proveedor_id=P")
                    ).status_code == 404
                assert (await client.get(f"/{quote(FORGED)}")).status_code == 404
                await client.get("/health/ready", params={FORGED: FORGED})
            for head in HEADS:
                async with connected(url) as (reader, writer):
                    writer.write(head)
                    await read_all(reader)
    events: list[dict[str, Any]] = [json.loads(line) for line in log.read_text(encoding="ascii").splitlines()]
    assert {event["service"] for event in events} == {"catalog_service"}
    names = [event["event"] for event in events]
    assert "upload_accepted" in names
    assert names.count("request_handled") >= 5
    # not a word of it anywhere: neither as an event nor as a field
    assert "forged" not in json.dumps(events).lower()
