"""What the oracle holds against the services."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["lost", "doubled", "stuck", "violation"]


@dataclass(frozen=True)
class Finding:
    """One promise that was not kept. ``about`` is a task, a product or a process; ``count`` how many of
    what the finding is about."""

    kind: Kind
    code: str
    about: str
    detail: str = ""
    count: int = 1
