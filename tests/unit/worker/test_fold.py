"""The fold, batch by batch over a table, against the reference model, row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import Catalogue, Outcome
from worker.processors.catalog.fold import Change, Existing, Fold, fold
from worker.readers.frames import CheckedRow

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
#: Few enough that rows meet.
KEYS = st.sampled_from("abcde")
PAIRS = st.lists(st.tuples(KEYS, KEYS), min_size=1, max_size=14)


@dataclass(frozen=True)
class Upload:
    """Rows as (id, codigo), cut into batches behind some of them; accepted at some second, ties allowed."""

    pairs: list[tuple[str, str]]
    cuts: list[bool]
    replace: bool
    accepted_at: int
    number: int

    @property
    def order(self) -> tuple[datetime, UUID]:
        return NOON + timedelta(seconds=self.accepted_at), UUID(int=self.number)

    @property
    def rows(self) -> list[CheckedRow]:
        """The line is unlike that of any other row of any upload."""
        lines = (f"{self.number}/{fila}".encode() for fila in range(2, len(self.pairs) + 2))
        return [
            CheckedRow(fila, list(pair), line)
            for fila, (pair, line) in enumerate(zip(self.pairs, lines, strict=True), start=2)
        ]

    def batches(self) -> Iterator[Sequence[CheckedRow]]:
        batch: list[CheckedRow] = []
        for row, is_last in zip(self.rows, self.cuts, strict=True):
            batch.append(row)
            if is_last:
                yield batch
                batch = []
        yield batch


@st.composite
def uploads(draw: st.DrawFn) -> list[Upload]:
    made = []
    # handled in the order of the list, accepted in whatever order; task ids break ties
    for number in draw(st.permutations(range(1, draw(st.integers(1, 4)) + 1))):
        pairs = draw(PAIRS)
        cuts = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
        made.append(Upload(pairs, cuts, draw(st.booleans()), draw(st.integers(0, 2)), number))
    return made


@dataclass(frozen=True)
class Stored:
    """A product in the table of this test."""

    codigo: str
    line: bytes
    order: tuple[datetime, UUID]


class Table:
    """Products by id, written as ``products.write`` does; its keys are unique as PostgreSQL's are."""

    def __init__(self) -> None:
        self.products: dict[str, Stored] = {}

    def matching(self, rows: Sequence[CheckedRow], order: tuple[datetime, UUID]) -> list[Existing]:
        ids, codigos = {row.keys[0] for row in rows}, {row.keys[1] for row in rows}
        return [
            Existing(id, product.codigo, later=product.order > order)
            for id, product in self.products.items()
            if id in ids or product.codigo in codigos
        ]

    def apply(self, changes: Sequence[Change], order: tuple[datetime, UUID]) -> None:
        for change in changes:
            if change.before is not None:
                assert self.products.pop(change.before.id).codigo == change.before.codigo
        for change in changes:
            taken = [product.codigo for product in self.products.values()]
            assert change.id not in self.products
            assert change.codigo not in taken
            self.products[change.id] = Stored(change.codigo, change.line, order)


def _fold_into(table: Table, upload: Upload) -> list[Fold]:
    folds = []
    for batch in upload.batches():
        existing = table.matching(batch, upload.order)
        folded = fold(batch, existing, replace=upload.replace)
        table.apply(folded.changes, upload.order)
        folds.append(folded)
    return folds


def _reference(catalogue: Catalogue, upload: Upload) -> Outcome:
    sound = {"categoria": "c", "precio_unitario": "1", "certificado_sanitario": "s"}
    sound |= {"condiciones_almacenamiento": "a", "tiempo_entrega_dias": "1"}
    rows = [
        (row.fila, sound | {"id": row.keys[0], "codigo": row.keys[1], "nombre": row.line.decode()})
        for row in upload.rows
    ]
    accepted_at, task_id = upload.order
    return catalogue.apply(
        rows, proveedor_id="P", replace=upload.replace, accepted_at=accepted_at, task_id=task_id
    )


@settings(max_examples=300)
@given(uploads())
def test_any_split_into_batches_comes_to_what_row_by_row_does(made: list[Upload]) -> None:
    table, catalogue = Table(), Catalogue()
    for upload in made:
        folds, outcome = _fold_into(table, upload), _reference(catalogue, upload)
        assert [id for folded in folds for id in folded.created] == outcome.created
        assert [row for folded in folds for row in folded.rejected] == outcome.rejected
        tallies = {name: sum(folded.tallies[name] for folded in folds) for name in Fold.TALLIES}
        assert tallies == {name: outcome.resumen[name] for name in Fold.TALLIES}
    stored = {(id, product.codigo, product.line.decode()) for id, product in table.products.items()}
    assert stored == {(row["id"], row["codigo"], row["nombre"]) for row in catalogue.products("P")}


def rows(*pairs: str) -> list[CheckedRow]:
    return [CheckedRow(fila, list(pair), pair.encode()) for fila, pair in enumerate(pairs, start=2)]


def test_a_product_written_twice_in_a_batch_is_written_once() -> None:
    folded = fold(rows("a1", "a2", "b2"), [], replace=True)
    assert folded.changes == [Change("b", "2", b"b2", before=None)]
    assert folded.created == ["a"]


def test_a_product_that_comes_back_to_its_keys_is_not_rekeyed() -> None:
    product = Existing("a", "1")
    folded = fold(rows("b1", "a1"), [product], replace=True)
    assert folded.changes == [Change("a", "1", b"a1", before=product)]
    assert not folded.changes[0].is_rekeyed


def test_products_may_pass_their_keys_on_to_each_other() -> None:
    first, second = Existing("a", "1"), Existing("b", "2")
    # a gives up its id, b takes it
    folded = fold(rows("c1", "a2"), [first, second], replace=True)
    assert [(change.id, change.codigo, change.before) for change in folded.changes] == [
        ("c", "1", first),
        ("a", "2", second),
    ]


@pytest.mark.parametrize("replace", [False, True])
def test_a_product_of_a_later_upload_is_left_alone(replace: bool) -> None:
    folded = fold(rows("a1"), [Existing("a", "1", later=True)], replace=replace)
    assert folded.changes == []
    assert (len(folded.rejected), folded.tallies["superados"]) == ((0, 1) if replace else (1, 0))
    assert folded.tallies["duplicados"] == 1
