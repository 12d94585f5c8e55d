"""Why a row is rejected."""

from common.texts.language import Text

#: Why a row of the file was rejected.
ROW_FAULTS: dict[str, Text] = {
    "required_missing": Text(
        "Campos obligatorios vacíos: {columns}",
        "Required fields are empty: {columns}",
    ),
    "too_long": Text(
        "{column}: «{value}» tiene {length} caracteres y el máximo es {limit}; acórtelo",
        "{column}: “{value}” has {length} characters and the limit is {limit}; make it shorter",
    ),
    "not_a_number": Text(
        "{column}: «{value}» no es un número; escríbalo como 1234.50",
        "{column}: “{value}” is not a number; write it like 1234.50",
    ),
    "decimal_comma_ambiguous": Text(
        "{column}: «{value}» puede ser {thousands} o {decimal}; escriba {thousands} si la coma separa miles, "
        "o dos decimales como máximo si separa decimales",
        "{column}: “{value}” may be {thousands} or {decimal}; write {thousands} if the comma separates "
        "thousands, or two decimals at most if it is the decimal mark",
    ),
    "decimal_point_ambiguous": Text(
        "{column}: «{value}» puede ser {thousands} o {decimal}; escriba {thousands} si el punto separa "
        "miles, "
        "o dos decimales como máximo si separa decimales",
        "{column}: “{value}” may be {thousands} or {decimal}; write {thousands} if the point separates "
        "thousands, or two decimals at most if it is the decimal mark",
    ),
    "separators_misplaced": Text(
        "{column}: los puntos, comas o espacios de «{value}» no forman un número; escríbalo como 1234.50",
        "{column}: the points, commas or spaces of “{value}” do not make a number; write it like 1234.50",
    ),
    "percent_number": Text(
        "{column}: «{value}» es un porcentaje y aquí va una cantidad; escríbala sin %",
        "{column}: “{value}” is a percentage and this is an amount; write it without %",
    ),
    "exponent_number": Text(
        "{column}: «{value}» está en notación científica; dé a la celda formato de número y escriba todas "
        "las "
        "cifras, como 120000",
        "{column}: “{value}” is in scientific notation; format the cell as a number and write all of its "
        "digits, like 120000",
    ),
    "not_finite": Text(
        "{column}: «{value}» no es una cantidad; escriba el número, o deje la celda vacía si es opcional",
        "{column}: “{value}” is no amount; write the number, or leave the cell empty if it is optional",
    ),
    "digit_underscore": Text(
        "{column}: «{value}» lleva guiones bajos entre las cifras; escríbalo sin ellos, como 1000",
        "{column}: “{value}” has underscores between its digits; write it without them, like 1000",
    ),
    "foreign_digits": Text(
        "{column}: «{value}» usa cifras que no son las del 0 al 9; escríbalo con ellas, como 1234.50",
        "{column}: “{value}” uses other digits than 0 to 9; write it with these, like 1234.50",
    ),
    "currency_unexpected": Text(
        "{column}: «{value}» lleva una moneda y aquí va un número entero; escríbalo sin ella, como 5",
        "{column}: “{value}” has a currency and this is a whole number; write it without, like 5",
    ),
    "identifier_exponent": Text(
        "{column}: «{value}» es un número largo que la hoja de cálculo recortó, y ya no se sabe cuál era; "
        "dé a la columna formato de texto y vuelva a escribir el código completo",
        "{column}: “{value}” is a long number that the spreadsheet cut short, and which one it was is lost; "
        "format the column as text and type the whole code again",
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
        "{column}: «{value}» no es un valor de sí o no; escriba sí o no (o true, false, 1, 0, x)",
        "{column}: “{value}” is not a yes or no; write sí or no (or true, false, 1, 0, x)",
    ),
    "control_character": Text(
        "{column}: «{value}» contiene un carácter de control invisible ({character}); "
        "vuelva a escribir el valor",
        "{column}: “{value}” contains an invisible control character ({character}); type the value again",
    ),
    "lone_surrogate": Text(
        "{column}: «{value}» contiene medio carácter ({character}), que no es texto; vuelva a escribir el "
        "valor",
        "{column}: “{value}” contains half a character ({character}), which is no text; type the value again",
    ),
    "direction_character": Text(
        "{column}: «{value}» contiene un carácter invisible que cambia la dirección del texto ({character}); "
        "vuelva a escribir el valor a mano, sin copiarlo",
        "{column}: “{value}” contains an invisible character that turns the direction of the text "
        "({character}); type the value by hand, without copying it",
    ),
    "cell_error": Text(
        "{column}: la celda contiene el error {value} de la hoja de cálculo; corrija la fórmula",
        "{column}: the cell holds the spreadsheet error {value}; mend the formula",
    ),
    "formula_without_value": Text(
        "{column}: la celda tiene una fórmula sin resultado guardado; abra el archivo en Excel y guárdelo",
        "{column}: the cell has a formula without a stored result; open the file in Excel and save it",
    ),
    "stray_quote": Text(
        "{column}: «{value}» contiene comillas que no rodean la celda; ponga entre comillas la celda "
        "entera y "
        'escriba dobles las de adentro, como "Tubo de 5"" de acero"',
        "{column}: “{value}” holds quotes that do not stand around the cell; put quotes around all of it and "
        'double those inside, like "Tube of 5"" steel"',
    ),
    "row_encoding": Text(
        "La fila tiene letras que no están en {encoding}, como lo está el resto del archivo; "
        "guárdelo entero como «CSV UTF-8»",
        "The row has letters that are not in {encoding}, as the rest of the file is; save all of it as "
        "“CSV UTF-8”",
    ),
    "row_beside_fragment": Text(
        "La fila está junto a otra de un solo valor (la {fragment}), que puede ser un pedazo suyo; "
        "una las dos si lo es, o borre la otra",
        "The row is beside one of a single value (row {fragment}), which may be a piece of it; join the "
        "two if "
        "so, or delete the other",
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
