"""The same fault in many rows as one thing to mend: ``precio_unitario: no es un número, 4.812 filas``."""

from typing import Any

from common.tasks import FaultGroup
from common.texts import Language, Text, render

_ONE_ROW = Text("{fault}, 1 fila", "{fault}, 1 row")
_ROWS = Text("{fault}, {rows} filas", "{fault}, {rows} rows")

#: Each code of ``common.texts.ROW_FAULTS`` in a few words.
FAULT_NAMES: dict[str, Text] = {
    "required_missing": Text("campo obligatorio vacío", "required field is empty"),
    "too_long": Text("texto demasiado largo", "text too long"),
    "not_a_number": Text("no es un número", "not a number"),
    "decimal_comma_ambiguous": Text("coma que puede ser decimal o de miles", "comma: decimal or thousands?"),
    "decimal_point_ambiguous": Text("punto que puede ser decimal o de miles", "point: decimal or thousands?"),
    "separators_misplaced": Text("separadores fuera de lugar", "misplaced separators"),
    "percent_number": Text("porcentaje", "percentage"),
    "exponent_number": Text("notación científica", "scientific notation"),
    "not_finite": Text("no es una cantidad", "no amount"),
    "digit_underscore": Text("guiones bajos en un número", "underscores in a number"),
    "foreign_digits": Text("cifras que no son del 0 al 9", "other digits than 0 to 9"),
    "currency_unexpected": Text("moneda en un número entero", "currency in a whole number"),
    "identifier_exponent": Text(
        "código recortado por la hoja de cálculo", "code cut short by the spreadsheet"
    ),
    "not_whole": Text("no es un número entero", "not a whole number"),
    "negative": Text("número negativo", "negative number"),
    "too_many_decimals": Text("demasiados decimales", "too many decimals"),
    "too_large": Text("número demasiado grande", "number too large"),
    "not_boolean": Text("no es un valor de sí o no", "not a yes or no"),
    "control_character": Text("carácter de control invisible", "invisible control character"),
    "lone_surrogate": Text("medio carácter", "half a character"),
    "direction_character": Text("carácter que cambia la dirección", "character that turns the direction"),
    "cell_error": Text("error de la hoja de cálculo", "spreadsheet error"),
    "formula_without_value": Text("fórmula sin resultado guardado", "formula without a stored result"),
    "stray_quote": Text("comillas sueltas", "stray quotes"),
    "row_encoding": Text("texto en otra codificación", "text in another encoding"),
    "row_beside_fragment": Text("fila junto a un pedazo de fila", "row beside a piece of a row"),
    "row_shape": Text("la fila no tiene tantos valores como encabezados", "not as many values as headers"),
    "duplicate_product": Text("producto duplicado", "duplicate product"),
    "crossed_keys": Text("id y codigo de productos distintos", "id and codigo of different products"),
}


def columns_of(fault: dict[str, Any]) -> list[str]:
    """Return the columns that a row's fault is about; none where it is the whole row's."""
    params = fault.get("params", {})
    if "column" in params:
        return [params["column"]]
    return list(params.get("columns", ()))


def render_group(group: FaultGroup, language: Language) -> str:
    """Return the group as one line; a code without a name (written by a newer worker) is shown as it is."""
    name = FAULT_NAMES.get(group.code)
    fault = group.code if name is None else render(name, {}, language)
    if group.column is not None:
        fault = f"{group.column}: {fault}"
    if group.rows == 1:
        return render(_ONE_ROW, {"fault": fault}, language)
    return render(_ROWS, {"fault": fault, "rows": _grouped(group.rows, language)}, language)


def _grouped(number: int, language: Language) -> str:
    digits = f"{number:,}"
    return digits if language == "en" else digits.replace(",", ".")
