"""Task records for tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from common.tasks import TaskRecord, TaskStatus


def task_record(**changes: Any) -> TaskRecord:
    """A task of its own that is pending since now, with these changes."""
    now = datetime.now(UTC)
    pending = TaskRecord(
        task_id=uuid4(),
        kind="catalog",
        status=TaskStatus.PENDING,
        filename="p.csv",
        proveedor_id="PROV001",
        created_at=now,
        updated_at=now,
    )
    return msgspec.structs.replace(pending, **changes)
