"""Where packages keep the server programs that they bring."""

from importlib.util import find_spec
from pathlib import Path

from infra.embedded.errors import StoreError


def packaged(package: str, *parts: str) -> Path:
    """The path of a file inside an installed package, found without importing the package.

    Raises :class:`StoreError` when it is not there.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise StoreError(f"the package {package} is not installed")
    path = Path(found.origin).parent.joinpath(*parts)
    if not path.exists():
        raise StoreError(f"the package {package} brings no {'/'.join(parts)} for this machine")
    return path
