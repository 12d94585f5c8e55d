"""The columns of a catalogue file: what the worker checks, the templates explain and the items show.

A column has one name everywhere: header, table, JSON.
"""

from enum import StrEnum
from typing import NamedTuple

from common.texts import Text

#: The largest value of a whole-number column (PostgreSQL ``integer``).
MAX_WHOLE = 2_147_483_647
PRICE_DIGITS = 12
PRICE_DECIMALS = 2


class ColumnType(StrEnum):
    """How the text of a cell is understood."""

    TEXT = "text"
    PRICE = "price"
    WHOLE = "whole"
    BOOLEAN = "boolean"


class Column(NamedTuple):
    """One column. ``limit`` is in characters, for text; ``default`` is what an empty optional cell means."""

    name: str
    type: ColumnType
    required: bool
    description: Text
    limit: int | None = None
    default: int | bool | None = None


def _text(name: str, limit: int, description: Text, *, required: bool = True) -> Column:
    return Column(name, ColumnType.TEXT, required, description, limit=limit)


#: In the order of the template and of the table.
COLUMNS: tuple[Column, ...] = (
    _text(
        "id",
        64,
        Text("Identificador del producto, único por proveedor", "Product identifier, unique per provider"),
    ),
    _text("nombre", 255, Text("Nombre del producto", "Product name")),
    _text("codigo", 64, Text("Código o SKU, único por proveedor", "Code or SKU, unique per provider")),
    _text("categoria", 64, Text("Categoría del producto", "Product category")),
    Column(
        "precio_unitario",
        ColumnType.PRICE,
        True,
        Text("Precio por unidad, con dos decimales como máximo", "Price per unit, with two decimals at most"),
    ),
    _text(
        "certificado_sanitario",
        255,
        Text("Registro o certificado sanitario", "Sanitary registration or certificate"),
    ),
    _text("condiciones_almacenamiento", 128, Text("Cómo debe almacenarse", "How it must be stored")),
    Column(
        "tiempo_entrega_dias",
        ColumnType.WHOLE,
        True,
        Text("Días que tarda la entrega, número entero", "Days until delivery, a whole number"),
    ),
    _text("presentacion", 128, Text("Presentación comercial", "Commercial presentation"), required=False),
    Column("stock_minimo", ColumnType.WHOLE, False, Text("Existencias mínimas", "Minimum stock"), default=10),
    Column(
        "stock_critico", ColumnType.WHOLE, False, Text("Existencias críticas", "Critical stock"), default=5
    ),
    Column(
        "requiere_lote",
        ColumnType.BOOLEAN,
        False,
        Text("¿Requiere lote?", "Does it need a batch number?"),
        default=False,
    ),
    Column(
        "requiere_vencimiento",
        ColumnType.BOOLEAN,
        False,
        Text("¿Requiere fecha de vencimiento?", "Does it need an expiry date?"),
        default=True,
    ),
)

COLUMN_NAMES = tuple(column.name for column in COLUMNS)
