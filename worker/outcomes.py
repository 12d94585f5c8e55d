"""What became of one delivery of a message, as values; the consumer turns each into its effect on the
queue."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """The ledger says the task is over: delete the message."""


@dataclass(frozen=True)
class Retry:
    """Not now: give the message back, to be seen again after ``after_seconds``; None: as the schedule of
    retries has it."""

    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True)
class Reject:
    """Nobody can ever understand this message: give it back at once, until the queue moves it to the dead
    letters."""

    reason: str


@dataclass(frozen=True)
class Lost:
    """Another attempt owns the task now, and with it the message: touch nothing."""


Outcome = Done | Retry | Reject | Lost
