"""The rows of a batch in a table of the session: they are in the server, and touch nothing yet.

From there a batch of which nothing is odd is written by one statement or two.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from common.catalog import COLUMN_NAMES

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage

_COLUMNS = ", ".join(COLUMN_NAMES)
#: Lines handed to the connection at a time.
_LINES_PER_CHUNK = 500

_MAKE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS incoming AS SELECT {_COLUMNS} FROM products WITH NO DATA;
TRUNCATE incoming
"""

#: With its provider beside each row, a product is looked up by both columns of the key, whatever the planner
#: believes about the size of the table: one that has no statistics yet takes the provider for a small one and
#: reads all of its products, for each row. OFFSET keeps the planner from seeing that it is always the same.
_KEYED = "(SELECT *, $1::text AS proveedor_id FROM incoming OFFSET 0)"

_INSERT = f"""
INSERT INTO products ({_COLUMNS}, proveedor_id, accepted_at, task_id)
SELECT {_COLUMNS}, $1::text, $2::timestamptz, $3::uuid FROM incoming
"""

_INSERT_UNKNOWN = f"""
INSERT INTO products ({_COLUMNS}, proveedor_id, accepted_at, task_id)
SELECT {_COLUMNS}, $1::text, $2::timestamptz, $3::uuid
  FROM {_KEYED} AS i
 WHERE NOT EXISTS (SELECT FROM products AS p WHERE p.proveedor_id = i.proveedor_id AND p.id = i.id)
RETURNING id
"""

_VALUES = [name for name in COLUMN_NAMES if name not in ("id", "codigo")]
_SET_VALUES = ", ".join(f"{name} = i.{name}" for name in _VALUES)

_UPDATE = f"""
UPDATE products AS p
   SET {_SET_VALUES}, accepted_at = $2, task_id = $3, updated_at = statement_timestamp()
  FROM {_KEYED} AS i
 WHERE p.proveedor_id = i.proveedor_id AND p.id = i.id
"""

# Not by «=», which would let the planner look the codigo up instead: codes come in no order, ids mostly do.
# What was changed shows in its time: the provider is locked, so that all who wrote before were done when the
# statement began.
_UPDATE_SAME = f"""
WITH met AS (
    UPDATE products AS p
       SET {_SET_VALUES}, accepted_at = $2, task_id = $3,
           updated_at = CASE WHEN ({", ".join(f"p.{name}" for name in _VALUES)})
                                  IS DISTINCT FROM ({", ".join(f"i.{name}" for name in _VALUES)})
                             THEN statement_timestamp() ELSE p.updated_at END
      FROM {_KEYED} AS i
     WHERE p.proveedor_id = i.proveedor_id AND p.id = i.id AND p.codigo IS NOT DISTINCT FROM i.codigo
       AND (p.accepted_at, p.task_id) <= ($2::timestamptz, $3::uuid)
    RETURNING p.updated_at = statement_timestamp() AS is_changed
)
SELECT count(*), count(*) FILTER (WHERE is_changed) FROM met
"""


async def fill(connection: asyncpg.Connection, lines: Iterable[bytes]) -> None:
    """Put rows there in place of those that were there, each a line of COPY text with its end."""
    await connection.execute(_MAKE)
    await connection.copy_to_table("incoming", source=chunks(lines), columns=COLUMN_NAMES)


async def insert(connection: asyncpg.Connection, upload: UploadMessage) -> int:
    """Create a product of each row; return how many there are.

    Raises:
        asyncpg.UniqueViolationError: the provider has a product with one of the ids or codes.
    """
    return int((await connection.execute(_INSERT, *_author(upload))).removeprefix("INSERT 0 "))


async def insert_unknown(connection: asyncpg.Connection, upload: UploadMessage) -> list[str]:
    """Create a product of each row whose id the provider does not have; return their ids.

    Raises:
        asyncpg.UniqueViolationError: the provider has a product with one of their codes.
    """
    return [row["id"] for row in await connection.fetch(_INSERT_UNKNOWN, *_author(upload))]


async def update(connection: asyncpg.Connection, upload: UploadMessage) -> None:
    """Update the product of each row's id, all but its codigo."""
    await connection.execute(_UPDATE, *_author(upload))


async def update_same(connection: asyncpg.Connection, upload: UploadMessage) -> tuple[int, int]:
    """Update the products that have the id and the codigo of a row, those apart that a later upload wrote;
    return how many there were, and how many of them are other than they were. All are the upload's now."""
    met, changed = await connection.fetchrow(_UPDATE_SAME, *_author(upload))
    return met, changed


async def chunks(lines: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the lines, some hundred at a time."""
    remaining = iter(lines)
    while chunk := b"".join(islice(remaining, _LINES_PER_CHUNK)):
        yield chunk


def _author(upload: UploadMessage) -> tuple[object, ...]:
    return upload.proveedor_id, upload.accepted_at, upload.task_id
