"""What a round of the reconciler found."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

_NAMES_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """How many there were, and the first names of them."""

    count: int
    first: Sequence[str]

    @classmethod
    def of(cls, names: Sequence[object]) -> Self:
        """Return the finding of all these, by their names."""
        return cls(len(names), [str(name) for name in names[:_NAMES_SHOWN]])


@dataclass(frozen=True)
class Report:
    """What a round did; with ``dry_run`` what it would have done.

    ``uploads_announced``: in S3, but known to neither ledger nor queue; ``tasks_announced``: begun and left
    by their worker; ``parts_removed``: uploads in parts that were given up; ``reports_removed``: error files,
    which are made again when somebody asks for them; ``tasks_expired`` and ``letters_expired``: over for
    longer than they are kept.
    """

    dry_run: bool
    uploads_announced: Finding
    tasks_announced: Finding
    parts_removed: Finding
    reports_removed: Finding
    tasks_expired: Finding
    letters_expired: Finding

    def counts(self) -> dict[str, int]:
        """Return how much of each there was."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.count for name, value in found.items() if isinstance(value, Finding)}
