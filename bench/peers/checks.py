"""The rules of a row (docs/file-format.md), as far as the measured file meets them; by row and by column."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

#: Longest text, in characters.
LIMITS = {
    "id": 64,
    "nombre": 255,
    "codigo": 64,
    "categoria": 64,
    "certificado_sanitario": 255,
    "condiciones_almacenamiento": 128,
    "presentacion": 128,
}
REQUIRED = (*list(LIMITS)[:-1], "precio_unitario", "tiempo_entrega_dias")
#: Whole numbers with what an empty cell means; the first has to be there.
WHOLE = {"tiempo_entrega_dias": 0, "stock_minimo": 10, "stock_critico": 5}
BOOLEANS = {"requiere_lote": False, "requiere_vencimiento": True}
TRUTHS = {
    "true": True,
    "1": True,
    "si": True,
    "sí": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
}
LARGEST_PRICE = Decimal("9999999999.99")


def check_row(cells: "Mapping[str, str] | pd.Series[str]") -> dict[str, Any]:
    """Return the values of a row, converted. Raises ``ValueError`` with the reason."""
    row: dict[str, Any] = {name: text_of(name, cells[name]) for name in LIMITS}
    row["precio_unitario"] = price_of(cells["precio_unitario"])
    row |= {name: whole_of(name, cells[name]) for name in WHOLE}
    return row | {name: truth_of(name, cells[name]) for name in BOOLEANS}


def text_of(name: str, cell: str) -> str | None:
    """Return a text. Raises ``ValueError`` with the reason."""
    text = cell.strip()
    if not text and name in REQUIRED:
        raise ValueError(f"Campo obligatorio vacío: {name}")
    if len(text) > LIMITS[name]:
        raise ValueError(f"{name}: más de {LIMITS[name]} caracteres")
    return text or None


def price_of(cell: str) -> Decimal:
    """Return the price. Raises ``ValueError`` with the reason."""
    try:
        price = Decimal(cell.strip())
    except InvalidOperation:
        raise ValueError(f"precio_unitario: «{cell}» no es un número") from None
    if not 0 <= price <= LARGEST_PRICE or price != round(price, 2):
        raise ValueError(f"precio_unitario: «{cell}» está fuera de rango")
    return price


def whole_of(name: str, cell: str) -> int:
    """Return a whole number, the default for an empty cell. Raises ``ValueError`` with the reason."""
    text = cell.strip()
    if not text and name not in REQUIRED:
        return WHOLE[name]
    if not text.isdecimal():
        raise ValueError(f"{name}: «{cell}» no es un número entero")
    return int(text)


def truth_of(name: str, cell: str) -> bool:
    """Return yes or no, the default for an empty cell. Raises ``ValueError`` with the reason."""
    truth = (TRUTHS | {"": BOOLEANS[name]}).get(cell.strip().lower())
    if truth is None:
        raise ValueError(f"{name}: «{cell}» no es sí ni no")
    return truth


def check_frame(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, str]]:
    """Check all rows of a chunk of text cells, a column at a time.

    Returns the good rows, converted, and the reasons for the others by their place.
    """
    rows = cells.apply(lambda column: column.str.strip())
    faults = pd.Series("", index=rows.index, dtype=object)
    for name in REQUIRED:
        faults[rows[name] == ""] += f"Campo obligatorio vacío: {name}; "
    for name, limit in LIMITS.items():
        faults[rows[name].str.len() > limit] += f"{name}: más de {limit} caracteres; "
    rows["precio_unitario"] = _prices(rows["precio_unitario"], faults)
    for name, default in WHOLE.items():
        rows[name] = _wholes(rows[name], default, faults)
    for name, meaning in BOOLEANS.items():
        truths = rows[name].str.lower().map(TRUTHS | {"": meaning})
        faults[truths.isna()] += f"{name}: no es sí ni no; "
        rows[name] = truths
    bad = faults != ""
    return rows[~bad], {int(str(place)): text for place, text in faults[bad].str.removesuffix("; ").items()}


def _prices(column: pd.Series, faults: pd.Series) -> pd.Series:
    prices = pd.to_numeric(column, errors="coerce")
    faults[prices.isna() & (column != "")] += "precio_unitario: no es un número; "
    faults[(prices < 0) | (prices > float(LARGEST_PRICE))] += "precio_unitario: fuera de rango; "
    faults[(prices.round(2) - prices).abs() > 1e-9] += "precio_unitario: más de dos decimales; "
    return prices


def _wholes(column: pd.Series, default: int, faults: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column.where(column != "", str(default)), errors="coerce")
    wrong = numbers.isna() | (numbers < 0) | (numbers % 1 != 0)
    faults[wrong] += f"{column.name}: no es un número entero; "
    return numbers.where(~wrong, 0).astype("int64")
