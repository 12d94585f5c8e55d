"""The products table, as the import writes it. Values travel as COPY text, made by the reading child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from common.catalog import COLUMN_NAMES
from worker.processors.catalog import incoming
from worker.processors.catalog.copy_text import escape
from worker.processors.catalog.fold import Change, Existing
from worker.processors.catalog.lines import line_in_sql

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage

#: Writes changes of one kind.
Write = Callable[["asyncpg.Connection", "UploadMessage", list[Change]], Awaitable[None]]

#: What a line and its ending hold.
_WRITTEN = (*COLUMN_NAMES, "proveedor_id", "accepted_at", "task_id")

_LOCK_PROVIDER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

#: LIMIT keeps the planner from more than a look into an index for each key. Asked for ``id = ANY ($2)``, one
#: that has no statistics yet takes the provider for a small one and reads all of its products; so does one
#: whose statistics know other providers only, where it sees which provider it is.
_FIND_BY_KEY = """
SELECT product.*
  FROM (SELECT $1::text AS proveedor_id, unnest($2::text[]) AS value OFFSET 0) AS key,
       LATERAL (SELECT id, codigo, (accepted_at, task_id) > ($3::timestamptz, $4::uuid) AS later{line}
                  FROM products
                 WHERE proveedor_id = key.proveedor_id AND {key} = key.value
                 LIMIT 1) AS product
"""
#: By key, and whether the products' lines are asked for as well.
_FIND = {
    (key, whole): _FIND_BY_KEY.format(key=key, line=f", {line_in_sql()} AS line" if whole else "")
    for key in ("id", "codigo")
    for whole in (False, True)
}

_TOUCH = """
UPDATE products SET accepted_at = $2, task_id = $3 WHERE proveedor_id = $1 AND id = ANY ($4::text[])
"""

_REMOVE = "DELETE FROM products WHERE proveedor_id = $1 AND id = ANY ($2::text[]) RETURNING id, created_at"

#: A temporary table goes before one of the same name, unless the search path says otherwise.
_LOOK_AT_SHADOWS_FIRST = (
    "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), false)"
)
_MAKE_SHADOW = """
SET temp_buffers = '64MB';
CREATE TEMPORARY TABLE shadow (LIKE products INCLUDING ALL)
"""
_FILL_SHADOW = "INSERT INTO shadow SELECT * FROM products WHERE proveedor_id = $1"
_PUT_SHADOW_FIRST = "ALTER TABLE shadow RENAME TO products"
#: For a provider of millions of products.
_FILL_SECONDS = 600


async def lock_provider(connection: asyncpg.Connection, proveedor_id: str) -> None:
    """Let one batch a provider write at a time, until the transaction ends: what is looked up stays true,
    and two uploads cannot lock each other's rows crosswise."""
    await connection.execute(_LOCK_PROVIDER, proveedor_id)


async def find_matching(
    connection: asyncpg.Connection, upload: UploadMessage, keys: Sequence[Sequence[str]]
) -> list[Existing]:
    """Return the provider's products that share an id or a codigo with one of the ``keys`` (id, codigo);
    with their lines where the upload may replace them."""
    attempt, whole = (upload.accepted_at, upload.task_id), upload.reemplazar_duplicados

    async def find(key: str, values: list[str]) -> dict[str, Existing]:
        statement = _FIND[key, whole]
        rows = await connection.fetch(statement, upload.proveedor_id, values, *attempt) if values else []
        return {row[0]: Existing(*row[:3], *(line.encode() for line in row[3:])) for row in map(tuple, rows)}

    found = await find("id", [id for id, _ in keys])
    # whose codigo is that of the product with the same id, it is nobody else's
    unknown = [codigo for id, codigo in keys if id not in found or found[id].codigo != codigo]
    found |= await find("codigo", unknown)
    return list(found.values())


async def shadow(connection: asyncpg.Connection, proveedor_id: str) -> None:
    """Let everything below, on this connection, see and change a copy of the provider's products as they are
    at this moment, until the connection ends. Nobody is kept waiting meanwhile, nor sees any of it."""
    await connection.execute(_MAKE_SHADOW)
    await connection.execute(_FILL_SHADOW, proveedor_id, timeout=_FILL_SECONDS)
    await connection.execute(_PUT_SHADOW_FIRST)
    await connection.execute(_LOOK_AT_SHADOWS_FIRST)


async def write(connection: asyncpg.Connection, upload: UploadMessage, changes: Iterable[Change]) -> None:
    """Bring the table to where the changes say it is."""
    kinds: defaultdict[Write, list[Change]] = defaultdict(list)
    for change in changes:
        kinds[_write_of(change)].append(change)
    for write_kind in (_touch, _update, _rekey, _insert):
        if write_kind in kinds:
            await write_kind(connection, upload, kinds[write_kind])


def _write_of(change: Change) -> Write:
    if change.before is None:
        return _insert
    if change.is_same:
        return _touch
    return _rekey if change.is_rekeyed else _update


async def _touch(connection: asyncpg.Connection, upload: UploadMessage, changes: list[Change]) -> None:
    """Make the upload the last that wrote products which it left as they were."""
    ids = [change.id for change in changes]
    await connection.execute(_TOUCH, upload.proveedor_id, upload.accepted_at, upload.task_id, ids)


async def _insert(connection: asyncpg.Connection, upload: UploadMessage, changes: list[Change]) -> None:
    ending = _ending(upload.proveedor_id, upload.accepted_at, upload.task_id)
    source = incoming.chunks(change.line + ending for change in changes)
    await connection.copy_to_table("products", source=source, columns=_WRITTEN)


async def _update(connection: asyncpg.Connection, upload: UploadMessage, changes: list[Change]) -> None:
    await incoming.fill(connection, (change.line + b"\n" for change in changes))
    await incoming.update(connection, upload)


async def _rekey(connection: asyncpg.Connection, upload: UploadMessage, changes: list[Change]) -> None:
    """Replace products whose id or codigo changes: all old rows go before the new ones come, for a
    statement that updated them in place could meet a key which another row is just about to give up."""
    old_ids = [change.before.id for change in changes if change.before]
    removed = await connection.fetch(_REMOVE, upload.proveedor_id, old_ids)
    created_at = {row["id"]: row["created_at"] for row in removed}
    lines = [
        change.line
        + _ending(upload.proveedor_id, upload.accepted_at, upload.task_id, created_at[change.before.id])
        for change in changes
        if change.before
    ]
    source, columns = incoming.chunks(lines), [*_WRITTEN, "created_at"]
    await connection.copy_to_table("products", source=source, columns=columns)


def _ending(*values: object) -> bytes:
    """Return the columns that are the same for many lines, and the end of the line."""
    texts = (value.isoformat() if isinstance(value, datetime) else str(value) for value in values)
    return "".join(f"\t{escape(text)}" for text in texts).encode() + b"\n"
