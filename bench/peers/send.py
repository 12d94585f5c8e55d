"""``python -m bench.peers.send TASK FILE PROVIDER``: sends one task and says on stdout how that went."""

import json
import sys
import time

from bench.peers.app import app


def main() -> None:
    """Measure from the task sent to the task done, as Carga is measured from the 202."""
    task, file, proveedor_id = sys.argv[1:]
    app.connection_for_write().ensure_connection(max_retries=3)
    started = time.monotonic()
    outcome = app.send_task(task, args=[file, proveedor_id]).get()
    seconds = time.monotonic() - started
    outcome["rejected"] = len(outcome.pop("errors"))
    sys.stdout.write(json.dumps({"seconds": seconds, **outcome}))


if __name__ == "__main__":
    main()
