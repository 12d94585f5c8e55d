"""The outcome of a run, as JSON and as lines for a person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chaos.findings import Finding, Kind

_FINDINGS_SHOWN = 20


@dataclass(frozen=True)
class Report:
    """What was done to the stack, what it did meanwhile, and what it did wrong."""

    seed: int
    kills: int
    faults: Mapping[str, int]
    workers: int
    seconds: float
    tasks: int
    rows: int
    attempts: int
    findings: Sequence[Finding]

    def count(self, kind: Kind) -> int:
        """Return how many findings of a kind there are."""
        return sum(finding.count for finding in self.findings if finding.kind == kind)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "seed": self.seed,
            "kills": self.kills,
            "faults": dict(self.faults),
            "workers": self.workers,
            "seconds": round(self.seconds, 1),
            "tasks": self.tasks,
            "rows": self.rows,
            "attempts": self.attempts,
            "lost": self.count("lost"),
            "doubled": self.count("doubled"),
            "stuck": self.count("stuck"),
            "violations": self.count("violation"),
            "findings": [asdict(finding) for finding in self.findings],
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for a person."""
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        yield f"seed {self.seed}: {self.kills} kills, {self.seconds:.0f} s, {self.workers} workers"
        yield f"  {faults}"
        yield f"  {self.tasks} tasks, {self.rows} rows, {self.attempts} attempts"
        yield "  " + ", ".join(f"{name} {self.count(kind)}" for name, kind in _NAMES.items())
        for finding in self.findings[:_FINDINGS_SHOWN]:
            yield f"  {finding.kind}: {finding.code} {finding.about} {finding.detail}"[:400]


_NAMES: dict[str, Kind] = {"lost": "lost", "doubled": "doubled", "stuck": "stuck", "violations": "violation"}
