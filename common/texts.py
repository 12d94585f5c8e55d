"""Sentences for people: codes and parameters are stored, words are chosen when somebody reads.

The worker writes a code with its parameters into the ledger; whoever answers a person renders it here, in the
language of that request. Spanish is the default, English the alternative.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Language = Literal["es", "en"]
Params = Mapping[str, Any]


class Text(NamedTuple):
    """One sentence in both languages, with ``{parameters}`` in the style of ``str.format``."""

    es: str
    en: str


IMPORT_COMPLETED = Text("Carga masiva completada", "Bulk upload completed")

#: Why a row of the file was rejected.
ROW_FAULTS: dict[str, Text] = {
    "required_missing": Text(
        "Campos obligatorios vacíos: {columns}",
        "Required fields are empty: {columns}",
    ),
    "too_long": Text(
        "{column}: tiene {length} caracteres y el máximo es {limit}",
        "{column}: it has {length} characters and the limit is {limit}",
    ),
    "not_a_number": Text(
        "{column}: «{value}» no es un número; escríbalo como 1234.50",
        "{column}: “{value}” is not a number; write it like 1234.50",
    ),
    "not_whole": Text(
        "{column}: «{value}» no es un número entero; escríbalo sin decimales, como 5",
        "{column}: “{value}” is not a whole number; write it without decimals, like 5",
    ),
    "negative": Text(
        "{column}: «{value}» es negativo; debe ser cero o más",
        "{column}: “{value}” is negative; it must be zero or more",
    ),
    "too_many_decimals": Text(
        "{column}: «{value}» tiene más de {limit} decimales; redondéelo usted, aquí no se redondea",
        "{column}: “{value}” has more than {limit} decimals; round it yourself, nothing is rounded here",
    ),
    "too_large": Text(
        "{column}: «{value}» es demasiado grande; el máximo es {limit}",
        "{column}: “{value}” is too large; the limit is {limit}",
    ),
    "not_boolean": Text(
        "{column}: «{value}» no es un valor de sí o no; escriba true o false, 1 o 0, sí o no",
        "{column}: “{value}” is not a yes or no; write true or false, 1 or 0, sí or no",
    ),
    "control_character": Text(
        "{column}: contiene un carácter de control invisible; vuelva a escribir el valor",
        "{column}: it contains an invisible control character; type the value again",
    ),
    "cell_error": Text(
        "{column}: la celda contiene el error {value} de la hoja de cálculo; corrija la fórmula",
        "{column}: the cell holds the spreadsheet error {value}; mend the formula",
    ),
    "row_shape": Text(
        "La fila tiene {found} valores y los encabezados son {expected}; revise separadores y comillas",
        "The row has {found} values and there are {expected} headers; check separators and quotes",
    ),
    "duplicate_product": Text(
        "Producto duplicado: ya existe un producto con {keys}",
        "Duplicate product: there is a product with {keys} already",
    ),
    "crossed_keys": Text(
        "El id «{id}» es de un producto y el codigo «{codigo}» es de otro; corrija uno de los dos",
        "The id “{id}” belongs to one product and the codigo “{codigo}” to another; correct one of them",
    ),
}

#: Why a whole task failed.
TASK_ERRORS: dict[str, Text] = {
    "missing_columns": Text(
        "Faltan columnas obligatorias: {columns}. Agréguelas a la primera fila o use la plantilla",
        "Required columns are missing: {columns}. Add them to the first row, or use the template",
    ),
    "repeated_columns": Text(
        "Hay columnas repetidas en la primera fila: {columns}. Deje solo una de cada una",
        "Columns are repeated in the first row: {columns}. Keep only one of each",
    ),
    "no_header": Text(
        "El archivo está vacío: la primera fila debe tener los encabezados",
        "The file is empty: the first row must hold the headers",
    ),
    "no_rows": Text(
        "El archivo no contiene productos: solo tiene la fila de encabezados",
        "The file holds no products: there is only the header row",
    ),
    "file_unreadable": Text(
        "El archivo no se puede leer como {format}: está dañado o no es lo que dice su extensión. "
        "Ábralo, guárdelo de nuevo y vuelva a subirlo",
        "The file cannot be read as {format}: it is damaged or not what its extension says. "
        "Open it, save it again and upload it again",
    ),
    "csv_malformed": Text(
        "El CSV está mal formado cerca de la línea {line}: revise las comillas sin cerrar",
        "The CSV is malformed near line {line}: look for quotes that are not closed",
    ),
    "reader_limits": Text(
        "El archivo exige más memoria o tiempo de lo permitido para leerlo; divídalo en archivos menores",
        "Reading the file takes more memory or time than is allowed; split it into smaller files",
    ),
    "upload_missing": Text(
        "El archivo ya no está en el almacenamiento; vuelva a subirlo",
        "The file is no longer in storage; upload it again",
    ),
    "stalled": Text(
        "La carga dejó de avanzar una y otra vez; lo ya procesado se conserva. "
        "Divida el archivo en archivos menores",
        "The upload stopped getting on, again and again; what was done is kept. "
        "Split the file into smaller ones",
    ),
    "task_timeout": Text(
        "La carga superó el tiempo permitido de {limit} segundos; lo ya procesado se conserva. "
        "Divida el archivo",
        "The upload took longer than the {limit} seconds allowed; what was done is kept. Split the file",
    ),
    "too_many_attempts": Text(
        "La carga se intentó demasiadas veces sin terminar; lo ya procesado se conserva. "
        "Vuelva a subir el archivo o pida que se reintente",
        "The upload was tried too many times without an end; what was done is kept. "
        "Upload the file again, or ask for it to be tried again",
    ),
    "unknown_kind": Text(
        "Esta versión del servicio no sabe procesar cargas de tipo «{kind}»",
        "This version of the service cannot handle uploads of kind “{kind}”",
    ),
    "internal_error": Text(
        "Un error interno impidió terminar la carga; lo ya procesado se conserva. Vuelva a subir el archivo",
        "An internal error kept the upload from finishing; what was done is kept. Upload the file again",
    ),
}

#: What a person should know of a file that was read all the same.
NOTICES: dict[str, Text] = {}


def choose_language(accept_language: str | None) -> Language:
    """Return the language an ``Accept-Language`` header asks for (RFC 9110, section 12.5.4); Spanish unless
    English is preferred to it."""
    weights: dict[str, float] = {}
    for item in (accept_language or "").split(","):
        tag, _, parameters = item.partition(";")
        name, _, weight = parameters.partition("=")
        try:
            quality = float(weight) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        primary = tag.strip().lower().partition("-")[0]
        weights[primary] = max(quality, weights.get(primary, 0.0))
    wildcard = weights.get("*", 0.0)
    return "en" if weights.get("en", wildcard) > weights.get("es", wildcard) else "es"


def render(text: Text, params: Params, language: Language) -> str:
    """Return the sentence with its parameters filled in; lists are joined with commas."""
    words = {
        key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in params.items()
    }
    return (text.en if language == "en" else text.es).format_map(words)


def render_row_error(faults: list[dict[str, Any]], language: Language) -> str:
    """Return all the faults of one row as one line; an unknown code (written by a newer worker) is shown as
    it is."""
    return "; ".join(
        _render_code(ROW_FAULTS, fault["code"], fault.get("params", {}), language) for fault in faults
    )


def render_task_error(code: str, params: Params, language: Language) -> str:
    """Return the sentence for a failed task."""
    return _render_code(TASK_ERRORS, code, params, language)


def render_notice(code: str, params: Params, language: Language) -> str:
    """Return the sentence of a warning."""
    return _render_code(NOTICES, code, params, language)


def _render_code(texts: dict[str, Text], code: str, params: Params, language: Language) -> str:
    return render(texts[code], params, language) if code in texts else code
