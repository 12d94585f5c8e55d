"""Reading the catalogue: one product, or a page of a provider's."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from decimal import Decimal
from typing import Final

import asyncpg
import msgspec

from catalog_service.database import Database
from catalog_service.errors import InvalidCursor
from catalog_service.searching import FOLD

MAX_PAGE: Final = 200


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the table has it."""

    proveedor_id: str
    id: str
    nombre: str
    codigo: str
    categoria: str
    precio_unitario: Decimal
    certificado_sanitario: str
    condiciones_almacenamiento: str
    tiempo_entrega_dias: int
    presentacion: str | None
    stock_minimo: int
    stock_critico: int
    requiere_lote: bool
    requiere_vencimiento: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(msgspec.Struct, frozen=True):
    """Products in the order of their ids, ``total`` on all pages; ``next_cursor`` is None on the last."""

    items: list[Product]
    total: int
    next_cursor: str | None


_COLUMNS = ", ".join(Product.__struct_fields__)

_GET = f"SELECT {_COLUMNS} FROM products WHERE proveedor_id = $1 AND id = $2"

_GET_SEVERAL = f"SELECT {_COLUMNS} FROM products WHERE proveedor_id = $1 AND id = ANY($2) ORDER BY id"

# keyset pages: the place is an id, so rows that come or go meanwhile shift nothing
_PAGE = f"SELECT {_COLUMNS} FROM products WHERE proveedor_id = $1 AND id > $2 ORDER BY id LIMIT $3"

_COUNT = "SELECT count(*) FROM products WHERE proveedor_id = $1"

# folding is what costs, and it reads every product of the provider: once for the page and the count
_SEARCH = f"""
WITH matched AS MATERIALIZED (
    SELECT id
      FROM products
     WHERE proveedor_id = $1
       AND strpos({FOLD.format("id || chr(10) || codigo || chr(10) || nombre")}, {FOLD.format("$4")}) > 0
)
SELECT (SELECT count(*) FROM matched) AS total,
       ARRAY(SELECT id FROM matched WHERE id > $2 ORDER BY id LIMIT $3) AS ids
"""

#: A search through a million products takes two or three.
_SEARCH_SECONDS = 8


class Products:
    """The catalogue. Every method raises ``DatabaseUnavailable`` when PostgreSQL cannot answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, proveedor_id: str, product_id: str) -> Product | None:
        """Return one product of a provider."""
        if "\0" in product_id:  # text in PostgreSQL holds none
            return None
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_GET, proveedor_id, product_id)
        return None if row is None else _product(row)

    async def page(self, proveedor_id: str, *, search: str, limit: int, cursor: str | None) -> ProductPage:
        """Return up to ``limit`` products behind ``cursor`` whose id, codigo or nombre contains ``search``.

        Raises:
            InvalidCursor: the cursor is not one that came with a page.
        """
        after = "" if cursor is None else decode_cursor(cursor)
        if search:
            rows, total = await self._search(proveedor_id, search, after, limit + 1)
        else:
            rows, total = await self._list(proveedor_id, after, limit + 1)
        # one more than asked for tells that there is a next page
        items = [_product(row) for row in rows[:limit]]
        return ProductPage(items, total, encode_cursor(items[-1].id) if len(rows) > limit else None)

    async def _list(self, proveedor_id: str, after: str, limit: int) -> tuple[list[asyncpg.Record], int]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(_PAGE, proveedor_id, after, limit)
            return rows, await connection.fetchval(_COUNT, proveedor_id)

    async def _search(
        self, proveedor_id: str, search: str, after: str, limit: int
    ) -> tuple[list[asyncpg.Record], int]:
        if "\0" in search:
            return [], 0
        async with self._database.connection(within_seconds=_SEARCH_SECONDS) as connection:
            found = await connection.fetchrow(_SEARCH, proveedor_id, after, limit, search)
            return await connection.fetch(_GET_SEVERAL, proveedor_id, found["ids"]), found["total"]


def encode_cursor(product_id: str) -> str:
    """Return the place behind a product, to be handed back and not to be read."""
    return urlsafe_b64encode(product_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the id in a cursor, or raise ``InvalidCursor``."""
    try:
        product_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise InvalidCursor(parameter="cursor") from None
    if encode_cursor(product_id) != cursor or "\0" in product_id:
        raise InvalidCursor(parameter="cursor")
    return product_id


def _product(row: asyncpg.Record) -> Product:
    return Product(**dict(row))
