"""What the worker wants of the process that makes an error file."""

from typing import Any

import msgspec

from common.texts import Language


class ErrorFileOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of what the process reads; every other one is an :class:`OpenRow`, in file order.

    ``source`` and ``format`` are "xlsx" or "csv"; ``task_id`` is the upload whose rows these are, in the end;
    ``columns`` says how the file's columns were understood.
    """

    source: str
    format: str
    language: Language
    task_id: str
    columns: list[dict[str, Any]]
    memory_bytes: int
    cpu_seconds: int


class OpenRow(msgspec.Struct, frozen=True, array_like=True):
    """A rejected row that nobody has brought in since. ``origin``: its number under ``fila``, if it has
    one."""

    fila: int
    origin: int | None
    faults: list[dict[str, Any]]


decode_order = msgspec.json.Decoder(ErrorFileOrder).decode
decode_row = msgspec.json.Decoder(OpenRow).decode
