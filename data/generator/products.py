"""Good products: ten that read like a real catalogue, and any number of made-up ones."""

from decimal import Decimal

from common.catalog import COLUMN_NAMES
from data.generator.files import Cell

ProductRow = dict[str, Cell]


def _product(*cells: Cell) -> ProductRow:
    return dict(zip(COLUMN_NAMES, cells, strict=True))


TEN_PRODUCTS: tuple[ProductRow, ...] = (
    _product(
        "PROD001", "Guantes de nitrilo talla M", "GUA-NIT-M", "Protección personal", Decimal("38900.00"),
        "INVIMA 2023DM-0026581", "Lugar fresco y seco, 15 a 30 °C", 3,
        "Caja x 100 unidades", 50, 20, True, True,
    ),
    _product(
        "PROD002", "Jeringa desechable 5 ml con aguja 21G", "JER-005-21G", "Material médico-quirúrgico",
        Decimal("420.50"), "INVIMA 2022DM-0019743", "Temperatura ambiente", 2,
        "Caja x 100 unidades", 200, 80, "sí", "sí",
    ),
    _product(
        "PROD003", "Solución salina 0,9 % 500 ml", "SOL-SAL-500", "Soluciones parenterales",
        Decimal("3150.00"), "INVIMA 2021M-0012890", "No congelar, menos de 30 °C", 4,
        "Bolsa x 500 ml", 120, 40, True, True,
    ),
    _product(
        "PROD004", "Termómetro clínico digital", "TER-DIG-01", "Equipos de diagnóstico", Decimal("18990.00"),
        "INVIMA 2020EBC-0008871", "Evitar la humedad", 5,
        "Unidad en estuche", 15, 5, False, False,
    ),
    _product(
        "PROD005", "Insulina glargina 100 UI/ml", "INS-GLA-100", "Medicamentos", Decimal("64500.00"),
        "INVIMA 2019M-0015532", "Cadena de frío, 2 a 8 °C", 1,
        "Caja x 5 cartuchos de 3 ml", 30, 12, True, True,
    ),
    _product(
        "PROD006", "Gasa estéril 10 × 10 cm", "GAS-EST-10", "Curación", Decimal("950.00"),
        "INVIMA 2023DM-0027004", "Lugar seco, empaque íntegro", 2,
        "Sobre x 5 unidades", 300, 100, "no", "sí",
    ),
    _product(
        "PROD007", "Mascarilla N95 sin válvula", "MAS-N95-SV", "Protección personal", Decimal("4990.00"),
        "INVIMA 2021DM-0022315", "Temperatura ambiente", 3,
        "Caja x 20 unidades", None, None, None, None,
    ),
    _product(
        "PROD008", "Catéter intravenoso periférico 20G", "CAT-IV-20G", "Material médico-quirúrgico",
        Decimal("2780.00"), "INVIMA 2022DM-0024410", "Protegido de la luz", 4,
        "Unidad estéril", 80, 30, 1, 1,
    ),
    _product(
        "PROD009", "Tensiómetro aneroide con fonendoscopio", "TEN-ANE-FON", "Equipos de diagnóstico",
        Decimal("112300.00"), "INVIMA 2020EBC-0009126", "Evitar golpes y calor", 7,
        None, 6, 2, False, False,
    ),
    _product(
        "PROD010", "Alcohol antiséptico 70 % 1 litro", "ALC-ANT-1000", "Antisépticos", Decimal("7600.00"),
        "INVIMA 2022M-0018277", "Lejos de fuentes de ignición", 2,
        "Frasco x 1.000 ml", 40, 15, False, True,
    ),
)  # fmt: skip

_THINGS = ("Apósito", "Bisturí", "Cánula", "Catéter", "Férula", "Jeringa", "Sonda", "Sutura", "Venda")
_QUALITIES = (
    "estéril",
    "pediátrico",
    "quirúrgico",
    "de algodón",
    "elástico",
    "hipoalergénico",
    "de silicona",
)
_CATEGORIES = ("Curación", "Cirugía", "Diagnóstico", "Protección personal", "Nutrición", "Respiración")
_STORAGE = ("Temperatura ambiente", "Cadena de frío, 2 a 8 °C", "Lugar seco y ventilado", "Lejos de la luz")


def made_up_product(number: int) -> ProductRow:
    """Return a good product; the same for the same ``number``, all of its own for another."""
    return _product(
        f"PROD{number:03}",
        f"{_THINGS[number % len(_THINGS)]} {_QUALITIES[number % len(_QUALITIES)]} n.º {number}",
        f"MED-{number:04}",
        _CATEGORIES[number % len(_CATEGORIES)],
        Decimal(number * 137 + 25).scaleb(-2),
        f"INVIMA {2018 + number % 8}DM-{number * 7919 % 1_000_000:06}",
        _STORAGE[number % len(_STORAGE)],
        number % 15,
        f"Caja x {(number % 9 + 1) * 10} unidades",
        number % 60 + 10,
        number % 10,
        number % 3 == 0,
        number % 4 != 0,
    )
