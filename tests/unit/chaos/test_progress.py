"""What a poller must not see."""

from typing import Any

import pytest

from chaos.progress import ProgressCheck


def status(status: str, total: int, successful: int, failed: int, created_at: str = "T") -> dict[str, Any]:
    progress = {"total": total, "processed": successful + failed, "successful": successful, "failed": failed}
    return {"status": status, "progress": progress, "created_at": created_at}


def seen(*answers: dict[str, Any]) -> list[str]:
    check = ProgressCheck()
    return [fault for answer in answers for fault in check.see(answer)]


def test_progress_that_goes_on_is_right() -> None:
    assert not seen(
        status("pending", 0, 0, 0),
        status("processing", 30, 0, 0),
        status("processing", 30, 0, 0),
        status("processing", 30, 9, 1),
        status("completed", 30, 28, 2),
    )


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([status("processing", 30, 9, 1), status("processing", 30, 8, 1)], "from 10 back to 9"),
        ([status("processing", 30, 0, 0), status("pending", 0, 0, 0)], "from processing back to pending"),
        ([status("completed", 1, 1, 0), status("processing", 1, 1, 0)], "from completed back to processing"),
        ([status("pending", 0, 0, 0), status("pending", 0, 0, 0, "U")], "created_at went from T to U"),
        ([{**status("pending", 3, 1, 1), "progress": status("", 3, 1, 1)["progress"] | {"processed": 3}}],
         "the sum is wrong"),
    ],
)  # fmt: skip
def test_progress_that_goes_back_is_seen(answers: list[dict[str, Any]], fault: str) -> None:
    assert any(fault in found for found in seen(*answers))
