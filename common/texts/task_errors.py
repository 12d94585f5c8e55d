"""Why a task fails."""

from common.texts.language import Text

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
    "xlsx_too_wide": Text(
        "La fila de encabezados llega hasta la columna {columns}, demasiado ancha para tantas filas. Borre "
        "lo que haya a la derecha de la tabla",
        "The header row reaches column {columns}, too wide for so many rows. Delete what stands right of the "
        "table",
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
        "La celda entre comillas que empieza en la línea {line} no termina donde debe: sigue texto tras su "
        "comilla "
        "de cierre. Rodee con comillas la celda entera y escriba dobles las de adentro",
        "The cell in quotes that begins in line {line} does not end where it should: text follows its "
        "closing "
        "quote. Put quotes around the whole cell and double those inside",
    ),
    "csv_is_workbook": Text(
        "El archivo es un libro de Excel (.xlsx) o un ZIP con nombre de CSV. Cambie su extensión a .xlsx, o "
        "guárdelo en Excel como «CSV UTF-8»",
        "The file is an Excel workbook (.xlsx) or a ZIP named like a CSV. Change its extension to .xlsx, or "
        "save it in Excel as “CSV UTF-8”",
    ),
    "csv_is_old_workbook": Text(
        "El archivo es un libro antiguo de Excel (.xls) o un libro con contraseña, con nombre de CSV. "
        "Guárdelo "
        "en Excel como «CSV UTF-8»",
        "The file is an old Excel workbook (.xls) or one with a password, named like a CSV. Save it in "
        "Excel as "
        "“CSV UTF-8”",
    ),
    "csv_is_html": Text(
        "El archivo es una página web (HTML o XML) con nombre de CSV. Ábralo en Excel y guárdelo como «CSV "
        "UTF-8»",
        "The file is a web page (HTML or XML) named like a CSV. Open it in Excel and save it as “CSV UTF-8”",
    ),
    "csv_is_binary": Text(
        "El archivo no es texto (parece un PDF, una imagen o un archivo comprimido) aunque se llame CSV. "
        "Suba el CSV original",
        "The file is no text (it looks like a PDF, an image or an archive) although it is named CSV. "
        "Upload the original CSV",
    ),
    "utf16_without_mark": Text(
        "El archivo está en UTF-16 sin la marca (BOM) que debe llevar al comienzo. Guárdelo como «CSV UTF-8»",
        "The file is in UTF-16 without the mark (BOM) that it must begin with. Save it as “CSV UTF-8”",
    ),
    "encoding_unsupported": Text(
        "El archivo está en {encoding}, que no se acepta. Guárdelo como «CSV UTF-8»",
        "The file is in {encoding}, which is not taken. Save it as “CSV UTF-8”",
    ),
    "encoding_broken": Text(
        "El archivo dice estar en {encoding}, pero en la línea {line} no lo está, o está cortado. Guárdelo "
        "de "
        "nuevo como «CSV UTF-8»",
        "The file says that it is in {encoding}, but in line {line} it is not, or it is cut off. Save it "
        "again "
        "as “CSV UTF-8”",
    ),
    "encoding_unknown": Text(
        "Las letras del archivo no están en UTF-8 ni en Windows-1252 (línea {line}, byte {byte}); puede "
        "ser de "
        "MS-DOS o de un Mac antiguo. Guárdelo como «CSV UTF-8»",
        "The letters of the file are neither in UTF-8 nor in Windows-1252 (line {line}, byte {byte}); it "
        "may come "
        "from MS-DOS or an old Mac. Save it as “CSV UTF-8”",
    ),
    "line_too_long": Text(
        "La línea {line} del archivo no termina nunca. Revise que cada producto esté en su propia línea",
        "Line {line} of the file never ends. See that each product has a line of its own",
    ),
    "delimiter_unsupported": Text(
        "La primera línea pide separar con «{delimiter}», que no se acepta. Use coma, punto y coma, "
        "tabulador o "
        "barra (|)",
        "The first line asks for “{delimiter}” as the delimiter, which is not taken. Use comma, semicolon, "
        "tab or "
        "bar (|)",
    ),
    "delimiter_ambiguous": Text(
        "No se sabe cuál separa las columnas, pues más de uno podría hacerlo: {delimiters} (línea {line}). "
        "Escriba sep=; como primera línea, con el que sea",
        "What divides the columns is not clear, since more than one might do: {delimiters} (line {line}). "
        "Write sep=; as the first line, with the one it is",
    ),
    "delimiter_differs": Text(
        "Los encabezados (línea {line}) se separan con «{header_delimiter}» y las filas con "
        "«{rows_delimiter}». "
        "Use el mismo en todo el archivo",
        "The headers (line {line}) are divided by “{header_delimiter}” and the rows by “{rows_delimiter}”. "
        "Use the same in all of the file",
    ),
    "header_not_divided": Text(
        "La línea {line}, donde deben estar los encabezados, tiene un solo valor, y las filas de abajo "
        "{found}, "
        "separados con «{delimiter}». Si es un título, bórrelo; si los encabezados se partieron, únalos en "
        "una línea",
        "Line {line}, which must hold the headers, has a single value, and the rows below have {found}, "
        "divided "
        "by “{delimiter}”. If it is a title, delete it; if the headers are broken over lines, join them in "
        "one",
    ),
    "header_width_differs": Text(
        "Los encabezados (línea {line}) son {expected} y todas las filas tienen {found} valores. Revise si "
        "falta un encabezado, o si en las filas sobran separadores o hay comas decimales sin comillas",
        "There are {expected} headers (line {line}) and all rows have {found} values. See whether a header "
        "is missing, or the rows have delimiters or decimal commas without quotes too many",
    ),
    "header_split": Text(
        "Los encabezados (línea {line}) parecen partidos en dos líneas. Únalos en una sola",
        "The headers (line {line}) seem to be broken over two lines. Join them in one",
    ),
    "header_damaged": Text(
        "Los encabezados (línea {line}) contienen comillas sueltas, caracteres de control o letras dañadas. "
        "Vuelva a escribirlos",
        "The headers (line {line}) hold stray quotes, control characters or damaged letters. Type them again",
    ),
    "lines_in_quotes": Text(
        "Cada línea entera está entre comillas (desde la {line}), así que no hay columnas. Quite las "
        "comillas que "
        "rodean las líneas, o guarde de nuevo desde el programa original",
        "Each line as a whole stands in quotes (from line {line}), so that there are no columns. Remove "
        "the quotes "
        "around the lines, or save it again from the original program",
    ),
    "csv_quote_open": Text(
        "La comilla que se abre en la línea {line} no se cierra. Ciérrela, o bórrela si sobra",
        "The quote that opens in line {line} is never closed. Close it, or delete it if it is one too many",
    ),
    "csv_rows_in_cell": Text(
        "La comilla que se abre en la línea {line} se cierra filas más abajo: lo que encierra parecen "
        "filas de la "
        "tabla. Bórrela si sobra, o ciérrela donde termina la celda",
        "The quote that opens in line {line} closes rows below: what it encloses looks like rows of the "
        "table. "
        "Delete it if it is one too many, or close it where the cell ends",
    ),
    "csv_lines_ragged": Text(
        "El registro que empieza en la línea {line} ocupa varias líneas y tiene {found} valores en vez de "
        "{expected}: no se sabe dónde termina. Revise sus comillas y separadores",
        "The record that begins in line {line} takes several lines and has {found} values instead of "
        "{expected}: "
        "where it ends is not known. Check its quotes and separators",
    ),
    "csv_cell_too_long": Text(
        "Una celda de la línea {line} tiene más de {limit} caracteres. Acórtela",
        "A cell in line {line} has more than {limit} characters. Make it shorter",
    ),
    "reader_limits": Text(
        "El archivo exige más memoria o tiempo de lo permitido para leerlo; divídalo en archivos menores",
        "Reading the file takes more memory or time than is allowed; split it into smaller files",
    ),
    "unsupported_extension": Text(
        "Solo se aceptan archivos {allowed}; guarde el suyo en uno de esos formatos",
        "Only {allowed} files are taken; save yours in one of these formats",
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
