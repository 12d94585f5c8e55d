"""The diary of a run: what was done and seen, and when, one JSON line each."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self


class Log:
    """Writes to a file at once, so that a run that is killed can be read, too."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("a", buffering=1)
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __call__(self, event: str, **fields: Any) -> None:
        """Note an event."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "second": round(time.monotonic() - self._started, 3),
            "event": event,
            **fields,
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
