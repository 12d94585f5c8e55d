"""What one task must say when it is over."""

from collections import Counter
from collections.abc import Iterator

from chaos.evidence import Evidence, TaskView
from chaos.findings import Finding
from chaos.workload import Upload

_STATUS_SHOWS = 100


def check_task(upload: Upload, evidence: Evidence) -> Iterator[Finding]:
    """Compare an upload with what the API says became of it."""
    if upload.task_id is None:
        yield Finding("stuck", "never_accepted", upload.mark)
        return
    view = evidence.views.get(upload.task_id)
    if view is None or upload.task_id not in evidence.tasks:
        yield Finding("lost", "task_lost", upload.task_id, upload.mark, max(1, upload.file.rows))
        return
    status = view.status["status"]
    if status in ("pending", "processing"):
        yield Finding("stuck", "task_not_over", upload.task_id, f"{upload.mark} {view.status['progress']}")
    elif upload.file.refusal is not None:
        if (status, view.status["error_code"]) != ("failed", upload.file.refusal):
            yield Finding("violation", "bad_file_not_refused", upload.task_id, f"{view.status}")
    elif status != "completed":
        detail = f"{upload.mark} {status} {view.status['error_code']} {view.status['progress']}"
        yield Finding("lost", "task_not_completed", upload.task_id, detail, upload.file.rows)
    else:
        yield from _check_rows(upload, view)
        yield from _check_errors(upload, view)
        yield from _check_created(upload, view)


def _check_rows(upload: Upload, view: TaskView) -> Iterator[Finding]:
    """Every row is counted once, whatever became of it."""
    progress, summary = view.status["progress"], view.status["result"]["resumen"]
    rows = upload.file.rows
    for name, count in (("total", progress["total"]), ("processed", progress["processed"])):
        if count != rows:
            kind = "lost" if count < rows else "doubled"
            yield _finding(kind, "rows_miscounted", upload, f"{name} {count} of {rows}", abs(count - rows))
    sums = {
        "total": summary["total"] == rows,
        "exitosos + rechazados": summary["exitosos"] + summary["rechazados"] == summary["total"],
        "exitosos": summary["exitosos"] == progress["successful"],
        "rechazados": summary["rechazados"] == progress["failed"] == len(view.errors),
        "productos_creados": summary["productos_creados"] == len(view.created),
    }
    if upload.replace:
        met = summary["productos_actualizados"] + summary["sin_cambios"]
        sums["superados"] = summary["superados"] <= summary["sin_cambios"]
        sums["duplicados"] = summary["duplicados"] == met
        sums["efectos"] = summary["exitosos"] == summary["productos_creados"] + met
        sums["solo filas malas"] = summary["rechazados"] == len(upload.file.bad)
    else:
        sums["efectos"] = summary["exitosos"] == summary["productos_creados"]
        sums["duplicados"] = summary["duplicados"] == summary["rechazados"] - len(upload.file.bad)
    wrong = [name for name, holds in sums.items() if not holds]
    if wrong:
        yield _finding("violation", "sums_wrong", upload, f"{wrong} {summary} {progress}")


def _check_errors(upload: Upload, view: TaskView) -> Iterator[Finding]:
    """Every bad row is reported with its reason, once, and no other but a duplicate."""
    reported = Counter(fila for fila, _ in view.errors)
    twice = [fila for fila, count in reported.items() if count > 1]
    if twice:
        yield _finding("doubled", "row_reported_twice", upload, f"{twice}", len(twice))
    unreported = upload.file.bad.keys() - reported.keys()
    if unreported:
        yield _finding("lost", "bad_row_not_reported", upload, f"{sorted(unreported)}", len(unreported))
    for fila, codes in view.errors:
        expected = upload.file.bad.get(fila)
        if expected is None and fila in upload.file.good and not upload.replace:
            expected = "duplicate_product"
        if expected not in codes:
            yield _finding("violation", "row_wrongly_rejected", upload, f"fila {fila}: {codes}")
    first = [(error["fila"], error["codigos"]) for error in view.status["result"]["errores"]]
    if first != view.errors[:_STATUS_SHOWS]:
        yield _finding("violation", "lists_differ", upload, "errores")


def _check_created(upload: Upload, view: TaskView) -> Iterator[Finding]:
    """What it says it created is in its file, and said once."""
    twice = [id for id, count in Counter(view.created).items() if count > 1]
    if twice:
        yield _finding("doubled", "product_created_twice", upload, f"{twice}", len(twice))
    strangers = set(view.created) - {cells["id"] for cells in upload.file.good.values()}
    if strangers:
        yield _finding("violation", "product_not_in_file", upload, f"{sorted(strangers)}")
    if view.status["result"]["productos_creados"] != view.created[:_STATUS_SHOWS]:
        yield _finding("violation", "lists_differ", upload, "productos_creados")


def _finding(kind: str, code: str, upload: Upload, detail: str, count: int = 1) -> Finding:
    return Finding(kind, code, upload.task_id or "", f"{upload.mark} {detail}", count)  # type: ignore[arg-type]
