"""What the catalogue of one provider must hold."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from chaos.evidence import Evidence, Product
from chaos.findings import Finding
from chaos.model import first_rows, fold, last_rows
from chaos.workload import Upload

_NEVER = (datetime.min.replace(tzinfo=UTC), "")


def check_products(proveedor_id: str, uploads: Sequence[Upload], evidence: Evidence) -> Iterator[Finding]:
    """Compare the products of a provider with all that its uploads said. Products of an upload that did not
    complete, which is a finding by itself, are passed over."""
    products = evidence.products.get(proveedor_id, {})
    completed = [upload for upload in uploads if _is_completed(upload, evidence)]
    uncertain = {
        cells["id"]
        for upload in uploads
        if not _is_completed(upload, evidence)
        for cells in upload.file.good.values()
    }
    yield from _check_presence(proveedor_id, completed, products, uncertain)
    yield from _check_creations(proveedor_id, completed, products, uncertain, evidence)
    yield from _check_order(uploads, evidence)
    if not uncertain:
        if all(upload.replace for upload in completed):
            yield from _check_fold(proveedor_id, completed, products, evidence)
        yield from _check_writers(proveedor_id, completed, products, evidence)


def _check_presence(
    proveedor_id: str, completed: Sequence[Upload], products: Mapping[str, Product], uncertain: set[str]
) -> Iterator[Finding]:
    """There is a product for every good row, and none without one."""
    expected = {cells["id"] for upload in completed for cells in upload.file.good.values()}
    missing = expected - products.keys()
    if missing:
        yield Finding("lost", "product_lost", proveedor_id, f"{sorted(missing)[:10]}", len(missing))
    strangers = products.keys() - expected - uncertain
    if strangers:
        yield Finding("violation", "product_from_nowhere", proveedor_id, f"{sorted(strangers)[:10]}")


def _check_creations(
    proveedor_id: str,
    completed: Sequence[Upload],
    products: Mapping[str, Product],
    uncertain: set[str],
    evidence: Evidence,
) -> Iterator[Finding]:
    """Each product was created once, by a task that says so."""
    created = Counter(id for upload in completed for id in evidence.views[upload.task_id or ""].created)
    twice = [id for id, count in created.items() if count > 1]
    if twice:
        yield Finding("doubled", "product_created_by_two", proveedor_id, f"{sorted(twice)[:10]}", len(twice))
    unsaid = products.keys() - created.keys() - uncertain
    if unsaid:
        yield Finding("lost", "creation_not_reported", proveedor_id, f"{sorted(unsaid)[:10]}", len(unsaid))
    said = sum(
        evidence.views[upload.task_id or ""].status["result"]["resumen"]["productos_creados"]
        for upload in completed
    )
    if said != len(products) and not uncertain:
        yield Finding("violation", "creations_miscounted", proveedor_id, f"{said} for {len(products)}")


def _check_order(uploads: Sequence[Upload], evidence: Evidence) -> Iterator[Finding]:
    """Of two uploads that did not overlap for their client the later one was accepted later."""
    known = [upload for upload in uploads if upload.task_id in evidence.tasks and upload.accepted_at]
    for earlier in known:
        for later in known:
            one_after_the_other = (earlier.accepted_at or 0) < later.sent_at
            if one_after_the_other and _accepted(earlier, evidence) >= _accepted(later, evidence):
                detail = f"{earlier.mark} before {later.mark}"
                yield Finding("violation", "acceptance_out_of_order", later.task_id or "", detail)


def _check_fold(
    proveedor_id: str, completed: Sequence[Upload], products: Mapping[str, Product], evidence: Evidence
) -> Iterator[Finding]:
    """Where all replace: the products are those of the files, taken in the order of acceptance."""
    in_order = sorted(completed, key=lambda upload: _accepted(upload, evidence))
    expected = fold(upload.file for upload in in_order)
    wrong = [id for id, product in products.items() if product.values != expected.get(id)]
    if wrong:
        yield Finding("lost", "update_lost", proveedor_id, f"{sorted(wrong)[:10]}", len(wrong))


def _check_writers(
    proveedor_id: str, completed: Sequence[Upload], products: Mapping[str, Product], evidence: Evidence
) -> Iterator[Finding]:
    """Each product is what the task that wrote it last says of it, and no later one that replaces knows
    it."""
    by_task = {upload.task_id: upload for upload in completed}
    latest: dict[str, tuple[datetime, str]] = {}
    for upload in completed:
        if upload.replace:
            for cells in upload.file.good.values():
                latest[cells["id"]] = max(_accepted(upload, evidence), latest.get(cells["id"], _NEVER))
    rows = {
        task_id: last_rows(upload.file) if upload.replace else first_rows(upload.file)
        for task_id, upload in by_task.items()
    }
    for id, product in products.items():
        writer = by_task.get(product.task_id)
        if writer is None or rows[product.task_id].get(id) != product.values:
            yield Finding("violation", "product_not_as_written", f"{proveedor_id} {id}", f"{product}")
        elif latest.get(id, _NEVER) > _accepted(writer, evidence):
            yield Finding("lost", "update_lost", f"{proveedor_id} {id}", f"{writer.mark} wrote it last")


def _accepted(upload: Upload, evidence: Evidence) -> tuple[datetime, str]:
    """The place of an upload among all of its provider's."""
    task_id = upload.task_id or ""
    accepted_at: datetime = evidence.tasks[task_id]["accepted_at"]
    return accepted_at, task_id


def _is_completed(upload: Upload, evidence: Evidence) -> bool:
    view = evidence.views.get(upload.task_id or "")
    if upload.file.refusal is not None:
        return False
    return view is not None and view.status["status"] == "completed" and upload.task_id in evidence.tasks
