"""The ledger: who may work on a task, and that nobody else can write."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from common.messages import UploadMessage
from common.tasks import GROUP_LIMIT, LIST_LIMIT, FaultGroup, Progress, TaskStatus
from common.version import VERSION
from tests.support.interruptions import waits_for
from tests.support.waiting import eventually
from tests.support.worker_shop import NOON, account_of
from worker import ledger
from worker.effects import Effect
from worker.ledger import Claim, Fenced, Held, Over
from worker.reading import Reading

LEASE = 600.0
FAULTS = [{"code": "required_missing", "params": {"columns": ["nombre"]}}]


class Desk:
    """One task and connections to its ledger."""

    def __init__(self, stack: AsyncExitStack, url: str, connection: asyncpg.Connection) -> None:
        self._stack = stack
        self._url = url
        self.connection = connection
        self._numbers = itertools.count(1)
        self.upload = UploadMessage(
            task_id=uuid4(),
            s3_bucket="bucket",
            s3_key="key",
            filename="productos.csv",
            proveedor_id="PROV001",
            reemplazar_duplicados=True,
            accepted_at=NOON,
        )

    async def another_connection(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(self._url)
        self._stack.push_async_callback(connection.close)
        return connection

    async def claim(
        self,
        connection: asyncpg.Connection | None = None,
        lease_seconds: float = LEASE,
        owner: str | None = None,
    ) -> Claim | Held | Over:
        """Ask for the task, under a new name each time unless told otherwise."""
        return await ledger.claim(
            connection or self.connection,
            self.upload,
            owner=owner or f"worker-{next(self._numbers)}",
            lease_seconds=lease_seconds,
            correlation_id="correlation-1",
        )

    async def claimed(self, lease_seconds: float = LEASE) -> Claim:
        claim = await self.claim(lease_seconds=lease_seconds)
        assert isinstance(claim, Claim), claim
        return claim

    async def commit(self, claim: Claim, before: int, cursor: int, effect: Effect) -> None:
        async with self.connection.transaction():
            await ledger.hold(self.connection, claim, before)
            await ledger.advance(self.connection, claim, cursor, effect, effect.tallies, LEASE)

    async def expire(self) -> None:
        await self.connection.execute("UPDATE tasks SET lease_until = clock_timestamp() - interval '1 ms'")

    async def taken_over(self) -> tuple[Claim, Claim]:
        """A claim whose lease ran out, and the one that followed it."""
        first = await self.claimed()
        await self.expire()
        return first, await self.claimed()

    async def everything(self) -> dict[str, list[Any]]:
        """Every row of the ledger."""
        tables = ("tasks", "task_attempts", "task_batches", "task_row_errors")
        return {name: await self.connection.fetch(f"SELECT * FROM {name}") for name in tables}

    async def lease_left(self) -> float:
        """Seconds, by the clock of the database."""
        seconds: float = await self.connection.fetchval(
            "SELECT extract(epoch FROM lease_until - clock_timestamp())::float8 FROM tasks"
        )
        return seconds


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(database_url)
        stack.push_async_callback(connection.close)
        yield Desk(stack, database_url, connection)


async def test_a_new_task_enters_the_ledger_with_its_claim(desk: Desk) -> None:
    claim = await desk.claimed()
    assert (claim.epoch, claim.cursor, claim.tallies, claim.upload) == (1, 0, {}, desk.upload)
    assert (claim.record.status, claim.record.progress) == (TaskStatus.PROCESSING, Progress())
    row = await desk.connection.fetchrow("SELECT * FROM tasks")
    assert (row["correlation_id"], row["lease_owner"]) == ("correlation-1", "worker-1")
    assert row["options"] == '{"validar": false, "reemplazar_duplicados": true}'
    assert (await account_of(desk.connection, desk.upload)).attempts == [(1, 0, None)]
    assert await desk.connection.fetchval("SELECT version FROM task_attempts") == VERSION
    assert LEASE - 30 < await desk.lease_left() <= LEASE


async def test_a_live_task_is_held_and_stays_as_it_is(desk: Desk) -> None:
    await desk.claimed()
    before = await desk.everything()
    held = await desk.claim()
    assert isinstance(held, Held)
    assert LEASE - 30 < held.seconds <= LEASE
    assert await desk.everything() == before


async def test_who_holds_a_task_may_claim_it_again(desk: Desk) -> None:
    """It lost sight of the database, and its lease has not run out."""
    first = await desk.claim(owner="worker-1/a")
    assert isinstance(first, Claim)
    assert isinstance(await desk.claim(owner="worker-1/b"), Held)
    again = await desk.claim(owner="worker-1/a")
    assert isinstance(again, Claim)
    assert again.epoch == first.epoch + 1
    with pytest.raises(Fenced):
        await ledger.renew(desk.connection, first, LEASE)


async def test_a_task_is_claimed_by_one_of_many_and_held_for_the_others(desk: Desk) -> None:
    connections = [await desk.another_connection() for _ in range(6)]
    for _ in ("new", "expired"):
        standings = await asyncio.gather(*(desk.claim(connection) for connection in connections))
        assert sorted(type(standing).__name__ for standing in standings) == ["Claim", *["Held"] * 5]
        await desk.expire()


async def test_a_lease_that_ran_out_is_taken_over_where_it_stood(desk: Desk) -> None:
    first = await desk.claimed()
    await desk.commit(first, 0, 11, Effect(9, 1, {"creados": 9}, ["a"], [(5, FAULTS)]))
    await desk.expire()
    second = await desk.claimed()
    assert (second.epoch, second.cursor, second.tallies) == (2, 11, {"creados": 9})
    assert second.record.progress == Progress(0, 10, 9, 1)
    assert second.record.revision > first.record.revision
    account = await account_of(desk.connection, desk.upload)
    assert account.attempts == [(1, 0, "lost"), (2, 11, None)]


async def test_an_attempt_begins_when_its_lease_does(desk: Desk) -> None:
    """Also where the claim had to wait for another one, of which nothing came."""
    other, watching = await desk.another_connection(), await desk.another_connection()
    transaction = other.transaction()
    await transaction.start()
    await desk.claim(other)
    claiming = asyncio.create_task(desk.claim())
    await waits_for("transactionid", watching)
    await transaction.rollback()
    assert isinstance(await claiming, Claim)
    lasts = "SELECT lease_until - started_at FROM tasks JOIN task_attempts USING (proveedor_id, task_id)"
    assert await watching.fetchval(lasts) == timedelta(seconds=LEASE)


async def test_a_lease_runs_out_by_itself(desk: Desk) -> None:
    await desk.claimed(lease_seconds=0.05)

    async def is_taken_over() -> bool:
        return isinstance(await desk.claim(), Claim)

    await eventually(is_taken_over)


async def test_a_renewed_lease_is_that_long_again(desk: Desk) -> None:
    claim = await desk.claimed(lease_seconds=5)
    revision = claim.record.revision
    await ledger.renew(desk.connection, claim, LEASE)
    assert LEASE - 30 < await desk.lease_left() <= LEASE
    # no news for a poller
    assert (await account_of(desk.connection, desk.upload)).record.revision == revision


async def test_a_batch_brings_counters_cursor_errors_and_a_new_lease(desk: Desk) -> None:
    claim = await desk.claimed(lease_seconds=5)
    opened = await ledger.open_task(desk.connection, claim, 20, "abc", Reading())
    assert opened.progress == Progress(20, 0, 0, 0)
    await desk.commit(claim, 0, 11, Effect(8, 2, {"creados": 8}, ["a", "b"], [(4, FAULTS), (9, [])]))
    await desk.commit(claim, 11, 21, Effect(10, 0, {"creados": 18}, ["c"]))
    account = await account_of(desk.connection, desk.upload)
    assert account.record.progress == Progress(20, 20, 18, 2)
    assert account.record.revision == opened.revision + 2
    assert account.batches == [(11, 10), (21, 10)]
    assert account.outputs == ["a", "b", "c"]
    assert [(error.fila, error.faults) for error in account.errors] == [(4, FAULTS), (9, [])]
    row = await desk.connection.fetchrow("SELECT cursor, tallies, sha256 FROM tasks")
    assert tuple(row) == (21, '{"creados": 18}', "abc")
    assert LEASE - 30 < await desk.lease_left() <= LEASE


async def test_a_batch_that_is_rolled_back_leaves_nothing(desk: Desk) -> None:
    claim = await desk.claimed()
    before = await desk.everything()
    transaction = desk.connection.transaction()
    await transaction.start()
    await ledger.hold(desk.connection, claim, 0)
    await ledger.advance(desk.connection, claim, 11, Effect(9, 1, {}, ["a"], [(5, [])]), {}, LEASE)
    await transaction.rollback()
    assert await desk.everything() == before


async def test_a_cursor_that_somebody_moved_fences(desk: Desk) -> None:
    claim = await desk.claimed()
    await desk.commit(claim, 0, 11, Effect(10, 0))
    for cursor in (0, 10, 12):
        with pytest.raises(Fenced):
            await ledger.hold(desk.connection, claim, cursor)
    await ledger.hold(desk.connection, claim, 11)


Write = Callable[[asyncpg.Connection, Claim], Awaitable[object]]
WRITES: dict[str, Write] = {
    "hold": lambda connection, claim: ledger.hold(connection, claim, 0),
    "open": lambda connection, claim: ledger.open_task(connection, claim, 10, "sha", Reading()),
    "advance": lambda connection, claim: ledger.advance(connection, claim, 11, Effect(10, 0), {}, LEASE),
    "renew": lambda connection, claim: ledger.renew(connection, claim, LEASE),
    "complete": lambda connection, claim: ledger.complete(connection, claim, {}),
    "fail": lambda connection, claim: ledger.fail(connection, claim, "file_unreadable", {}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("lost_by", ["take-over", "completion", "failure"])
async def test_an_attempt_that_lost_its_task_writes_nothing(desk: Desk, write: Write, lost_by: str) -> None:
    first, last = await desk.taken_over()
    if lost_by == "take-over":
        last = first
    elif lost_by == "completion":
        await ledger.complete(desk.connection, last, {})
    else:
        await ledger.fail(desk.connection, last, "internal_error", {})
    before = await desk.everything()
    with pytest.raises(Fenced):
        await write(desk.connection, last)
    assert await desk.everything() == before


async def test_an_attempt_that_lost_its_task_cannot_give_it_away(desk: Desk) -> None:
    first, second = await desk.taken_over()
    before = await desk.everything()
    await ledger.release(desk.connection, first, "released")
    assert await desk.everything() == before
    await ledger.complete(desk.connection, second, {})
    before = await desk.everything()
    await ledger.release(desk.connection, second, "retry")
    assert await desk.everything() == before


@pytest.mark.parametrize("outcome", ["released", "retry", "crashed"])
async def test_a_released_task_can_be_claimed_at_once(desk: Desk, outcome: str) -> None:
    await ledger.release(desk.connection, await desk.claimed(), outcome)
    claim = await desk.claimed()
    assert claim.epoch == 2
    account = await account_of(desk.connection, desk.upload)
    assert account.attempts == [(1, 0, outcome), (2, 0, None)]


async def test_only_crashes_count_as_crashes(desk: Desk) -> None:
    for outcome in ("released", "crashed", "retry", "crashed"):
        await ledger.release(desk.connection, await desk.claimed(), outcome)
    await desk.claimed()
    await desk.expire()
    assert await ledger.earlier_crashes(desk.connection, await desk.claimed()) == 2


async def test_no_claim_comes_between_holding_a_task_and_its_commit(desk: Desk) -> None:
    claim, other = await desk.claimed(), await desk.another_connection()
    await desk.expire()
    async with desk.connection.transaction():
        await ledger.hold(desk.connection, claim, 0)
        claiming = asyncio.create_task(desk.claim(other))
        await eventually(lambda: _waits_for_a_lock(desk.connection, other))
        await ledger.advance(desk.connection, claim, 11, Effect(10, 0), {}, LEASE)
    assert isinstance(await claiming, Held)


async def _waits_for_a_lock(watcher: asyncpg.Connection, waiter: asyncpg.Connection) -> bool:
    waits: bool = await watcher.fetchval(
        "SELECT cardinality(pg_blocking_pids($1)) > 0", waiter.get_server_pid()
    )
    return waits


async def test_a_completed_task_is_over_with_its_first_errors(desk: Desk) -> None:
    claim = await desk.claimed()
    errors: list[tuple[int, list[dict[str, Any]]]] = [(fila, FAULTS) for fila in range(2, LIST_LIMIT + 22)]
    await desk.commit(claim, 0, 200, Effect(0, len(errors), row_errors=errors))
    result = {"zeta": 1, "alfa": {"b": 2, "a": 1}}
    completed = await ledger.complete(desk.connection, claim, result)
    assert (completed.status, completed.result) == (TaskStatus.COMPLETED, result)
    assert completed.completed_at is not None
    # in the order in which a person reads them
    assert list(completed.result or {}) == ["zeta", "alfa"]
    assert [error.fila for error in completed.row_errors] == list(range(2, LIST_LIMIT + 2))
    standing = await desk.claim()
    assert standing == Over(completed)
    account = await account_of(desk.connection, desk.upload)
    assert account.attempts == [(1, 0, "completed")]


async def test_a_failed_task_keeps_what_was_done(desk: Desk) -> None:
    claim = await desk.claimed()
    await desk.commit(claim, 0, 11, Effect(9, 1, row_errors=[(5, FAULTS)]))
    failed = await ledger.fail(desk.connection, claim, "csv_malformed", {"line": 12})
    assert (failed.status, failed.error_code, failed.error_params) == (
        "failed",
        "csv_malformed",
        {"line": 12},
    )
    assert (failed.result, failed.progress) == (None, Progress(0, 10, 9, 1))
    assert [error.fila for error in failed.row_errors] == [5]
    assert await desk.claim() == Over(failed)


async def test_faults_are_counted_by_code_and_column_batch_after_batch(desk: Desk) -> None:
    claim = await desk.claimed()
    comma = {"code": "not_a_number", "params": {"column": "precio_unitario", "value": "1,2,3"}}
    empty = {"code": "required_missing", "params": {"columns": ["id", "nombre"]}}
    shape = {"code": "row_shape", "params": {"found": 3, "expected": 13}}
    rows: list[tuple[int, list[dict[str, Any]]]] = [(2, [comma, empty]), (3, [comma, comma]), (5, [shape])]
    await desk.commit(claim, 0, 11, Effect(7, 3, row_errors=rows))
    # the batch is rolled back with all that it counted
    transaction = desk.connection.transaction()
    await transaction.start()
    await ledger.advance(desk.connection, claim, 21, Effect(9, 1, row_errors=[(12, [comma])]), {}, LEASE)
    await transaction.rollback()
    await desk.commit(claim, 11, 31, Effect(18, 2, row_errors=[(21, [empty]), (22, [comma])]))
    expected = [
        FaultGroup("not_a_number", "precio_unitario", 3, 2),
        FaultGroup("required_missing", "id", 2, 2),
        FaultGroup("required_missing", "nombre", 2, 2),
        FaultGroup("row_shape", None, 1, 5),
    ]
    ended = await ledger.fail(desk.connection, claim, "stalled", {})
    assert ended.fault_groups == expected
    assert (await account_of(desk.connection, desk.upload)).record == ended


async def test_a_column_of_any_name_is_counted(desk: Desk) -> None:
    claim = await desk.claimed()
    names = ["\U0001f600" * 5000, "a\x00b", ""]
    rows = [(2, [{"code": "stray_quote", "params": {"column": name}} for name in names])]
    await desk.commit(claim, 0, 2, Effect(0, 1, row_errors=rows))
    told = (await ledger.complete(desk.connection, claim, {})).fault_groups
    assert {group.column for group in told} == {"\U0001f600" * 100, "a\ufffdb", None}


async def test_no_more_groups_are_told_than_anybody_reads(desk: Desk) -> None:
    claim = await desk.claimed()
    rows = [
        (fila, [{"code": "too_long", "params": {"column": f"c{number}"}} for number in range(fila % 70)])
        for fila in range(2, 80)
    ]
    await desk.commit(claim, 0, 80, Effect(0, len(rows), row_errors=rows))
    told = (await ledger.complete(desk.connection, claim, {})).fault_groups
    assert len(told) == GROUP_LIMIT
    assert [group.rows for group in told] == sorted((group.rows for group in told), reverse=True)
    assert told[0].column == "c0"


async def test_how_a_file_was_read_is_kept_and_told(desk: Desk) -> None:
    claim = await desk.claimed()
    reading = Reading(
        columns=[{"column": None, "header": "no\x00tas", "place": 1, "how": "ignored"}],
        notices=[{"code": "read_as_cp1252", "params": {"x": "é\x00"}}],
        facts={"encoding": "cp1252", "literally": "\\u0000"},
    )
    opened = await ledger.open_task(desk.connection, claim, 20, "abc", reading)
    assert opened.columns == [{"column": None, "header": "no\ufffdtas", "place": 1, "how": "ignored"}]
    assert opened.notices == [{"code": "read_as_cp1252", "params": {"x": "é\ufffd"}}]
    assert opened.facts["encoding"] == "cp1252"
    assert (await account_of(desk.connection, desk.upload)).record == opened
    failed = await ledger.fail(desk.connection, claim, "missing_columns", {"columns": ["a\x00", "x" * 5000]})
    assert [len(name) for name in failed.error_params["columns"]] == [2, 300]
    assert failed.notices == opened.notices


async def test_the_first_outputs_come_in_file_order(desk: Desk) -> None:
    claim = await desk.claimed()
    names = [f"{number:03}" for number in range(130)]
    # the cursor of a later batch, as text, sorts before that of an earlier one
    await desk.commit(claim, 0, 90, Effect(90, 0, outputs=names[:90]))
    await desk.commit(claim, 90, 130, Effect(40, 0, outputs=names[90:]))
    assert await ledger.first_outputs(desk.connection, claim) == names[:LIST_LIMIT]
