"""Counting what many rows have in common, with the first of them to look at."""

from dataclasses import dataclass, field
from typing import Any

from worker.processors.catalog.faults import shown

_FIRST_ROWS = 5


@dataclass
class Tally:
    """How many cells, in which rows first, and what the first one looks like."""

    count: int = 0
    rows: list[int] = field(default_factory=list)
    value: str = ""

    def add(self, fila: int, value: str) -> None:
        """Count one more cell."""
        if not self.count:
            self.value = shown(value)
        if len(self.rows) < _FIRST_ROWS:
            self.rows.append(fila)
        self.count += 1

    @property
    def params(self) -> dict[str, Any]:
        """What a notice's sentence needs of it."""
        return {"count": self.count, "rows": self.rows, "value": self.value}
