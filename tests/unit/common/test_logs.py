"""What a log line looks like, whatever is in it: one event, one line, nothing that steers a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

HOSTILE = 'x\r\n2026-01-01 [info     ] forged\x1b[2J\u202e\u2028\x85\0\ud800\n{"event": "forged"}'

#: In a process of its own: logging is set up once, for all of it.
PROGRAM = """
import json, logging, sys
import structlog
from common.logs import configure_logs
from common.settings import LogSettings

hostile = json.loads(sys.argv[2])
configure_logs("service", LogSettings(log_format=sys.argv[1]))
log = structlog.get_logger("test")
log.info("value", field=hostile, several=[hostile], named={hostile: hostile})
log.info(hostile)
logging.getLogger("library").warning("said %s", hostile)
try:
    raise ValueError(hostile)
except ValueError:
    log.exception("failed")
log.info("last")
"""


def logged(log_format: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, log_format, json.dumps(HOSTILE)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


def test_json_lines_cannot_be_forged() -> None:
    lines = logged("json").split(b"\n")
    assert lines.pop() == b""
    assert all(0x20 <= byte < 0x7F for line in lines for byte in line)
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["value", HOSTILE, f"said {HOSTILE}", "failed", "last"]
    # nothing is lost
    assert events[0]["field"] == HOSTILE
    assert "ValueError" in events[3]["exception"]


def test_readable_lines_cannot_be_forged() -> None:
    text = logged("console").decode()
    assert not [c for c in text if c != "\n" and not c.isprintable()]
    lines = text.splitlines()
    events = [line for line in lines if not line.startswith("    ")]
    assert [line.split("]", 1)[1].split()[0] for line in events[:1] + events[-1:]] == ["value", "last"]
    assert len(events) == 5
    assert not [line for line in events if line.startswith("2026-01-01")]
    assert sum("ValueError" in line for line in lines) == 1
