"""Which Carga this is."""

#: As in ``pyproject.toml``, which is not there where the services run from an image.
VERSION = "0.1.0"
