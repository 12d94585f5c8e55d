"""Which Carga this is: what a receipt says of whoever wrote it."""

from typing import Final

#: That of pyproject.toml.
VERSION: Final = "0.1.0"
