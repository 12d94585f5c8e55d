"""What a batch of rows did."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Effect:
    """The effect of one batch. ``tallies`` are added to the task's; ``outputs`` names what came into being.

    ``row_errors`` are the rejected rows: number and faults.
    """

    successful: int
    failed: int
    tallies: dict[str, int] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    row_errors: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
