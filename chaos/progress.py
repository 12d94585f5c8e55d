"""What a poller may see of one task: progress that never goes back, and sums that are right."""

from collections.abc import Iterator
from typing import Any

_STAGES = {"pending": 0, "processing": 1, "completed": 2, "failed": 2, "cancelled": 2}
_COUNTERS = ("total", "processed", "successful", "failed")


class ProgressCheck:
    """Sees the answers to one poller in their order."""

    def __init__(self) -> None:
        self._before: dict[str, Any] | None = None

    def see(self, status: dict[str, Any]) -> Iterator[str]:
        """Yield what is wrong with this answer, by itself and after the one before."""
        before, self._before = self._before, status
        progress = status["progress"]
        if progress["processed"] != progress["successful"] + progress["failed"]:
            yield f"the sum is wrong: {progress}"
        if before is None:
            return
        if _STAGES[status["status"]] < _STAGES[before["status"]]:
            yield f"from {before['status']} back to {status['status']}"
        for counter in _COUNTERS:
            if progress[counter] < before["progress"][counter]:
                yield f"{counter} went from {before['progress'][counter]} back to {progress[counter]}"
        if status["created_at"] != before["created_at"]:
            yield f"created_at went from {before['created_at']} to {status['created_at']}"
