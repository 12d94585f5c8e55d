"""Which rejected rows somebody wants to see, as a pure decision about one of them."""

from dataclasses import dataclass

from catalog_service.searching import fold
from common.fault_groups import columns_of
from common.tasks import RowError
from common.texts import Language, render_row_error


@dataclass(frozen=True)
class RowFilter:
    """All that a person asks of a row; what is None or False or empty asks nothing.

    ``q``: words, each of which is the row's number, or a part of the names of its columns or of the reason as
    it reads in ``language``; case and accents aside.
    """

    codigo: str | None = None
    columna: str | None = None
    open_only: bool = False
    q: str = ""
    language: Language = "es"

    @property
    def takes_all(self) -> bool:
        """Whether it asks for nothing."""
        return self.codigo is None and self.columna is None and not self.open_only and not self.q.split()

    @property
    def asked(self) -> dict[str, str | None]:
        """What it asks, by the names of the request's parameters; None: nothing."""
        return {
            "codigo": self.codigo,
            "columna": self.columna,
            "abiertas": "true" if self.open_only else None,
            "q": self.q or None,
        }

    def takes(self, error: RowError) -> bool:
        """Return whether the row is one of those that are asked for."""
        if self.open_only and error.resolved_by is not None:
            return False
        if self.codigo is not None and all(fault["code"] != self.codigo for fault in error.faults):
            return False
        columns = [column for fault in error.faults for column in columns_of(fault)]
        if self.columna is not None and self.columna not in columns:
            return False
        words = fold(self.q).split()
        if not words:
            return True
        text = fold("\n".join((*columns, render_row_error(error.faults, self.language))))
        return all(word == str(error.fila) or word in text for word in words)
