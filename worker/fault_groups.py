"""Faults counted as they are committed, by code and column: a million rejected rows are a few groups."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from common.fault_groups import columns_of
from common.messages import UploadMessage

_COUNT_ON = """
INSERT INTO task_fault_groups AS g (proveedor_id, task_id, code, column_name, row_count, first_fila)
SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[])
ON CONFLICT (proveedor_id, task_id, code, column_name) DO UPDATE
   SET row_count = g.row_count + excluded.row_count, first_fila = least(g.first_fila, excluded.first_fila)
"""

_NAME_CHARACTERS = 100

#: Code and column ('' for a fault of the whole row) → how many rows, and the first of them.
Groups = dict[tuple[str, str], list[int]]


def group_faults(row_errors: Iterable[tuple[int, list[dict[str, Any]]]]) -> Groups:
    """Return how many rows have each kind of fault. A row counts once for each kind that it has."""
    groups: Groups = {}
    for fila, faults in row_errors:
        add_faults(groups, fila, faults)
    return groups


def add_faults(groups: Groups, fila: int, faults: list[dict[str, Any]]) -> None:
    """Count the faults of one row, which is behind all that were counted before."""
    for kind in {(fault["code"], _fit(column)) for fault in faults for column in columns_of(fault) or ("",)}:
        counted = groups.get(kind)
        if counted is None:
            groups[kind] = [1, fila]
        else:
            counted[0] += 1


def _fit(column: str) -> str:
    """Return the name as one that an index takes: it may be a header, as long as somebody made it."""
    return column[:_NAME_CHARACTERS].replace("\x00", "\N{REPLACEMENT CHARACTER}")


async def count_faults(
    connection: asyncpg.Connection,
    upload: UploadMessage,
    row_errors: Iterable[tuple[int, list[dict[str, Any]]]],
) -> None:
    """Add a batch's faults to the task's groups, in the caller's transaction."""
    groups = group_faults(row_errors)
    if groups:
        codes, columns = zip(*groups, strict=True)
        rows, first = zip(*groups.values(), strict=True)
        await connection.execute(_COUNT_ON, upload.proveedor_id, upload.task_id, codes, columns, rows, first)
