"""The web page: files of ``bff/page``, read once and served as they are.

The address of every file but the first holds a digest of all of them, so a browser keeps them for ever and
never mixes those of two versions. Nothing in the page comes from elsewhere, and its policy says so.
"""

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from common.problems import NotFound

DIRECTORY = Path(__file__).parent / "page"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain; charset=utf-8",
}
#: Scripts, styles, pictures and calls of this origin; no inline script or style, no frame, no form.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class Page:
    """The files in memory: some hundred kilobytes. Raises ``OSError`` where they are not."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        files = {
            path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }
        self.digest = _digest_of(files)
        self.index = _fill_in(files.pop("index.html").decode(), self.digest, files)
        self._files = {name: content for name, content in files.items() if _type_of(name)}

    def asset(self, digest: str, name: str) -> Response:
        """Return a file. One asked for by the digest of another version (a page that was being loaded while
        this one came into service) is given as well, and not kept. Raises ``NotFound``."""
        content, media_type = self._files.get(name), _type_of(name)
        if content is None or media_type is None:
            raise NotFound(path=name)
        cache = _FOR_EVER if digest == self.digest else _ASK_AGAIN
        return Response(content, headers={"Cache-Control": cache}, media_type=media_type)


def page_router(page: Page) -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter()

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        """Show the page; everything else about it is behind the ``#``."""
        etag = f'"{page.digest}"'
        headers = {"Cache-Control": _ASK_AGAIN, "Content-Security-Policy": _POLICY, "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(None, 304, headers)
        return Response(page.index, headers=headers, media_type="text/html; charset=utf-8")

    @router.get("/assets/{digest}/{name:path}")
    async def asset(digest: str, name: str) -> Response:
        """Give a script, a style sheet or a picture of the page."""
        return page.asset(digest, name)

    return router


def _digest_of(files: dict[str, bytes]) -> str:
    digest = sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _fill_in(template: str, digest: str, files: dict[str, bytes]) -> bytes:
    """Return the first file with the addresses of the others; scripts are named ahead, so that the browser
    need not find them one behind the other."""
    assets = f"/assets/{digest}"
    scripts = [name for name in files if name.endswith(".js")]
    preloads = "\n    ".join(f'<link rel="modulepreload" href="{assets}/{name}" />' for name in scripts)
    return template.replace("{assets}", assets).replace("{preloads}", preloads).encode()


def _type_of(name: str) -> str | None:
    return _TYPES.get(Path(name).suffix)
