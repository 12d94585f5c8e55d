"""What is remembered of tasks: exactly what Redis holds of them now, within bounds."""

import msgspec

from catalog_service import seen_tasks
from catalog_service.answers import encode, status_body
from catalog_service.seen_tasks import SeenTask, SeenTasks
from common.tasks import Progress, TaskRecord
from tests.support.records import task_record


def see(seen: SeenTasks, task: TaskRecord) -> SeenTask:
    found = seen.see(task.task_id, msgspec.json.encode(task))
    assert found is not None
    return found


def test_the_same_bytes_are_the_same_task_and_others_another() -> None:
    seen, task = SeenTasks(), task_record(error_code="missing_columns", error_params={"columns": ["id"]})
    first = see(seen, task)
    assert see(seen, task) is first
    newer = msgspec.structs.replace(task, progress=Progress(3, 1, 1, 0), revision=1)
    assert see(seen, newer).record == newer
    # the same revision may be written again, with more in it
    more = msgspec.structs.replace(newer, facts={"sheet": "Hoja1"})
    assert see(seen, more).record == more


def test_an_answer_is_what_would_be_rendered_and_its_tag_is_its_own() -> None:
    task = task_record(error_code="missing_columns", error_params={"columns": ["id"]})
    seen = see(SeenTasks(), task)
    prefixes = ("/api/catalog", "/api/v1/catalog")
    for prefix in prefixes:
        for language in ("es", "en"):
            expected = encode(status_body(task, prefix, language))
            assert seen.answer(prefix, language).body == expected
            assert seen.answer(prefix, language) is seen.answer(prefix, language)
    spanish, english = seen.answer(prefixes[0], "es"), seen.answer(prefixes[0], "en")
    assert spanish.etag != english.etag
    assert SeenTask(task).answer(prefixes[0], "es") == spanish
    assert seen.record == task
    assert SeenTask(task).record == task


def test_rubbish_is_no_task_and_disturbs_none() -> None:
    seen, task = SeenTasks(), task_record()
    first = see(seen, task)
    assert seen.see(task.task_id, b"{") is None
    assert see(seen, task) is first


def test_those_not_asked_for_of_late_are_forgotten() -> None:
    tasks = [task_record() for _ in range(3)]
    room = sum(seen_tasks._size(msgspec.json.encode(task)) for task in tasks[:2])
    seen = SeenTasks(max_bytes=room)
    first, second = see(seen, tasks[0]), see(seen, tasks[1])
    assert see(seen, tasks[0]) is first
    see(seen, tasks[2])
    assert see(seen, tasks[0]) is first
    assert see(seen, tasks[1]) is not second


def test_what_has_no_room_at_all_is_told_and_not_kept() -> None:
    seen, task = SeenTasks(max_bytes=1), task_record()
    assert see(seen, task).record == task
    assert see(seen, task).answer("/api/catalog", "es").body
    assert seen._bytes == 0
