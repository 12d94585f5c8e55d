"""The products table, as the import writes it. Values travel as COPY text, made by the reading child."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from common.catalog import COLUMN_NAMES
from worker.processors.catalog import incoming
from worker.processors.catalog.copy_text import escape
from worker.processors.catalog.fold import Change, Existing

if TYPE_CHECKING:
    import asyncpg

    from common.messages import UploadMessage

#: What a line and its ending hold.
_WRITTEN = (*COLUMN_NAMES, "proveedor_id", "accepted_at", "task_id")

_LOCK_PROVIDER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

#: LIMIT keeps the planner from more than a look into an index for each key. Asked for ``id = ANY ($2)``, one
#: that has no statistics yet takes the provider for a small one and reads all of its products; so does one
#: whose statistics know other providers only, where it sees which provider it is.
_FIND_BY_KEY = """
SELECT product.*
  FROM (SELECT $1::text AS proveedor_id, unnest($2::text[]) AS value OFFSET 0) AS key,
       LATERAL (SELECT id, codigo, (accepted_at, task_id) > ($3::timestamptz, $4::uuid) AS later
                  FROM products
                 WHERE proveedor_id = key.proveedor_id AND {key} = key.value
                 LIMIT 1) AS product
"""
_FIND_BY_ID = _FIND_BY_KEY.format(key="id")
_FIND_BY_CODIGO = _FIND_BY_KEY.format(key="codigo")

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
    """Return the provider's products that share an id or a codigo with one of the ``keys`` (id, codigo)."""
    attempt = (upload.accepted_at, upload.task_id)

    async def find(statement: str, values: list[str]) -> dict[str, Existing]:
        rows = await connection.fetch(statement, upload.proveedor_id, values, *attempt) if values else []
        return {row["id"]: Existing(*row) for row in rows}

    found = await find(_FIND_BY_ID, [id for id, _ in keys])
    # whose codigo is that of the product with the same id, it is nobody else's
    unknown = [codigo for id, codigo in keys if id not in found or found[id].codigo != codigo]
    found |= await find(_FIND_BY_CODIGO, unknown)
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
    created: list[bytes] = []
    updated: list[bytes] = []
    rekeyed: list[Change] = []
    for change in changes:
        if change.before is None:
            created.append(change.line)
        elif change.is_rekeyed:
            rekeyed.append(change)
        else:
            updated.append(change.line)
    if updated:
        await _update(connection, upload, updated)
    if rekeyed:
        await _rekey(connection, upload, rekeyed)
    if created:
        await _insert(connection, upload, created)


async def _insert(connection: asyncpg.Connection, upload: UploadMessage, lines: list[bytes]) -> None:
    ending = _ending(upload.proveedor_id, upload.accepted_at, upload.task_id)
    source = incoming.chunks(line + ending for line in lines)
    await connection.copy_to_table("products", source=source, columns=_WRITTEN)


async def _update(connection: asyncpg.Connection, upload: UploadMessage, lines: list[bytes]) -> None:
    await incoming.fill(connection, (line + b"\n" for line in lines))
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
