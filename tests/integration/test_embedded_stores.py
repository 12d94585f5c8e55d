"""The three stores together, and what becomes of them when their parent is killed."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from redis.asyncio import Redis

from infra.embedded.stores import Stores
from tests.support.stores import queue_url, s3_client, sqs_client
from tests.support.waiting import eventually

#: Several LocalStacks are started, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)

_PARENT = """
import asyncio, json, sys
from pathlib import Path
from infra.embedded.stores import Stores

async def main():
    async with Stores(Path(sys.argv[1])) as stores:
        print(json.dumps([server.process.pid for server in stores.all]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_parent_takes_its_stores_along_and_the_next_start_goes_well(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PARENT, tmp_path), stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    assert parent.stdout is not None
    pids = json.loads(await parent.stdout.readline())
    assert all(psutil.pid_exists(pid) for pid in pids)
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()

    # Not waited for: whoever starts there next meets them on their way out.
    async with Stores(tmp_path) as again:
        connection = await psycopg.AsyncConnection.connect(again.postgres.url)
        async with connection:
            cursor = await connection.execute("SELECT count(*) FROM products")
            assert await cursor.fetchone() == (0,)

    async def gone() -> bool:
        return not any(psutil.pid_exists(pid) for pid in pids)

    await eventually(gone)


async def test_two_sets_of_stores_side_by_side_do_not_meet(stores: Stores, tmp_path: Path) -> None:
    await stores.start()
    async with Stores(tmp_path) as others:
        ours, theirs = stores.environment(), others.environment()
        for name in ("DATABASE_URL", "REDIS_URL", "AWS_ENDPOINT_URL"):
            assert ours[name] != theirs[name]
        async with Redis.from_url(theirs["REDIS_URL"]) as redis:
            await redis.set("mine", "1")
        async with Redis.from_url(ours["REDIS_URL"]) as redis:
            assert await redis.get("mine") is None
        s3_client(theirs).put_object(Bucket=theirs["S3_BUCKET_NAME"], Key="mine", Body=b"1")
        assert "Contents" not in s3_client(ours).list_objects_v2(Bucket=ours["S3_BUCKET_NAME"])


async def test_a_localstack_that_was_killed_comes_back_with_its_bucket_and_queues(stores: Stores) -> None:
    await stores.start()
    environment = stores.environment()
    s3_client(environment).put_object(Bucket=environment["S3_BUCKET_NAME"], Key="lost", Body=b"1")
    await stores.localstack.kill()
    await stores.start()
    assert stores.environment() == environment
    assert "Contents" not in s3_client(environment).list_objects_v2(Bucket=environment["S3_BUCKET_NAME"])
    sqs_client(environment).send_message(QueueUrl=queue_url(environment), MessageBody="{}")
    received = sqs_client(environment).receive_message(QueueUrl=queue_url(environment))
    assert [message["Body"] for message in received["Messages"]] == ["{}"]


async def test_localstack_listens_on_loopback_only_and_writes_in_its_directory_only(stores: Stores) -> None:
    await stores.start()
    process = psutil.Process(stores.localstack.process.pid)
    listening = {s.laddr.ip for s in process.net_connections() if s.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT"):
        assert Path(process.environ()[name]).is_relative_to(stores.localstack.directory)
    assert list(stores.localstack.directory.glob("root/var/lib/localstack/cache/*"))
