"""What can keep a stack from running, put into words; ports; signals."""

import asyncio
import errno
import os
import signal
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.exit_codes import ExitCode
from cli.lifecycle import owned, run_until_signalled
from cli.service import ServiceFailed, service_environment
from cli.state import State
from cli.up import service_ports
from infra.embedded.errors import PortTaken, StoreError


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (StoreError("valkey: no answer"), "store_failed", "valkey: no answer"),
        (PortTaken("postgres", 5432), "store_failed", "5432"),
        (ServiceFailed("worker", ["one", "two"]), "service_failed", "two"),
        (TimeoutError(), "not_ready", "doctor"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "no_space", "/x"),
        (PermissionError(errno.EACCES, "Permission denied", "/y"), "os_error", "/y"),
    ],
)
def test_every_fault_becomes_a_sentence(fault: Exception, code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as error, owned(State(tmp_path)):
        raise fault
    assert error.value.code == code
    assert error.value.exit_code is ExitCode.SETUP_FAILED
    assert said in error.value.text.en.format_map(error.value.params)
    assert said in error.value.text.es.format_map(error.value.params)
    assert State(tmp_path).owner() is None


def test_a_second_stack_is_refused(tmp_path: Path) -> None:
    with owned(State(tmp_path)), pytest.raises(CommandError) as error, owned(State(tmp_path)):
        pass
    assert error.value.code == "already_running"
    assert error.value.exit_code is ExitCode.UNREACHABLE


def test_services_listen_where_the_environment_says() -> None:
    assert service_ports({}) == (3001, 8001)
    assert service_ports({"CATALOG_PORT": "13001", "BFF_PORT": ""}) == (13001, 8001)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "٣٠٠١"])
def test_what_is_no_port_is_refused_by_name(port: str) -> None:
    with pytest.raises(CommandError) as error:
        service_ports({"BFF_PORT": port})
    assert error.value.params["variable"] == "BFF_PORT"
    assert error.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.OK), (signal.SIGHUP, ExitCode.OK)],
)
def test_a_signal_lets_the_work_clean_up(
    number: signal.Signals, exit_code: ExitCode, request: pytest.FixtureRequest
) -> None:
    cleaned_up: list[bool] = []

    async def work() -> ExitCode:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.append(True)
        return ExitCode.FAILED

    # a shell makes what it starts in the background deaf to Ctrl-C
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, usual)
    request.addfinalizer(lambda: signal.signal(number, before))
    assert run_until_signalled(work()) == exit_code
    assert cleaned_up == [True]
    assert signal.getsignal(number) == usual


def test_services_see_these_stores_and_no_other_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("WORKER_CONCURRENCY", "7")
    monkeypatch.setenv("NO_PROXY", "example.org")
    environment = service_environment({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {"BFF_PORT": "1"})
    assert {name for name in environment if name.startswith("AWS_")} == {"AWS_ENDPOINT_URL"}
    assert environment["WORKER_CONCURRENCY"] == "7"
    assert environment["BFF_PORT"] == "1"
    assert environment["NO_PROXY"].split(",") == ["example.org", "127.0.0.1", "localhost"]
