"""Places at which a test lets a process die: between two effects, neither of which may be lost or doubled.

``CARGA_FAILPOINT=batch_committed`` ends the process with SIGKILL when it first comes to that place,
``batch_committed:3`` when it comes there for the third time. It is for tests alone: a service that finds it
set says so as an error in its log, and one that does not know the place does not start.

The technique is that of FreeBSD's fail(9).
"""

import os
import signal
from collections.abc import Mapping
from enum import StrEnum

import structlog

log = structlog.get_logger(__name__)

VARIABLE = "CARGA_FAILPOINT"


class Failpoint(StrEnum):
    """Every place, in the order in which an upload comes by. Each is passed at one place in the code."""

    # the API takes an upload
    UPLOAD_CHECKED = "upload_checked"
    PARTS_STORED = "parts_stored"
    UPLOAD_STORED = "upload_stored"
    PENDING_RECORDED = "pending_recorded"
    UPLOAD_ANNOUNCED = "upload_announced"
    # the API cancels one
    CANCEL_COMMITTED = "cancel_committed"
    CANCEL_RECORDED = "cancel_recorded"
    # a worker handles one
    MESSAGE_PASSED_OVER = "message_passed_over"
    COPY_SENT = "copy_sent"
    ORIGINAL_DELETED = "original_deleted"
    MESSAGE_RECEIVED = "message_received"
    CLAIM_WRITTEN = "claim_written"
    TASK_CLAIMED = "task_claimed"
    TASK_OPENED = "task_opened"
    BATCH_WRITTEN = "batch_written"
    BATCH_COMMITTED = "batch_committed"
    END_WRITTEN = "end_written"
    END_COMMITTED = "end_committed"
    RECORD_OFFERED = "record_offered"
    RECORD_STORED = "record_stored"
    MESSAGE_SETTLING = "message_settling"
    MESSAGE_SETTLED = "message_settled"
    LEASE_RELEASED = "lease_released"
    # and one of which an error file was ordered
    ERROR_FILE_STORED = "error_file_stored"
    # and tells of one that ended
    WEBHOOK_POSTED = "webhook_posted"
    # a worker sees to what was given up, and an operator tries it again
    LETTER_WRITTEN = "letter_written"
    LETTER_BURIED = "letter_buried"
    LETTER_RECORDED = "letter_recorded"
    LETTER_DELETED = "letter_deleted"
    TASK_REOPENED = "task_reopened"
    LETTER_SENT = "letter_sent"
    LETTER_NOTED = "letter_noted"
    # the reconciler puts right what no message will
    ANNOUNCEMENT_SENT = "announcement_sent"
    ANNOUNCEMENT_NOTED = "announcement_noted"
    OBJECT_REMOVED = "object_removed"
    TASK_REMOVED = "task_removed"


_armed: Failpoint | None = None
_visits_left = 0


def arm_failpoint(environment: Mapping[str, str] = os.environ) -> None:
    """Make the place that the environment names deadly, if it names one.

    Raises:
        ValueError: it names none that there is, or a visit that is no positive number.
    """
    global _armed, _visits_left
    setting = environment.get(VARIABLE)
    if not setting:
        _armed = None
        return
    name, _, visit = setting.partition(":")
    _armed, _visits_left = Failpoint(name), int(visit or 1)
    if _visits_left < 1:
        raise ValueError(f"{VARIABLE}: a visit is counted from 1")
    log.error("failpoint_armed", failpoint=name, visit=_visits_left)


def failpoint(place: Failpoint) -> None:
    """Die here, if a test wants it."""
    global _visits_left
    if place is not _armed:
        return
    _visits_left -= 1
    if not _visits_left:
        os.kill(os.getpid(), signal.SIGKILL)
