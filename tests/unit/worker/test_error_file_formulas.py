"""A formula without a result moves with its row only where it must come to the same there."""

import pytest

from worker.error_file.formulas import NO_VALUE, moved


@pytest.mark.parametrize(
    ("formula", "kept"),
    [
        ("B7*2", "F2*2"),
        ('B7&" x "&C7', 'F2&" x "&G2'),
        ("SUM(A7:C7)", "SUM(E2:G2)"),
        ("if(b7>0,1,2)", "if(F2>0,1,2)"),
        ("1+1", "1+1"),
        # of another row, or of a place that stays where it was: something else stands there now
        ("B8*2", NO_VALUE),
        ("B$7*2", NO_VALUE),
        ("$B7*2", NO_VALUE),
        ("SUM(A6:C7)", NO_VALUE),
        ("SUM(A:A)", NO_VALUE),
        ("B7*Z$1", NO_VALUE),
        # of another sheet or book, by a name, by a macro
        ("Hoja2!B7", NO_VALUE),
        ("[1]Hoja1!B7", NO_VALUE),
        ("tasa*B7", NO_VALUE),
        ("_xll.CARGA(B7)", NO_VALUE),
        ("Libro.xlsm!Macro(B7)", NO_VALUE),
        # what is none
        ("", NO_VALUE),
        ('"', NO_VALUE),
        ("((", NO_VALUE),
        ("B7+" * 1000 + "1", NO_VALUE),
    ],
)
def test_a_formula_is_moved(formula: str, kept: str) -> None:
    assert moved(formula, fila=7, origin="D7", place="H2") == kept
