"""Which column of the file is which of the catalogue.

Case, accents, spaces, underscores, punctuation and order do not matter. A header is known by the column's own
name, else by one of its synonyms; a synonym gives way to the name where both are there. Two names, or two
synonyms, for one column are refused: taking either would be a guess. What nobody knows is passed over, and
everything but the plainest case is told.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from common.catalog import COLUMN_NAMES, COLUMNS, SYNONYMS
from worker.processors.catalog.faults import notice, shown
from worker.readers.header_names import header_key
from worker.readers.table import FileRefused, Notice

#: Columns that are passed over are listed up to here; a file may have a hundred thousand.
_LISTED = 100
#: How alike (0 to 1) a header must be to a missing column to be suggested for it.
_ALIKE = 0.75


@dataclass
class Headers:
    """The header of a file as it was understood.

    ``places``: the index of each column of the catalogue that the file has; ``unnamed``: the indexes of
    columns without a header; ``columns``: the columns of the file for a person, ``place`` counting from 1.
    """

    places: dict[str, int]
    unnamed: list[int] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def read_headers(header: Sequence[str], aside: Collection[int] = ()) -> Headers:
    """Return what each column of the file is. Those at the indexes ``aside`` are no business of a catalogue.

    Raises:
        FileRefused: ``repeated_columns`` or ``missing_columns``, with the headers as they stand in the file.
    """
    keys = ["" if index in aside else header_key(cell) for index, cell in enumerate(header)]
    claims = _claims(keys)
    _refuse_repeated(claims, header)
    places = {column: indexes[0] for column, (indexes, _) in claims.items()}
    _refuse_missing(places, header, keys)
    unnamed = [index for index, cell in enumerate(header) if not cell.strip()]
    known = {*places.values(), *aside}
    ignored = [index for index, cell in enumerate(header) if index not in known and cell.strip()]
    outranked = [index for index in ignored if _by_synonym().get(keys[index]) in places]
    return Headers(
        places,
        unnamed,
        list(_describe(header, claims, aside)),
        list(_notices(header, keys, claims, ignored, outranked)),
    )


@lru_cache
def _by_name() -> dict[str, str]:
    return {header_key(name): name for name in COLUMN_NAMES}


@lru_cache
def _by_synonym() -> dict[str, str]:
    return {header_key(synonym): name for name, synonyms in SYNONYMS.items() for synonym in synonyms}


def _claims(keys: Sequence[str]) -> dict[str, tuple[list[int], str]]:
    """Return, in the order of the template, the indexes of the headers that claim each column, and how."""
    exact, synonym = _indexes(keys, _by_name()), _indexes(keys, _by_synonym())
    return {
        name: (exact[name], "exact") if name in exact else (synonym[name], "synonym")
        for name in COLUMN_NAMES
        if name in exact or name in synonym
    }


def _indexes(keys: Sequence[str], names: dict[str, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        if key in names:
            found.setdefault(names[key], []).append(index)
    return found


def _refuse_repeated(claims: dict[str, tuple[list[int], str]], header: Sequence[str]) -> None:
    repeated = {column: indexes for column, (indexes, _) in claims.items() if len(indexes) > 1}
    if repeated:
        headers = [place_of(index, header[index]) for indexes in repeated.values() for index in indexes]
        raise FileRefused("repeated_columns", columns=list(repeated), headers=headers[:_LISTED])


def _refuse_missing(places: dict[str, int], header: Sequence[str], keys: Sequence[str]) -> None:
    missing = [column.name for column in COLUMNS if column.required and column.name not in places]
    if not missing:
        return
    taken = set(places.values())
    strange = {key: index for index, key in enumerate(keys) if key and index not in taken and index < _LISTED}
    similar = [
        f"{place_of(index, header[index])} → {column}"
        for column in missing
        if (index := _nearest(column, strange)) is not None
    ]
    raise FileRefused("missing_columns", columns=missing, **({"similar": similar} if similar else {}))


def _nearest(column: str, strange: dict[str, int]) -> int | None:
    """Return the index of the unknown header that is most like the column's name or one of its synonyms."""
    best, found = _ALIKE, None
    for wanted in map(header_key, (column, *SYNONYMS[column])):
        for key, index in strange.items():
            alike = SequenceMatcher(None, wanted, key, autojunk=False)
            if alike.real_quick_ratio() >= best and (ratio := alike.ratio()) >= best:
                best, found = ratio, index
    return found


def _describe(
    header: Sequence[str], claims: dict[str, tuple[list[int], str]], aside: Collection[int]
) -> Iterator[dict[str, Any]]:
    known: dict[int, tuple[str | None, str]] = dict.fromkeys(aside, (None, "report"))
    known |= {indexes[0]: (column, how) for column, (indexes, how) in claims.items()}
    ignored = 0
    for index, cell in enumerate(header):
        column, how = known.get(index, (None, "ignored"))
        ignored += index not in known
        if index in known or ignored <= _LISTED:
            yield {"column": column, "header": shown(cell.strip()), "place": index + 1, "how": how}


def _notices(
    header: Sequence[str],
    keys: Sequence[str],
    claims: dict[str, tuple[list[int], str]],
    ignored: list[int],
    outranked: list[int],
) -> Iterator[Notice]:
    renamed = [(indexes[0], column) for column, (indexes, how) in claims.items() if how == "synonym"]
    if renamed:
        mapped = [f"«{shown(header[index].strip())}» → {column}" for index, column in sorted(renamed)]
        yield notice("columns_renamed", columns=mapped)
    if outranked:
        mapped = [f"{place_of(index, header[index])} ≠ {_by_synonym()[keys[index]]}" for index in outranked]
        yield notice("columns_outranked", columns=mapped[:_LISTED])
    strange = [index for index in ignored if index not in set(outranked)]
    if strange:
        names = [place_of(index, header[index]) for index in strange[:_LISTED]]
        yield notice("columns_ignored", count=len(strange), columns=names)


def place_of(index: int, header: str = "") -> str:
    """Return a column as a person finds it in a spreadsheet: its letters, and its header."""
    letters, number = "", index + 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters} «{shown(header.strip())}»" if header.strip() else letters
