"""What is worth knowing of a file that could be read."""

from common.texts.language import Text

#: What a person should know of a file that was read all the same.
NOTICES: dict[str, Text] = {
    "columns_renamed": Text(
        "Se reconocieron encabezados por otro nombre: {columns}. Revise que cada uno sea lo que dice",
        "Headers were recognised by another name: {columns}. See that each is what it says",
    ),
    "columns_outranked": Text(
        "No se leyeron encabezados que podrían valer por una columna que ya está con su propio nombre: "
        "{columns}",
        "Headers that could stand for a column which is there by its own name were not read: {columns}",
    ),
    "columns_ignored": Text(
        "No se leyeron {count} columnas que un catálogo no tiene: {columns}",
        "{count} columns that a catalogue does not have were not read: {columns}",
    ),
    "column_unnamed": Text(
        "La columna {place} no tiene encabezado y no se leyó: tiene valores en {count} filas (primeras: "
        "{rows}), "
        "como «{value}». Póngale encabezado si hace falta",
        "Column {place} has no header and was not read: it has values in {count} rows (first: {rows}), like "
        "“{value}”. Give it a header if it is needed",
    ),
    "numbers_read_by_column": Text(
        "{column}: {count} valores (filas {rows}) podían leerse de dos maneras; «{value}» se leyó como "
        "{read_as}, "
        "porque otros de la columna se escriben como «{example}»",
        "{column}: {count} values (rows {rows}) could be read in two ways; “{value}” was read as {read_as}, "
        "because others of the column are written like “{example}”",
    ),
    "numbers_read_by_currency": Text(
        "{column}: {count} valores (filas {rows}) podían leerse de dos maneras; «{value}» se leyó como "
        "{read_as}, "
        "porque el dinero no lleva tres decimales",
        "{column}: {count} values (rows {rows}) could be read in two ways; “{value}” was read as {read_as}, "
        "because money has no three decimals",
    ),
    "currency_dropped": Text(
        "{column}: {count} precios (filas {rows}) llevan moneda ({currencies}), como «{value}»; se guardó "
        "solo el "
        "número, sin convertirlo",
        "{column}: {count} prices (rows {rows}) have a currency ({currencies}), like “{value}”; only the "
        "number "
        "was kept, as it stands",
    ),
    "blank_beside_x": Text(
        "{column}: hay celdas marcadas con «x» y {count} vacías (filas {rows}); las vacías se tomaron como "
        "sí. "
        "Escriba no donde no corresponda",
        "{column}: there are cells marked with “x” and {count} empty ones (rows {rows}); the empty ones were "
        "taken for yes. Write no where it does not apply",
    ),
    "identifiers_exponent": Text(
        "{column}: {count} valores (filas {rows}) parecen números largos en notación científica, como "
        "«{value}». "
        "Dé a la columna formato de texto y vuelva a escribirlos",
        "{column}: {count} values (rows {rows}) look like long numbers in scientific notation, like "
        "“{value}”. "
        "Format the column as text and type them again",
    ),
    "identifiers_rounded": Text(
        "{column}: {count} valores (filas {rows}) tienen más de 15 cifras y terminan en ceros, como "
        "«{value}»: la "
        "hoja de cálculo pudo redondearlos. Compárelos con el original",
        "{column}: {count} values (rows {rows}) have more than 15 digits and end in zeros, like “{value}”: "
        "the "
        "spreadsheet may have rounded them. Compare them with the original",
    ),
    "identifiers_as_dates": Text(
        "{column}: {count} valores (filas {rows}) parecen fechas, como «{value}»: la hoja de cálculo pudo "
        "cambiarlos. Dé a la columna formato de texto y vuelva a escribirlos",
        "{column}: {count} values (rows {rows}) look like dates, like “{value}”: the spreadsheet may have "
        "changed "
        "them. Format the column as text and type them again",
    ),
    "leading_zeros_lost": Text(
        "{column}: {count} valores (filas {rows}) son más cortos que los demás, de {usual} cifras, como "
        "«{value}»: "
        "pudieron perder ceros a la izquierda. Dé a la columna formato de texto y vuelva a escribirlos",
        "{column}: {count} values (rows {rows}) are shorter than the others, of {usual} digits, like "
        "“{value}”: "
        "they may have lost leading zeros. Format the column as text and type them again",
    ),
    "mojibake": Text(
        "{column}: {count} valores (filas {rows}) tienen letras dañadas, como «{value}». Guarde de nuevo "
        "el archivo "
        "original como «CSV UTF-8»",
        "{column}: {count} values (rows {rows}) have damaged letters, like “{value}”. Save the original "
        "file again "
        "as “CSV UTF-8”",
    ),
    "replacement_characters": Text(
        "{column}: {count} valores (filas {rows}) tienen letras perdidas (�), como «{value}». Vuelva a "
        "escribirlas",
        "{column}: {count} values (rows {rows}) have lost letters (�), like “{value}”. Type them again",
    ),
    "encoding_windows_1252": Text(
        "El archivo no está en UTF-8 y se leyó como Windows-1252; si ve letras cambiadas, guárdelo como "
        "«CSV UTF-8»",
        "The file is not in UTF-8 and was read as Windows-1252; if you see wrong letters, save it as “CSV "
        "UTF-8”",
    ),
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
