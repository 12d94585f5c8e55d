"""The oracle on a small world: silent while all is right, and loud about each thing that is not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chaos.evidence import Attempt, Batch, Evidence, Product, TaskView
from chaos.files import CatalogueFile
from chaos.model import values_of
from chaos.oracle import judge
from chaos.workload import Upload

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=3)
FIRST, SECOND, KEPT = (str(UUID(int=number)) for number in (1, 2, 3))


def cells(id: str, nombre: str) -> dict[str, str]:
    return {
        "id": id,
        "nombre": nombre,
        "codigo": f"C{id}",
        "categoria": "x",
        "precio_unitario": "1.50",
        "certificado_sanitario": "x",
        "condiciones_almacenamiento": "x",
        "tiempo_entrega_dias": "3",
        "presentacion": "",
        "stock_minimo": "",
        "stock_critico": "",
        "requiere_lote": "",
        "requiere_vencimiento": "",
    }


@dataclass
class World:
    """Two uploads of one provider that replace, one of another that does not, and what came of them."""

    uploads: list[Upload]
    evidence: Evidence

    def findings(self) -> set[tuple[str, str]]:
        return {(finding.kind, finding.code) for finding in judge(self.uploads, self.evidence, LEASE)}

    def view(self, task_id: str, **changes: Any) -> None:
        self.evidence.views[task_id] = replace(self.evidence.views[task_id], **changes)


def a_world() -> World:
    files = {
        FIRST: CatalogueFile("a.csv", b"", {2: cells("P1", "old"), 3: cells("P2", "old")}, {4: "negative"}),
        SECOND: CatalogueFile("b.csv", b"", {2: cells("P1", "new"), 3: cells("P3", "new")}),
        KEPT: CatalogueFile("c.csv", b"", {2: cells("Q1", "first"), 3: cells("Q1", "again")}),
    }
    created = {FIRST: ["P1", "P2"], SECOND: ["P3"], KEPT: ["Q1"]}
    errors = {FIRST: [(4, ["negative"])], SECOND: [], KEPT: [(3, ["duplicate_product"])]}
    world = World([], Evidence())
    for second, (task_id, file) in enumerate(files.items()):
        provider = "KEEPS" if task_id == KEPT else "REPLACES"
        at = NOON + timedelta(seconds=10 * second)
        world.uploads.append(
            Upload(
                f"u{second}", provider, task_id != KEPT, file, sent_at=at.timestamp() - 1,
                accepted_at=at.timestamp() + 1, task_id=task_id,
            )
        )  # fmt: skip
        _add_task(world.evidence, task_id, at, file, created[task_id], errors[task_id])
    for provider, id, nombre, task_id in (
        ("REPLACES", "P1", "new", SECOND),
        ("REPLACES", "P2", "old", FIRST),
        ("REPLACES", "P3", "new", SECOND),
        ("KEEPS", "Q1", "first", KEPT),
    ):
        product = Product(values_of(cells(id, nombre)), NOON, task_id)
        world.evidence.products.setdefault(provider, {})[id] = product
    return world


def _add_task(
    evidence: Evidence,
    task_id: str,
    accepted_at: datetime,
    file: CatalogueFile,
    created: list[str],
    errors: list[tuple[int, list[str]]],
) -> None:
    failed, successful = len(errors), file.rows - len(errors)
    updated = successful - len(created)
    status = {
        "status": "completed",
        "error_code": None,
        "progress": {
            "total": file.rows,
            "processed": file.rows,
            "successful": successful,
            "failed": failed,
        },
        "result": {
            "resumen": {
                "total": file.rows,
                "exitosos": successful,
                "rechazados": failed,
                "duplicados": updated + failed - len(file.bad),
                "productos_creados": len(created),
                "productos_actualizados": updated,
                "sin_cambios": 0,
                "superados": 0,
            },
            "productos_creados": created,
            "errores": [{"fila": fila, "codigos": codes} for fila, codes in errors],
        },
    }
    evidence.views[task_id] = TaskView(status, errors, created)
    evidence.tasks[task_id] = {
        "task_id": task_id,
        "status": "completed",
        "accepted_at": accepted_at,
        "successful": successful,
        "failed": failed,
        "lease_until": None,
    }
    evidence.objects.add(f"uploads/{task_id}")
    evidence.attempts += [
        Attempt(task_id, 1, "worker-1/a", 0, accepted_at, "lost"),
        Attempt(task_id, 2, "worker-2/b", 2, accepted_at + timedelta(seconds=4), "completed"),
    ]
    evidence.batches += [
        Batch(task_id, 2, 1, 1, 0, accepted_at + timedelta(seconds=0.5)),
        Batch(task_id, 9, 2, successful - 1, failed, accepted_at + timedelta(seconds=5)),
    ]


def test_a_world_that_is_right() -> None:
    assert not a_world().findings()


def lose_task(world: World) -> None:
    del world.evidence.tasks[FIRST], world.evidence.views[FIRST]


def never_accept(world: World) -> None:
    world.uploads[0].task_id = None


def leave_unfinished(world: World) -> None:
    world.evidence.views[FIRST].status["status"] = "processing"


def fail(world: World) -> None:
    world.evidence.views[FIRST].status.update(status="failed", error_code="internal_error")


def let_a_bad_file_pass(world: World) -> None:
    world.uploads[1].file = replace(world.uploads[1].file, refusal="no_rows")


def count_a_row_twice(world: World) -> None:
    world.evidence.views[SECOND].status["progress"]["processed"] += 1


def skip_a_row(world: World) -> None:
    world.evidence.views[SECOND].status["progress"]["processed"] -= 1


def get_a_sum_wrong(world: World) -> None:
    world.evidence.views[SECOND].status["result"]["resumen"]["exitosos"] += 1


def report_a_row_twice(world: World) -> None:
    world.view(FIRST, errors=[(4, ["negative"]), (4, ["negative"])])


def report_another_reason(world: World) -> None:
    world.view(FIRST, errors=[(4, ["too_long"])])


def keep_silent_of_a_row(world: World) -> None:
    world.view(FIRST, errors=[(3, ["negative"])])


def create_twice(world: World) -> None:
    world.view(SECOND, created=["P1", "P3"])


def create_silently(world: World) -> None:
    world.view(SECOND, created=[])


def lose_a_product(world: World) -> None:
    del world.evidence.products["REPLACES"]["P2"]


def lose_an_update(world: World) -> None:
    products = world.evidence.products["REPLACES"]
    products["P1"] = replace(products["P1"], values=values_of(cells("P1", "old")), task_id=FIRST)


def replace_what_was_to_be_kept(world: World) -> None:
    products = world.evidence.products["KEEPS"]
    products["Q1"] = replace(products["Q1"], values=values_of(cells("Q1", "again")))


def invent_a_product(world: World) -> None:
    world.evidence.products["KEEPS"]["Q9"] = Product(values_of(cells("Q9", "x")), NOON, KEPT)


def accept_in_the_wrong_order(world: World) -> None:
    world.evidence.tasks[FIRST]["accepted_at"] = NOON + timedelta(hours=1)


def write_after_the_takeover(world: World) -> None:
    world.evidence.batches[1] = replace(world.evidence.batches[1], epoch=1)


def take_over_too_early(world: World) -> None:
    world.evidence.attempts[1] = replace(world.evidence.attempts[1], started_at=NOON + timedelta(seconds=3))


def leave_an_attempt_open(world: World) -> None:
    world.evidence.attempts[0] = replace(world.evidence.attempts[0], outcome=None)


def count_otherwise_than_the_batches(world: World) -> None:
    world.evidence.tasks[FIRST]["successful"] += 1


def announce_again(world: World) -> None:
    world.evidence.announcements.append((FIRST, NOON + timedelta(seconds=30)))


def leave_an_object(world: World) -> None:
    world.evidence.objects.add(f"uploads/{UUID(int=9)}")


def make_a_task_of_nothing(world: World) -> None:
    world.uploads.pop()


def leave_a_message(world: World) -> None:
    world.evidence.messages = 1


def bury_a_letter(world: World) -> None:
    world.evidence.dead_letters.append("m1")


def leave_a_file(world: World) -> None:
    world.evidence.leftovers.append("temporary file: x")


@pytest.mark.parametrize(
    ("harm", "finding"),
    [
        (lose_task, ("lost", "task_lost")),
        (never_accept, ("stuck", "never_accepted")),
        (leave_unfinished, ("stuck", "task_not_over")),
        (fail, ("lost", "task_not_completed")),
        (let_a_bad_file_pass, ("violation", "bad_file_not_refused")),
        (count_a_row_twice, ("doubled", "rows_miscounted")),
        (skip_a_row, ("lost", "rows_miscounted")),
        (get_a_sum_wrong, ("violation", "sums_wrong")),
        (report_a_row_twice, ("doubled", "row_reported_twice")),
        (report_another_reason, ("violation", "row_wrongly_rejected")),
        (keep_silent_of_a_row, ("lost", "bad_row_not_reported")),
        (create_twice, ("doubled", "product_created_by_two")),
        (create_silently, ("lost", "creation_not_reported")),
        (lose_a_product, ("lost", "product_lost")),
        (lose_an_update, ("lost", "update_lost")),
        (replace_what_was_to_be_kept, ("violation", "product_not_as_written")),
        (invent_a_product, ("violation", "product_from_nowhere")),
        (accept_in_the_wrong_order, ("violation", "acceptance_out_of_order")),
        (write_after_the_takeover, ("violation", "written_after_takeover")),
        (take_over_too_early, ("violation", "lease_not_respected")),
        (leave_an_attempt_open, ("violation", "attempts_not_ended")),
        (count_otherwise_than_the_batches, ("violation", "batches_and_task_differ")),
        (announce_again, ("violation", "message_vanished")),
        (leave_an_object, ("violation", "object_without_task")),
        (make_a_task_of_nothing, ("doubled", "task_from_nowhere")),
        (leave_a_message, ("stuck", "queue_not_empty")),
        (bury_a_letter, ("violation", "dead_letters")),
        (leave_a_file, ("violation", "left_behind")),
    ],
)
def test_whatever_is_wrong_is_found(harm: Callable[[World], None], finding: tuple[str, str]) -> None:
    world = a_world()
    harm(world)
    assert finding in world.findings()


def test_a_purge_explains_why_an_upload_was_announced_again() -> None:
    world = a_world()
    announce_again(world)
    world.evidence.purged_at.append((NOON + timedelta(seconds=20)).timestamp())
    assert not world.findings()


def test_a_delivery_may_take_back_at_once_what_it_held() -> None:
    world = a_world()
    take_over_too_early(world)
    world.evidence.attempts[1] = replace(world.evidence.attempts[1], owner="worker-1/a")
    assert not world.findings()
