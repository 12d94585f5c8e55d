"""What an operator asks of dead letters and reconciler: as a process, and through ``./carga``."""

import asyncio
import json
import os
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from rich.console import Console

from cli import recovery as commands
from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.screen import Screen
from cli.state import State
from common.messages import UploadMessage
from common.tasks import TaskStatus
from infra.embedded.stores import Stores
from tests.support.interruptions import StandStill
from tests.support.operations import operation, perform_operation
from tests.support.recovery import Recovery, letter_of, received, record_of, recovery
from tests.support.stores import queue_url, sqs_client
from tests.support.worker_shop import put_upload, worker_settings
from worker import operations
from worker.dead_letters import bury
from worker.upload_queue import Delivery


async def given_up(environment: dict[str, str], made: Recovery) -> UploadMessage:
    upload = put_upload(environment, b"x")
    await bury(made.connection, letter_of(upload, str(upload.task_id)), 0)
    return upload


async def test_dead_letters_are_listed_and_redriven(environment: dict[str, str]) -> None:
    async with recovery(environment) as made:
        first, second = [await given_up(environment, made) for _ in range(2)]
        await bury(made.connection, Delivery("odd", "no upload", "receipt", 3, "correlation-1"), 0)
        sqs_client(environment).send_message(QueueUrl=queue_url(environment, "-dlq"), MessageBody="newest")

        listed = await operation(environment, "dlq-list")
        assert listed["not_recorded_yet"] == 1
        odd, latest, earlier = listed["dead_letters"]
        assert (odd["message_id"], odd["task_id"], odd["reason"]) == ("odd", None, "unreadable")
        assert [latest["task_id"], earlier["task_id"]] == [str(second.task_id), str(first.task_id)]
        assert earlier["redriven_at"] is None
        assert earlier["task_status"] == "failed"
        assert "body" not in earlier

        only = await operation(environment, "dlq-redrive", "--task", str(second.task_id))
        assert only == {"sent": [str(second.task_id)], "passed_over": []}
        assert received(environment) == [second]
        assert (await record_of(made.connection, first)).status is TaskStatus.FAILED
        assert await operation(environment, "dlq-redrive") == {
            "sent": [str(first.task_id)],
            "passed_over": [],
        }
        assert await operation(environment, "dlq-redrive") == {"sent": [], "passed_over": []}
        listed = await operation(environment, "dlq-list")
        assert [letter["redriven_at"] is None for letter in listed["dead_letters"]] == [True, False, False]


async def test_a_round_is_run_and_foretold(environment: dict[str, str]) -> None:
    upload = put_upload(environment, b"x")
    expected = {"count": 1, "first": [str(upload.task_id)]}
    foretold = await operation(environment, "reconcile", "--dry-run")
    assert foretold["dry_run"] is True
    assert foretold["uploads_announced"] == expected
    assert received(environment) == []
    done = await operation(environment, "reconcile")
    assert done == foretold | {"dry_run": False}
    assert [message.task_id for message in received(environment)] == [upload.task_id]


