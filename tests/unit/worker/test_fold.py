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
from worker.processors.catalog.lines import says_the_same
from worker.readers.frames import CheckedRow

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
#: Few enough that rows meet, and say the same.
KEYS = st.sampled_from("abcde")
ROWS = st.lists(st.tuples(KEYS, KEYS, st.sampled_from(["uno", "dos"])), min_size=1, max_size=14)
#: One price and one time, as they may be written.
PRICES, DAYS = ("1", "1.0", "01.00"), ("7", "007")


def line(id: str, codigo: str, nombre: str, fila: int) -> bytes:
    """A row of a catalogue; besides its first three cells, only how its numbers are written differs."""
    price, days = PRICES[fila % len(PRICES)], DAYS[fila % len(DAYS)]
    rest = f"c\t{price}\ts\ta\t{days}\t\\N\t10\t5\tfalse\ttrue"
    return f"{id}\t{nombre}\t{codigo}\t{rest}".encode()


@dataclass(frozen=True)
class Upload:
    """Rows as (id, codigo, nombre), cut into batches behind some of them; accepted at some second, ties
    allowed."""

    cells: list[tuple[str, str, str]]
    cuts: list[bool]
    replace: bool
    accepted_at: int
    number: int

    @property
    def order(self) -> tuple[datetime, UUID]:
        return NOON + timedelta(seconds=self.accepted_at), UUID(int=self.number)

    @property
    def rows(self) -> list[CheckedRow]:
        return [
            CheckedRow(fila, [id, codigo], line(id, codigo, nombre, fila))
            for fila, (id, codigo, nombre) in enumerate(self.cells, start=2)
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
        cells = draw(ROWS)
        cuts = draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells)))
        made.append(Upload(cells, cuts, draw(st.booleans()), draw(st.integers(0, 2)), number))
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
            Existing(id, product.codigo, product.order > order, product.line)
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
            if change.is_same:
                assert change.before is not None
                assert says_the_same(change.line, change.before.line)
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
    sound |= {"condiciones_almacenamiento": "a", "tiempo_entrega_dias": "7"}
    rows = [
        (fila, sound | {"id": id, "codigo": codigo, "nombre": nombre})
        for fila, (id, codigo, nombre) in enumerate(upload.cells, start=2)
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
        ends = ("productos_creados", "productos_actualizados", "sin_cambios")
        assert len(upload.cells) == sum(tallies[name] for name in ends) + len(outcome.rejected)
    stored = {(id, product.codigo, nombre_in(product.line)) for id, product in table.products.items()}
    assert stored == {(row["id"], row["codigo"], row["nombre"]) for row in catalogue.products("P")}


def nombre_in(line: bytes) -> str:
    return line.split(b"\t")[1].decode()


def rows(*keys: str) -> list[CheckedRow]:
    """Rows whose id and codigo are of a letter each."""
    return [
        CheckedRow(fila, [pair[0], pair[1]], line(pair[0], pair[1], "uno", fila))
        for fila, pair in enumerate(keys, start=2)
    ]


def test_a_product_written_twice_in_a_batch_is_written_once() -> None:
    taken = rows("a1", "a2", "b2")
    folded = fold(taken, [], replace=True)
    assert folded.changes == [Change("b", "2", taken[2].line, before=None)]
    assert folded.created == ["a"]


def test_a_product_that_comes_back_to_its_keys_is_not_rekeyed() -> None:
    taken = rows("b1", "a1")
    product = Existing("a", "1", line=taken[1].line)
    folded = fold(taken, [product], replace=True)
    # and yet it was changed, twice
    assert folded.changes == [Change("a", "1", taken[1].line, before=product, is_same=False)]
    assert not folded.changes[0].is_rekeyed
    assert (folded.tallies["productos_actualizados"], folded.tallies["sin_cambios"]) == (2, 0)


def test_a_row_that_says_what_is_there_changes_nothing() -> None:
    taken = rows("a1", "a1", "b2", "b2")
    product = Existing("a", "1", line=line("a", "1", "uno", 4))
    folded = fold(taken, [product], replace=True)
    assert [(change.id, change.before, change.is_same) for change in folded.changes] == [
        ("a", product, True),
        ("b", None, False),
    ]
    assert folded.tallies == {
        "duplicados": 3, "productos_creados": 1, "productos_actualizados": 0, "sin_cambios": 3,
        "superados": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "same"),
    [
        (4, b"0012.50", True), (4, b"12.5", True), (4, b"12.05", False), (4, b"125", False),
        (7, b"03", True), (7, b"30", False), (1, b"Gasa ", False), (8, b"", False), (11, b"true", False),
    ],
)  # fmt: skip
def test_two_lines_say_the_same_if_the_table_holds_the_same(place: int, value: bytes, same: bool) -> None:
    written = b"a\tGasa\t1\tc\t12.50\ts\ta\t3\t\\N\t10\t5\tfalse\ttrue"
    values = written.split(b"\t")
    values[place] = value
    assert says_the_same(b"\t".join(values), written) is same


def test_products_may_pass_their_keys_on_to_each_other() -> None:
    first, second = (Existing(id, codigo, line=line(id, codigo, "uno", 2)) for id, codigo in ("a1", "b2"))
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
