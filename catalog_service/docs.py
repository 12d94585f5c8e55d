"""The page that shows the API's documentation: the one answer in which a script runs."""

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

DOCS_PATH = "/docs"

#: Where Swagger UI is loaded from.
_SCRIPTS = "https://cdn.jsdelivr.net"
_ICONS = "https://fastapi.tiangolo.com"
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

router = APIRouter()


@router.get(DOCS_PATH, include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Show the documentation; the policy lets its own script run and no other inline one."""
    app = request.app
    page = get_swagger_ui_html(openapi_url=app.openapi_url, title=app.title)
    page.headers["Content-Security-Policy"] = _policy(bytes(page.body))
    return page


def _policy(page: bytes) -> str:
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in _INLINE_SCRIPT.findall(page)
    )
    return (
        f"default-src 'none'; script-src {_SCRIPTS} {hashes}; style-src {_SCRIPTS} 'unsafe-inline'; "
        f"img-src data: {_ICONS}; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
