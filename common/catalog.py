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

#: Other headers that people use, Spanish and English. Case, accents, spaces and punctuation do not matter
#: when headers are compared (so «Código» needs no entry: it is ``codigo``), and none may mean two columns.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": (
        "Identificador", "Id producto", "Id del producto", "Id artículo", "Id interno", "Producto id",
        "Product id", "Item id", "Identifier",
    ),
    "nombre": (
        "Nombre del producto", "Nombre producto", "Nombre comercial", "Nombre artículo",
        "Nombre del artículo", "Producto", "Artículo", "Descripción", "Descripción del producto",
        "Name", "Product", "Product name", "Item name", "Description",
    ),
    "codigo": (
        "Código del producto", "Código producto", "Código artículo", "Código del artículo", "Cód.",
        "Cód. producto", "SKU", "Código SKU", "Referencia", "Ref.", "Código de referencia",
        "Code", "Product code", "Item code", "Reference",
    ),
    "categoria": (
        "Categoría del producto", "Categoría producto", "Familia", "Category",
        "Product category",
    ),
    "precio_unitario": (
        "Precio", "Precio unit.", "P. unitario", "Precio por unidad", "Precio de venta", "Precio unidad",
        "Precio COP", "Precio (USD)", "Precio unitario (COP)", "Precio unitario (USD)", "Valor unitario",
        "Valor unit.", "Vr. unitario", "Vlr. unitario", "Price", "Unit price", "Price per unit",
    ),
    "certificado_sanitario": (
        "Certificado", "Registro sanitario", "Registro INVIMA", "Reg. sanitario",
        "Número de registro sanitario", "N.º registro sanitario", "INVIMA", "Certificado INVIMA",
        "Sanitary registration", "Sanitary certificate", "Health certificate", "Certificate",
    ),
    "condiciones_almacenamiento": (
        "Condiciones de almacenamiento", "Condición de almacenamiento", "Almacenamiento", "Conservación",
        "Condiciones de conservación", "Storage", "Storage conditions",
    ),
    "tiempo_entrega_dias": (
        "Tiempo de entrega (días)", "Tiempo de entrega en días", "Tiempo de entrega", "Tiempo entrega",
        "Días de entrega", "Días entrega", "Plazo de entrega", "Plazo de entrega (días)", "Entrega (días)",
        "Delivery days", "Delivery time", "Delivery time (days)", "Lead time", "Lead time (days)",
    ),
    "presentacion": (
        "Presentación comercial", "Presentación del producto", "Empaque", "Presentation", "Packaging",
    ),
    "stock_minimo": (
        "Stock mín.", "Existencias mínimas", "Existencia mínima", "Inventario mínimo",
        "Minimum stock", "Min stock", "Stock minimum",
    ),
    "stock_critico": (
        "Stock crít.", "Existencias críticas", "Existencia crítica", "Inventario crítico",
        "Critical stock", "Stock critical",
    ),
    "requiere_lote": (
        "Requiere número de lote", "Lote requerido", "Maneja lote", "Requires batch",
        "Requires lot", "Batch required",
    ),
    "requiere_vencimiento": (
        "Requiere fecha de vencimiento", "Vencimiento requerido", "Maneja vencimiento",
        "Requires expiry", "Requires expiry date", "Expiry required",
    ),
}  # fmt: skip
