"""Task records in Redis: whatever Redis or the connection to it does, it is one and the same fault."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from catalog_service.status import RedisDown, TaskRecords
from common.tasks import TaskStore


class FailingStore(TaskStore):
    """A store that cannot be reached."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(Redis())
        self._fault = fault

    async def get_stored(self, task_ids: Sequence[UUID]) -> list[bytes | None]:
        raise self._fault


@pytest.mark.parametrize(
    "fault",
    [
        RedisConnectionError("Connection closed by server."),
        ConnectionResetError("Connection reset by peer"),
        TimeoutError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_connection_that_fails_means_that_redis_is_down(fault: Exception) -> None:
    with pytest.raises(RedisDown):
        await TaskRecords(FailingStore(fault), timeout_seconds=1).get(uuid4())
