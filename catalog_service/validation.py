"""Decisions about an upload, by what was sent alone: nothing here reads, waits or remembers."""

import re
from pathlib import PurePosixPath

from catalog_service.errors import (
    ContentMismatch,
    FilenameMissing,
    InvalidBoolean,
    InvalidIdempotencyKey,
    InvalidProviderId,
    UnsupportedExtension,
)
from common.visible import is_visible

#: How much of a file `check_content` wants to see.
HEAD_BYTES = 4096

CONTENT_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}

_MAX_FILENAME_BYTES = 255

#: As the documentation of the API gives them.
PROVIDER_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
IDEMPOTENCY_KEY_PATTERN = r"^[!-~]{1,255}$"

#: What `parse_boolean` reads.
BOOLEAN_PATTERN = "^ *([Tt][Rr][Uu][Ee]|1|[Ss][IiÍí]|[Ff][Aa][Ll][Ss][Ee]|0|[Nn][Oo]) *$"

_PROVIDER_ID = re.compile(PROVIDER_ID_PATTERN)
_IDEMPOTENCY_KEY = re.compile(IDEMPOTENCY_KEY_PATTERN)

_YES = frozenset({"true", "1", "si", "sí"})
_NO = frozenset({"false", "0", "no"})

_ZIP = b"PK\x03\x04"
#: Of the kinds of file that people rename to .csv: zip and .xlsx, PDF, .xls, PNG, JPEG, gzip.
_NOT_TEXT = (_ZIP, b"%PDF-", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def clean_filename(sent: str) -> str:
    """Return the name to show for a file: its last path component, all of it visible, in 255 bytes.

    Control and formatting characters go (marks of direction show ``gpj.xlsx`` as ``xslx.jpg``), the extension
    stays.

    Raises:
        FilenameMissing: nothing is left.
    """
    last = re.split(r"[/\\]", sent)[-1]
    visible = "".join(filter(is_visible, last)).strip()
    if not visible.strip("."):
        raise FilenameMissing()
    extension = PurePosixPath(visible).suffix
    if len(extension.encode()) >= _MAX_FILENAME_BYTES:
        extension = ""
    stem = visible.removesuffix(extension).encode()[: _MAX_FILENAME_BYTES - len(extension.encode())]
    return stem.decode(errors="ignore") + extension


def check_extension(filename: str) -> str:
    """Return the extension of ``filename`` in lower case.

    Raises:
        UnsupportedExtension: it is not a kind of file that is taken.
    """
    extension = PurePosixPath(filename).suffix.lower()
    if extension not in CONTENT_TYPES:
        raise UnsupportedExtension(allowed=list(CONTENT_TYPES))
    return extension


def check_content(extension: str, head: bytes) -> None:
    """Compare the first bytes of a file with its extension.

    Raises:
        ContentMismatch: they belong to another kind of file.
    """
    if not (head.startswith(_ZIP) if extension == ".xlsx" else _may_be_text(head)):
        raise ContentMismatch(extension=extension)


def _may_be_text(head: bytes) -> bool:
    if head.startswith(_UTF16_MARKS):
        return True
    return b"\0" not in head and not head.startswith(_NOT_TEXT)


def check_provider_id(proveedor_id: str) -> str:
    """Return the provider's id, or raise ``InvalidProviderId``.

    It becomes part of keys, logs and shell lines, so it holds nothing that any of them could misread.
    """
    if _PROVIDER_ID.fullmatch(proveedor_id) is None:
        raise InvalidProviderId()
    return proveedor_id


def check_idempotency_key(key: str) -> str:
    """Return the key, or raise ``InvalidIdempotencyKey``."""
    if _IDEMPOTENCY_KEY.fullmatch(key) is None:
        raise InvalidIdempotencyKey()
    return key


def parse_boolean(parameter: str, value: str) -> bool:
    """Read true/false, 1/0, si/no, in any case.

    Raises:
        InvalidBoolean: it is neither.
    """
    word = value.strip(" ").lower()
    if word not in _YES | _NO:
        raise InvalidBoolean(parameter=parameter)
    return word in _YES
