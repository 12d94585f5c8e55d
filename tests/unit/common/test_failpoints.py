"""Failpoints: of no effect unless a test arms one, and never armed by what we ship."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.failpoints import VARIABLE, Failpoint, arm_failpoint, failpoint

_ROOT = Path(__file__).parents[3]
_SERVICES = ("catalog_service", "worker", "bff")

_PASS_TWO_PLACES = """
import sys
from common.failpoints import Failpoint, arm_failpoint, failpoint
arm_failpoint()
for _ in range(3):
    failpoint(Failpoint.BATCH_WRITTEN)
    sys.stdout.write("written\\n")
    sys.stdout.flush()
    failpoint(Failpoint.BATCH_COMMITTED)
"""


def passed(setting: str) -> tuple[int, int]:
    """How a process that passes two places three times ends, and how often it passed the first."""
    done = subprocess.run(
        [sys.executable, "-c", _PASS_TWO_PLACES],
        env={VARIABLE: setting, "PYTHONPATH": str(_ROOT)},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.count(b"written\n")


@pytest.mark.parametrize(
    ("setting", "ending"),
    [
        ("", (0, 3)),
        ("batch_written", (-9, 0)),
        ("batch_written:2", (-9, 1)),
        ("batch_committed", (-9, 1)),
        ("batch_committed:3", (-9, 3)),
        ("batch_committed:4", (0, 3)),
        ("message_settled", (0, 3)),
    ],
)
def test_a_process_dies_where_and_when_it_is_told_to(setting: str, ending: tuple[int, int]) -> None:
    assert passed(setting) == ending


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("batch_writen", "batch_writen"),
        ("batch_written:0", "counted from 1"),
        ("batch_written:-1", "counted from 1"),
        ("batch_written:x", "'x'"),
    ],
)
def test_a_place_that_there_is_not_is_refused(setting: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        arm_failpoint({VARIABLE: setting})


def test_without_the_variable_nothing_is_armed() -> None:
    arm_failpoint({})
    for place in Failpoint:
        failpoint(place)


def test_each_place_is_passed_at_one_place_of_the_code() -> None:
    code = "".join(file.read_text() for service in _SERVICES for file in (_ROOT / service).rglob("*.py"))
    assert sorted(re.findall(r"failpoint\(Failpoint\.(\w+)\)", code)) == sorted(
        place.name for place in Failpoint
    )


def test_nothing_that_we_ship_arms_one() -> None:
    shipped = [_ROOT / "docker-compose.yml", *(_ROOT / "infra" / "docker").iterdir(), _ROOT / "carga"]
    shipped += [file for package in ("cli", "chaos", "infra") for file in (_ROOT / package).rglob("*.py")]
    assert [file for file in shipped if file.is_file() and VARIABLE in file.read_text()] == []
