"""Make the catalogue of error codes anew: ``python -m data.make_error_codes``.

It lists what the code knows, and nothing else: a test compares the page with what this makes.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import bff.errors  # noqa: F401 - their problems count as well
import catalog_service.errors  # noqa: F401
import common.security
import common.server  # noqa: F401
from common.problems import Problem
from common.texts import NOTICES, ROW_FAULTS, TASK_ERRORS, Text

PAGE = Path(__file__).parent.parent / "docs" / "es" / "codigos-de-error.md"

_INTRODUCTION = """\
# Códigos de error

Esta página se genera del código con `python -m data.make_error_codes`; no la edite a mano. Un código no
cambia nunca de nombre; la frase puede mejorar. Lo que está entre llaves se completa con los datos del caso.
La frase en inglés llega con `Accept-Language: en`.
"""
_HTTP = """
## Respuestas HTTP

Cuerpo `application/problem+json` (RFC 9457) con `code`, `detail` (la frase) y `correlation_id`. Con
`Retry-After` la misma solicitud puede repetirse pasados esos segundos.

| estado | `code` | frase | en inglés |
|---|---|---|---|
"""
_TASKS = """
## Cargas fallidas

`error_code` de una tarea con `status` `failed`; la frase está en `error`. No entró ninguna fila más.

| `error_code` | frase | en inglés |
|---|---|---|
"""
_ROWS = """
## Filas rechazadas

`codigos` de cada elemento de `errores`, y `codigo` de cada grupo. Las demás filas entran.

| `codigo` | frase | en inglés |
|---|---|---|
"""
_WARNINGS = """
## Advertencias

`codigo` de cada elemento de `advertencias`: el archivo se leyó, y esto conviene saberlo.

| `codigo` | frase | en inglés |
|---|---|---|
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(error_codes_page())


def error_codes_page() -> str:
    """Return the page."""
    problems = sorted({(problem.status, problem.code): problem for problem in _problems()}.items())
    answers = [_row(_status(problem), f"`{code}`", *problem.text) for (_, code), problem in problems]
    sections = (
        (_TASKS, TASK_ERRORS),
        (_ROWS, ROW_FAULTS),
        (_WARNINGS, NOTICES),
    )
    parts = [_INTRODUCTION, _HTTP, *answers]
    for heading, texts in sections:
        parts += [heading, *_rows(texts)]
    return "".join(parts)


def _problems(of: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Yield the problems that a service answers with; those of others, of tests say, are none."""
    for problem in (of, *of.__subclasses__()):
        if problem is of:
            if "code" in vars(of) and of.__module__.startswith(("common.", "catalog_service.", "bff.")):
                yield of
        else:
            yield from _problems(problem)


def _status(problem: type[Problem]) -> str:
    return f"{problem.status} (`Retry-After`)" if problem.retry_after is not None else str(problem.status)


def _rows(texts: Mapping[str, Text]) -> Iterable[str]:
    return (_row(f"`{code}`", *text) for code, text in sorted(texts.items()))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    main()
