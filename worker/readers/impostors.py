"""What a file really is that is called .xlsx and is no workbook: each its own refusal."""

from typing import BinaryIO

from worker.readers.package import Package
from worker.readers.table import FileRefused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: The stream in which Office puts a workbook that a password protects.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_HEAD_BYTES = 4096
_PIECE_BYTES = 1024 * 1024
_MARKUP = (b"<html", b"<!doctype html", b"<table", b"<head", b"<meta", b"<style", b"<div", b"<body")
_CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\n\r\f")))


def refuse_impostor(file: BinaryIO) -> None:
    """Raise FileRefused with what the file is, unless it begins as a zip does."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        return
    code = _impostor(file, head)
    raise FileRefused(code) if code else FileRefused("file_unreadable", format="XLSX")


def refuse_other_zip(package: Package) -> None:
    """Raise FileRefused with what kind of zip it is, unless it holds a workbook in XML."""
    names = {name.lower() for name in package.names}
    if "xl/workbook.bin" in names:
        raise FileRefused("xlsx_is_xlsb")
    if "mimetype" in names and "content.xml" in names:
        raise FileRefused("xlsx_is_ods")
    if "[Content_Types].xml" not in package or not any(name.startswith("xl/") for name in names):
        raise FileRefused("xlsx_is_zip")
    if "xl/vbaproject.bin" in names or b"macroEnabled" in package.read("[Content_Types].xml"):
        raise FileRefused("xlsx_is_xlsm")


def _impostor(file: BinaryIO, head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not head:
        return "no_header"
    if head.startswith(_OLE):
        return "xlsx_encrypted" if _mentions(file, _ENCRYPTED_STREAM) else "xlsx_is_xls"
    if head.startswith(b"%PDF"):
        return "xlsx_is_pdf"
    if text.startswith(_MARKUP) or (text.startswith(b"<") and b"<html" in text):
        return "xlsx_is_html"
    return "xlsx_is_csv" if _is_table_of_text(head) else None


def _mentions(file: BinaryIO, needle: bytes) -> bool:
    file.seek(0)
    tail = b""
    while piece := file.read(_PIECE_BYTES):
        if needle in tail + piece:
            return True
        tail = piece[-len(needle) :]
    return False


def _is_table_of_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    line = head.lstrip(b"\xef\xbb\xbf\r\n").splitlines()[:1]
    is_text = head.translate(None, _CONTROLS) == head and not head.lstrip().startswith((b"<", b"{"))
    return is_text and any(delimiter in cells for cells in line for delimiter in (b",", b";", b"\t", b"|"))
