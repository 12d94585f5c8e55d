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
VALIDATION_COMPLETED = Text(
    "Validación completada: no se escribió nada", "Validation completed: nothing was written"
)

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
    "formula_without_value": Text(
        "{column}: la celda tiene una fórmula sin resultado guardado; abra el archivo en Excel y guárdelo",
        "{column}: the cell has a formula without a stored result; open the file in Excel and save it",
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
    "xlsx_encrypted": Text(
        "El archivo está protegido con contraseña. Quítela en Excel (Archivo, Información, Proteger libro) y "
        "vuelva a subirlo",
        "The file is protected by a password. Remove it in Excel (File, Info, Protect Workbook) and upload "
        "it "
        "again",
    ),
    "xlsx_is_xls": Text(
        "El archivo es de un formato antiguo de Office (.xls), no .xlsx. Guárdelo en Excel como «Libro de "
        "Excel (.xlsx)» y vuelva a subirlo",
        "The file has an old Office format (.xls), not .xlsx. Save it in Excel as “Excel Workbook (.xlsx)” "
        "and upload it again",
    ),
    "xlsx_is_xlsb": Text(
        "El archivo es un libro binario (.xlsb), no .xlsx. Guárdelo en Excel como «Libro de Excel (.xlsx)»",
        "The file is a binary workbook (.xlsb), not .xlsx. Save it in Excel as “Excel Workbook (.xlsx)”",
    ),
    "xlsx_is_xlsm": Text(
        "El archivo es un libro con macros (.xlsm). Guárdelo en Excel como «Libro de Excel (.xlsx)», sin "
        "macros",
        "The file is a workbook with macros (.xlsm). Save it in Excel as “Excel Workbook (.xlsx)”, without "
        "them",
    ),
    "xlsx_is_ods": Text(
        "El archivo es de LibreOffice u OpenOffice (.ods). Guárdelo como «Excel 2007-365 (.xlsx)»",
        "The file is one of LibreOffice or OpenOffice (.ods). Save it as “Excel 2007-365 (.xlsx)”",
    ),
    "xlsx_is_html": Text(
        "El archivo es una página web (HTML) con nombre de Excel, como la que exportan algunos sistemas. "
        "Ábralo en Excel y guárdelo como «Libro de Excel (.xlsx)»",
        "The file is a web page (HTML) named like a workbook, as some systems export it. Open it in Excel "
        "and "
        "save it as “Excel Workbook (.xlsx)”",
    ),
    "xlsx_is_csv": Text(
        "El archivo es texto separado por comas (CSV) con nombre de Excel. Cambie su extensión a .csv",
        "The file is comma-separated text (CSV) named like a workbook. Change its extension to .csv",
    ),
    "xlsx_is_pdf": Text(
        "El archivo es un PDF, no un libro de Excel. Suba el libro del que salió",
        "The file is a PDF, not an Excel workbook. Upload the workbook that it was made from",
    ),
    "xlsx_is_zip": Text(
        "El archivo es un ZIP que no contiene un libro de Excel (quizá otros archivos). Descomprímalo y suba "
        "el libro",
        "The file is a ZIP that holds no Excel workbook (perhaps other files). Unpack it and upload the "
        "workbook",
    ),
    "xlsx_truncated": Text(
        "El archivo está incompleto: le falta el final, como si se hubiera cortado la descarga o la copia. "
        "Consiga una copia completa",
        "The file is incomplete: its end is missing, as if a download or copy had been cut short. Get a "
        "whole "
        "copy",
    ),
    "xlsx_inconsistent": Text(
        "El índice del archivo contradice su contenido. Ábralo en Excel, guárdelo de nuevo y vuelva a "
        "subirlo",
        "The index of the file contradicts its content. Open it in Excel, save it again and upload it again",
    ),
    "xlsx_too_many_parts": Text(
        "El archivo tiene más de {limit} partes internas. Copie la tabla a un libro nuevo",
        "The file has more than {limit} inner parts. Copy the table into a new workbook",
    ),
    "xlsx_bomb": Text(
        "El archivo ocuparía, descomprimido, mucho más que cualquier libro de verdad. Copie la tabla a un "
        "libro "
        "nuevo",
        "Unpacked, the file would take far more than any real workbook. Copy the table into a new workbook",
    ),
    "xlsx_entities": Text(
        "El archivo contiene declaraciones que ningún programa de hojas de cálculo escribe (DTD). Copie la "
        "tabla "
        "a un libro nuevo",
        "The file holds declarations that no spreadsheet program writes (DTD). Copy the table into a new "
        "workbook",
    ),
    "xlsx_too_deep": Text(
        "La hoja está anidada a más de {limit} niveles, lo que ningún programa escribe. Copie la tabla a un "
        "libro nuevo",
        "The sheet is nested more than {limit} levels deep, which no program writes. Copy the table into a "
        "new "
        "workbook",
    ),
    "xlsx_beyond_sheet": Text(
        "La hoja tiene algo en {cell}, fuera de lo que cabe en Excel (1.048.576 filas y 16.384 columnas)",
        "The sheet has something at {cell}, beyond what Excel holds (1,048,576 rows and 16,384 columns)",
    ),
    "xlsx_disordered": Text(
        "Las filas o celdas de la hoja están desordenadas o repetidas cerca de la fila {row}. Ábrala en "
        "Excel y "
        "guárdela de nuevo",
        "Rows or cells of the sheet are out of order or repeated near row {row}. Open it in Excel and save "
        "it "
        "again",
    ),
    "xlsx_cell_too_long": Text(
        "Una celda de la hoja ({cell}) tiene más de {limit} caracteres; en Excel caben 32.767",
        "A cell of the sheet ({cell}) has more than {limit} characters; Excel holds 32,767",
    ),
    "xlsx_too_many_cells": Text(
        "La hoja tiene más de {limit} celdas. Borre las filas y columnas que sobran o divida el archivo",
        "The sheet has more than {limit} cells. Delete rows and columns that are not needed, or split the "
        "file",
    ),
    "xlsx_too_many_strings": Text(
        "El libro tiene más de {limit} textos distintos. Divídalo en archivos menores",
        "The workbook has more than {limit} different texts. Split it into smaller files",
    ),
    "xlsx_too_many_styles": Text(
        "El libro tiene más de {limit} formatos de celda; en Excel caben 65.490. Copie solo los valores de "
        "la "
        "tabla a un libro nuevo",
        "The workbook has more than {limit} cell formats; Excel holds 65,490. Copy only the values of the "
        "table "
        "into a new workbook",
    ),
    "xlsx_without_values": Text(
        "Las fórmulas de la hoja no tienen resultado guardado. Ábrala en Excel, guárdela y vuelva a subirla",
        "The formulas of the sheet were stored without results. Open it in Excel, save it and upload it "
        "again",
    ),
    "xlsx_no_sheet": Text(
        "El libro no tiene ninguna hoja de cálculo visible. Muestre la hoja de la tabla y guárdelo",
        "The workbook has no worksheet that is visible. Unhide the sheet with the table and save it",
    ),
    "xlsx_strict": Text(
        "El libro es «Open XML estricto» y tiene errores, fórmulas sin resultado o una forma poco común "
        "que no se "
        "puede leer con seguridad. Guárdelo como «Libro de Excel (.xlsx)»",
        "The workbook is “Strict Open XML” and has errors, formulas without results or an uncommon form that "
        "cannot be read safely. Save it as “Excel Workbook (.xlsx)”",
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
NOTICES: dict[str, Text] = {
    "sheet_chosen": Text(
        "Se leyó la hoja «{sheet}», la primera visible; no se leyeron: {others}",
        "The sheet “{sheet}” was read, the first one visible; these were not read: {others}",
    ),
    "hidden_rows": Text(
        "Hay {count} filas ocultas o filtradas (la primera es la {first}); también se cargan",
        "There are {count} rows hidden or filtered out (the first is {first}); they are loaded as well",
    ),
    "hidden_columns": Text(
        "Hay columnas ocultas ({columns}); también se leen",
        "There are hidden columns ({columns}); they are read as well",
    ),
    "merged_cells": Text(
        "Hay {count} grupos de celdas combinadas (el primero es {first}); solo la primera celda de cada "
        "grupo "
        "tiene el valor, las demás cuentan como vacías",
        "There are {count} groups of merged cells (the first is {first}); only the first cell of each has "
        "the "
        "value, the others count as empty",
    ),
}


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
