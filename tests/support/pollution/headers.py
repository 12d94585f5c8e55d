"""Damage to the headers of a file."""

from collections.abc import Callable, Iterator
from unicodedata import normalize

from tests.support.pollution.catalogue import HEADER, ROWS, TRUTH, Form, Values, Variant, unchanged

#: Columns behind these may be missing, and mean this where they are.
_REQUIRED = 8
_DEFAULTS = dict(zip(HEADER[_REQUIRED:], [None, 10, 5, False, True], strict=True))


def _lines() -> list[str]:
    return Form().lines()


def headers() -> Iterator[Variant]:
    """Headers renamed, lost, doubled, emptied, added; columns lost with them."""
    for place, name in enumerate(HEADER):
        for change, damaged in _header_damage(place, name):
            optional = place >= _REQUIRED
            right = tuple(frozenset([row, _without(row, name)] if optional else [row]) for row in TRUTH)
            lines = [Form().join(damaged), *_lines()[1:]]
            yield Variant(f"header: {name} {change}", Form().text(lines).encode(), right, must_tell=True)
        kept = [other for other in range(len(HEADER)) if other != place]
        lines = [Form().join([row[other] for other in kept]) for row in (HEADER, *ROWS)]
        right = tuple(frozenset([_without(row, name)] if place >= _REQUIRED else []) for row in TRUTH)
        yield Variant(f"header: no column {name}", Form().text(lines).encode(), right)
    yield from _alike_headers()
    yield from _more_columns()
    yield Variant("header: none", Form().text(_lines()[1:]).encode(), unchanged())
    for name, lines in {
        "twice": [_lines()[0], *_lines()],
        "again at the end": [*_lines(), _lines()[0]],
        "last": [*_lines()[1:], _lines()[0]],
        "behind a title": ["Catálogo de productos 2024", *_lines()],
        "behind a wide title": ["Catálogo,,,,,,,,,,,,", *_lines()],
        "behind the date": ["Fecha,2024-01-31", "", *_lines()],
    }.items():
        yield Variant(f"header: {name}", Form().text(lines).encode(), unchanged(), must_tell=True)


def _header_damage(place: int, name: str) -> Iterator[tuple[str, list[str]]]:
    for change, text in {
        "emptied": "", "blank": " ", "without its first letter": name[1:], "without its last": name[:-1],
        "a letter more": name + "z", "another word": "columna", "a number": "5", "doubled": name + name,
        "another's name": HEADER[(place + 1) % len(HEADER)], "with NUL": name + "\0",
        "with a control character": name[:1] + "\x01" + name[1:],
    }.items():  # fmt: skip
        yield change, [*HEADER[:place], text, *HEADER[place + 1 :]]
    yield "put in twice", [*HEADER[:place], name, *HEADER[place:]]
    yield "taken out", [*HEADER[:place], *HEADER[place + 1 :]]
    yield "put in as an empty one", [*HEADER[:place], "", *HEADER[place:]]


def _without(row: Values, name: str) -> Values:
    place = HEADER.index(name)
    return (*row[:place], _DEFAULTS.get(name), *row[place + 1 :])


def _alike_headers() -> Iterator[Variant]:
    """Headers that a person takes for the right ones."""
    ways: dict[str, Callable[[str], str]] = {
        "upper case": str.upper, "capitals": str.title, "spaces": lambda name: name.replace("_", " "),
        "space around": lambda name: f"  {name} ", "spaces within": lambda name: name.replace("_", "  "),
        "decomposed": lambda name: normalize("NFD", name),
        "non-breaking": lambda name: name.replace("_", "\u00a0"),
    }  # fmt: skip
    for change, alike in ways.items():
        lines = [Form().join([alike(name) for name in HEADER]), *_lines()[1:]]
        yield Variant(f"header: {change}", Form().text(lines).encode(), unchanged())


def _more_columns() -> Iterator[Variant]:
    for place in range(len(HEADER) + 1):
        for name in ("notas", "", "id_2"):
            for cell in ("", "algo", "5"):
                table = [
                    Form().join([*row[:place], text, *row[place:]])
                    for row, text in [(HEADER, name), *((row, cell) for row in ROWS)]
                ]
                change = f"header: one more, {name!r} with {cell!r}, at {place}"
                yield Variant(change, Form().text(table).encode(), unchanged(), must_tell=bool(name or cell))
