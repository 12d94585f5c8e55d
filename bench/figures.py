"""From single measurements to what is said of them: medians, ratios, the JSON document."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple, TypeVar

#: One line of a table, as it stands in the JSON document.
Row = dict[str, Any]
Measured = TypeVar("Measured", bound=NamedTuple)


def grouped(measured: Iterable[Measured], by: Sequence[str]) -> dict[tuple[Any, ...], list[Measured]]:
    """Return the measurements by the values of the fields ``by``, in the order in which they first came."""
    groups: dict[tuple[Any, ...], list[Measured]] = {}
    for one in measured:
        groups.setdefault(tuple(getattr(one, name) for name in by), []).append(one)
    return groups


def medians(measured: Iterable[Measured], by: Sequence[str], of: str = "seconds") -> list[Row]:
    """Return a row for each group: the fields ``by``, the median of ``of``, its ``least`` and ``most``."""
    rows = []
    for key, group in grouped(measured, by).items():
        figures = [getattr(one, of) for one in group]
        summary = {of: median(figures), "least": min(figures), "most": max(figures)}
        rows.append(dict(zip(by, key, strict=True)) | summary)
    return rows


def add_ratios(rows: Iterable[Row], name: str, of: str, beside: Callable[[Row], Row | None]) -> None:
    """Put ``name`` into each row: its ``of``, divided by that of the row ``beside`` it; None without one."""
    for row in rows:
        other = beside(row)
        row[name] = None if other is None else row[of] / other[of]


def find(rows: Iterable[Row], /, **fields: Any) -> Row | None:
    """Return the first row that has these values, if any has."""
    return next((row for row in rows if all(row.get(name) == value for name, value in fields.items())), None)


def document(benchmark: str, machine: Row, **parts: Any) -> Row:
    """Return the document for ``--json``: what was measured, on what, and the ``parts``."""
    return {"benchmark": benchmark, "machine": machine, **parts}
