"""Damage to the quotes of a file."""

import re
from collections.abc import Iterator

from tests.support.pollution.catalogue import (
    HEADER,
    LAST,
    ORDERS,
    ROWS,
    TRUTH,
    Form,
    Values,
    Variant,
    changed,
    typed,
    unchanged,
)
from tests.support.pollution.structure import LINES, cells_of, damaged_file, forms


def quotes() -> Iterator[Variant]:
    """A quote, or two, in every cell: at its beginning, in the middle, at its end."""
    for kind, form in forms():
        for where, line in LINES.items():
            for place in range(len(HEADER)):
                for change, damaged in _quote_damage(cells_of(form, line)[place]):
                    cells = cells_of(form, line)
                    if damaged == cells[place]:
                        continue
                    cells[place] = damaged
                    lines = form.lines()
                    lines[line] = form.delimiter.join(cells)
                    right = _by_the_rules(line, place, damaged)
                    name = f"quote: {kind}, {where}, cell {place}, {change}"
                    yield Variant(name, form.text(lines).encode(), right)


def _by_the_rules(line: int, place: int, written: str) -> tuple[frozenset[Values], ...]:
    """What is right where a damaged cell is one that a program may have written: with quotes as its text."""
    if line == 0 or not re.fullmatch(r'"(?:[^"]|"")*"', written):
        return unchanged()
    cells = ROWS[line - 1].copy()
    cells[place] = written[1:-1].replace('""', '"')
    try:
        return changed(line - 1, TRUTH[line - 1], typed(cells))
    except (ValueError, ArithmeticError):
        return unchanged()


def _quote_damage(cell: str) -> Iterator[tuple[str, str]]:
    half = len(cell) // 2
    for quote in ('"', '""', '"""'):
        yield f"{quote} before", quote + cell
        yield f"{quote} behind", cell + quote
        yield f"{quote} within", cell[:half] + quote + cell[half:]
    yield "around", f'"{cell}"'
    yield "a space before quotes", f' "{cell.strip(chr(34))}"'
    yield "a space behind quotes", f'"{cell.strip(chr(34))}" '
    yield "text behind quotes", f'"{cell.strip(chr(34))}"x'
    if cell.startswith('"'):
        yield "no quote before", cell[1:]
        yield "no quote behind", cell[:-1]
        yield "no quotes around", cell[1:-1]
    if '""' in cell[1:-1]:
        yield "not doubled", cell[:1] + cell[1:-1].replace('""', '"') + cell[-1:]
        yield "backslash", cell[:1] + cell[1:-1].replace('""', '\\"') + cell[-1:]
        yield "backslash and doubled", cell[:1] + cell[1:-1].replace('""', '\\""') + cell[-1:]


def pairs_of_quotes() -> Iterator[Variant]:
    """One quote that opens and one that closes in the same column, one or two lines below."""
    for kind, form in forms():
        for name, order in ORDERS.items():
            ordered = form._replace(order=order)
            for line in (0, 1, 2, LAST - 1, LAST):
                for below in (1, 2):
                    for place in range(len(HEADER)):
                        if line + below <= len(ROWS):
                            lines = _with_pair(ordered, line, line + below, place)
                            yield damaged_file(
                                f"pair: {kind}, {name}, {line} to +{below}, cell {place}", form, lines
                            )


def _with_pair(form: Form, first: int, second: int, place: int) -> list[str]:
    lines = form.lines()
    opening, closing = cells_of(form, first), cells_of(form, second)
    opening[place] = '"' + opening[place].removeprefix('"').removesuffix('"')
    closing[place] = closing[place].removeprefix('"').removesuffix('"') + '"'
    lines[first], lines[second] = form.delimiter.join(opening), form.delimiter.join(closing)
    return lines


def quoted_lines() -> Iterator[Variant]:
    """Whole lines in quotes, and other signs than quotes."""
    for kind, form in forms():
        for where, line in LINES.items():
            for change, damaged in {
                "quotes around the line": '"' + form.lines()[line] + '"',
                "the line as a cell": '"' + form.lines()[line].replace('"', '""') + '"',
                "one quote before the line": '"' + form.lines()[line],
                "one quote behind the line": form.lines()[line] + '"',
            }.items():
                lines = form.lines()
                lines[line] = damaged
                yield damaged_file(f"quote: {kind}, {where}, {change}", form, lines)
        wrapped = ['"' + line.replace('"', '""') + '"' for line in form.lines()]
        yield damaged_file(f"quote: {kind}, all lines as cells", form, wrapped)
        for sign in ("'", "''"):
            signed = [line.replace('"', sign) for line in form.lines()]
            yield damaged_file(f"quote: {kind}, {sign} instead", form, signed)