async def test_a_round_waits_for_its_turn_but_not_for_ever(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_upload(environment, b"x")
    monkeypatch.setattr(operations, "_TURN_SECONDS", 0.5)
    settings = worker_settings(environment, reconcile_after_seconds=0.001)
    async with (
        StandStill.before(environment["DATABASE_URL"], "INSERT", "announcements", "true") as still,
        recovery(environment) as made,
    ):
        busy = asyncio.create_task(made.reconciler(silence=0).run_round())
        await still.somebody_is_there()
        with pytest.raises(operations.NotDone) as refusal:
            await operations.perform(operations.parse(["reconcile"]), settings)
        assert (refusal.value.code, refusal.value.exit_code) == ("reconciler_busy", 1)
        await still.end()
        assert await busy is not None
    assert (await operations.perform(operations.parse(["reconcile"]), settings))["dry_run"] is False


@pytest.mark.parametrize("arguments", [[], ["burn"], ["dlq-redrive", "--task", "7"], ["reconcile", "--wet"]])
async def test_a_command_line_that_makes_no_sense_is_refused(
    environment: dict[str, str], arguments: list[str]
) -> None:
    done = await asyncio.to_thread(perform_operation, environment, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


@pytest.mark.parametrize("arguments", [["dlq-list"], ["dlq-redrive"], ["reconcile"]])
async def test_it_says_which_store_is_away(environment: dict[str, str], arguments: list[str]) -> None:
    nobody = environment | {"DATABASE_URL": "postgresql://carga@127.0.0.1:1/carga"}
    assert await operation(nobody, *arguments, exit_code=3) == {"code": "database_unavailable"}
    unknown = environment | {"DATABASE_URL": environment["DATABASE_URL"] + "_unknown"}
    assert await operation(unknown, *arguments, exit_code=3) == {"code": "database_unavailable"}


async def test_it_says_that_the_queue_or_the_bucket_is_away(environment: dict[str, str]) -> None:
    no_queue = environment | {"SQS_QUEUE_NAME": "no-such-queue"}
    assert await operation(no_queue, "reconcile", exit_code=3) == {"code": "queue_unavailable"}
    no_bucket = environment | {"S3_BUCKET_NAME": "no-such-bucket"}
    assert await operation(no_bucket, "reconcile", exit_code=3) == {"code": "storage_unavailable"}


async def test_it_says_that_aws_cannot_be_asked(environment: dict[str, str]) -> None:
    unset = ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")
    nowhere = {name: value for name, value in environment.items() if name not in unset}
    nowhere["AWS_CONFIG_FILE"] = os.devnull
    assert await operation(nowhere, "dlq-list", exit_code=3) == {"code": "aws_unavailable"}


async def test_redis_away_keeps_nobody_from_redriving(environment: dict[str, str], stores: Stores) -> None:
    async with recovery(environment) as made:
        upload = await given_up(environment, made)
        await stores.valkey.kill()
        redriven = await operation(environment, "dlq-redrive")
        assert redriven == {"sent": [str(upload.task_id)], "passed_over": []}


# through the commands


class Seen(Screen):
    """A screen whose output can be read."""

    def __init__(self) -> None:
        super().__init__("en", Console(width=80, record=True), Console(stderr=True))

    @property
    def text(self) -> str:
        return self.out.export_text(clear=False)


@pytest.fixture
def state(tmp_path: Path, environment: dict[str, str]) -> State:
    """The state of a stack that runs on the stores of this test."""
    made = State(tmp_path)
    lines = (f"{name}={value}\n" for name, value in environment.items())
    made.env.write_text("".join(lines), encoding="utf-8")
    return made


async def test_the_commands_show_what_the_operations_say(environment: dict[str, str], state: State) -> None:
    async with recovery(environment) as made:
        upload = await given_up(environment, made)
    screen = Seen()
    assert await asyncio.to_thread(commands.list_letters, screen, state, as_json=False) is ExitCode.OK
    assert str(upload.task_id) in screen.text
    assert "failed" in screen.text
    screen = Seen()
    await asyncio.to_thread(commands.redrive, screen, state, uuid4(), as_json=False)
    assert "nothing to try again" in screen.text
    await asyncio.to_thread(commands.redrive, screen, state, upload.task_id, as_json=False)
    assert "Tried again: 1" in screen.text
    assert received(environment) == [upload]
    screen = Seen()
    await asyncio.to_thread(commands.reconcile, screen, state, dry_run=True, as_json=False)
    assert "Dry run" in screen.text


async def test_the_commands_pass_json_through(
    state: State, environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with recovery(environment) as made:
        upload = await given_up(environment, made)
    capsys.readouterr()
    screen = Screen("es")
    await asyncio.to_thread(commands.list_letters, screen, state, as_json=True)
    listed = json.loads(capsys.readouterr().out)
    assert UUID(listed["dead_letters"][0]["task_id"]) == upload.task_id
    await asyncio.to_thread(commands.redrive, screen, state, None, as_json=True)
    assert json.loads(capsys.readouterr().out)["sent"] == [str(upload.task_id)]
    await asyncio.to_thread(commands.reconcile, screen, state, dry_run=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["dry_run"] is False


async def test_a_command_says_when_nothing_runs(state: State, stores: Stores) -> None:
    await stores.postgres.kill()
    with pytest.raises(CommandError) as refusal:
        await asyncio.to_thread(commands.list_letters, Seen(), state, as_json=False)
    assert refusal.value.exit_code is ExitCode.UNREACHABLE
    assert (refusal.value.code, refusal.value.params) == ("database_unavailable", {"store": "PostgreSQL"})


async def test_a_command_asks_nobody_where_no_stack_runs_and_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refusal:
        commands.list_letters(Seen(), State(tmp_path), as_json=False)
    assert (refusal.value.exit_code, refusal.value.code) == (ExitCode.UNREACHABLE, "not_running")


async def test_where_no_stack_runs_a_command_asks_what_the_shell_names(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    screen = Seen()
    await asyncio.to_thread(commands.list_letters, screen, State(tmp_path), as_json=False)
    assert "No message" in screen.text


async def test_a_stack_that_runs_is_never_mixed_with_what_the_shell_names(
    state: State, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://carga@127.0.0.1:1/elsewhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    screen = Seen()
    assert await asyncio.to_thread(commands.list_letters, screen, state, as_json=False) is ExitCode.OK
    connection = await asyncpg.connect(environment["DATABASE_URL"])
    assert await connection.fetchval("SELECT count(*) FROM dead_letters") == 0
    await connection.close()
    assert "No message" in screen.text
