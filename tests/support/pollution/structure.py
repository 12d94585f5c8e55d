"""Damage to what divides a file: delimiters, line ends, the number of cells in a row."""

from collections.abc import Iterator

from tests.support.pollution.catalogue import (
    FIRST,
    HEADER,
    LAST,
    MIDDLE,
    ORDERS,
    ROWS,
    Form,
    Variant,
    unchanged,
)

DELIMITERS = ",;\t|"
#: Lines of the file: the header, the first row, the middle one, the last.
LINES = {"header": 0, "first": FIRST + 1, "middle": MIDDLE + 1, "last": LAST + 1}


def forms() -> Iterator[tuple[str, Form]]:
    for delimiter in DELIMITERS:
        for quote_all in (False, True):
            yield f"{delimiter!r} {'all' if quote_all else 'few'} quoted", Form(delimiter, quote_all)


def damaged_file(name: str, form: Form, lines: list[str]) -> Variant:
    return Variant(name, form.text(lines).encode(), unchanged())


def cells_of(form: Form, line: int) -> list[str]:
    """The cells of a line of the file as they are written there."""
    return form.cells(HEADER if line == 0 else ROWS[line - 1])


def good_files() -> Iterator[Variant]:
    """What is not damaged at all, in every form that is taken."""
    encodings = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
    for kind, form in forms():
        for end in ("\r\n", "\n", "\r"):
            for encoding in encodings:
                for first in ("", f"sep={form.delimiter}"):
                    for order in ORDERS.values():
                        lines = form._replace(order=order).lines()
                        text = form._replace(end=end).text([first, *lines] if first else lines)
                        name = f"good: {kind}, {end!r}, {encoding}, {first!r}, {order[0]}"
                        yield Variant(name, text.encode(encoding), unchanged())


def delimiters() -> Iterator[Variant]:
    """Delimiters replaced, lost, doubled, added, and set apart by spaces."""
    for kind, form in forms():
        for where, line in LINES.items():
            cells = cells_of(form, line)
            for change, damaged in _delimiter_damage(cells, form.delimiter):
                lines = form.lines()
                lines[line] = damaged
                yield damaged_file(f"delimiter: {kind}, {where}, {change}", form, lines)


def _delimiter_damage(cells: list[str], own: str) -> Iterator[tuple[str, str]]:
    for other in (*(each for each in DELIMITERS if each != own), ":", " ", "\u00a0", own * 2, ""):
        yield f"all {other!r}", other.join(cells)
        for place in range(1, len(cells)):
            yield f"number {place} {other!r}", own.join(cells[:place]) + other + own.join(cells[place:])
    yield "spaces behind", (own + " ").join(cells)
    yield "spaces before", (" " + own).join(cells)
    for surplus in (own, own * 2, own * 13):
        yield f"{surplus!r} at the end", own.join(cells) + surplus
        yield f"{surplus!r} at the beginning", surplus + own.join(cells)


def all_delimiters() -> Iterator[Variant]:
    """Header and rows in different delimiters, and other signs than those that are taken."""
    for head in DELIMITERS + ":^~":
        for body in DELIMITERS + ":^~":
            if head != body or head not in DELIMITERS:
                lines = [Form(head).line(HEADER), *(Form(body).line(row) for row in ROWS)]
                yield damaged_file(f"delimiter: header {head!r}, rows {body!r}", Form(), lines)
    for declared in DELIMITERS + ":":
        for used in DELIMITERS:
            if declared != used:
                lines = [f"sep={declared}", *Form(used).lines()]
                yield damaged_file(f"delimiter: says {declared!r}, is {used!r}", Form(), lines)


def line_ends() -> Iterator[Variant]:
    """Ends of lines replaced and lost, one or all."""
    ends = ["\r", "\n", "\r\n", "\r\r\n", "\n\r", "\n\n", "", " ", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85",
            "\u2028", "\u2029", "\\n", "\0", ","]  # fmt: skip
    for kind, form in forms():
        for end in ends:
            yield Variant(f"end: {kind}, all {end!r}", end.join(form.lines()).encode(), unchanged())
            for where, line in LINES.items():
                lines = [each + form.end for each in form.lines()]
                lines[line] = form.lines()[line] + end
                yield Variant(f"end: {kind}, {where} {end!r}", "".join(lines).encode(), unchanged())


def breaks() -> Iterator[Variant]:
    """A line break without quotes in every cell."""
    for kind, form in forms():
        for name, order in ORDERS.items():
            ordered = form._replace(order=order)
            for where, line in LINES.items():
                for place in range(len(HEADER)):
                    for end in ("\n", "\r\n", "\r"):
                        cells = cells_of(ordered, line)
                        cell = cells[place].strip('"')
                        half = len(cell) // 2
                        cells[place] = cell[:half] + end + cell[half:]
                        lines = ordered.lines()
                        lines[line] = form.delimiter.join(cells)
                        change = f"break: {kind}, {name}, {where}, cell {place}, {end!r}"
                        yield damaged_file(change, form, lines)


def shapes() -> Iterator[Variant]:
    """Cells too many or too few."""
    for kind, form in forms():
        for where, line in LINES.items():
            for change, damaged in _shape_damage(cells_of(form, line), form.delimiter):
                lines = form.lines()
                lines[line] = damaged
                yield damaged_file(f"shape: {kind}, {where}, {change}", form, lines)


def lines_put_in() -> Iterator[Variant]:
    """Lines that are blank, and lines that are no rows."""
    for kind, form in forms():
        blanks = ("", " ", form.delimiter * 12, form.delimiter * 3, '""')
        strange = ("Total: 7", "# nota", "Catálogo 2024", form.line(HEADER), "x" * 200_000, "\x1a")
        for extra in (*blanks, *strange):
            for line in (0, 1, MIDDLE, LAST + 1, LAST + 2):
                lines = form.lines()
                lines.insert(line, extra)
                yield damaged_file(f"line: {kind}, {extra[:20]!r} at {line}", form, lines)


def cuts() -> Iterator[Variant]:
    """The file cut off anywhere in its last line."""
    for kind, form in forms():
        text = form.text(form.lines())
        end = len(text) - len(form.end)
        for cut in range(end - len(form.lines()[-1]) + 1, end):
            yield Variant(f"cut: {kind}, at {cut}", text[:cut].encode(), unchanged())


def _shape_damage(cells: list[str], delimiter: str) -> Iterator[tuple[str, str]]:
    for count in range(1, len(cells)):
        yield f"{count} cells", delimiter.join(cells[:count])
        # a row that has lost all its text is none
        if any(cell.strip('"') for cell in cells[-count:]):
            yield f"the last {count} cells", delimiter.join(cells[-count:])
    for place in range(len(cells)):
        yield f"without cell {place}", delimiter.join(cells[:place] + cells[place + 1 :])
        yield f"one more cell at {place}", delimiter.join([*cells[:place], "de más", *cells[place:]])
        yield f"one more number at {place}", delimiter.join([*cells[:place], "1", *cells[place:]])
        # behind the last number there is nothing to tell a shifted cell by
        if place < len(cells) - 2:
            yield f"shifted from cell {place}", delimiter.join([*cells[:place], *cells[place + 1 :], ""])
