"""The documentation: shown by a page in which its own script runs and nothing else."""

import re
from base64 import b64encode
from hashlib import sha256

from common.security import SECURITY_HEADERS
from tests.support.catalog_api import catalog_api


async def test_the_pages_own_script_may_run_and_no_other(environment: dict[str, str]) -> None:
    async with catalog_api(environment) as client:
        page = await client.get("/docs")
        document = await client.get("/openapi.json")
        gone = await client.get("/redoc")
    assert (page.status_code, document.status_code, gone.status_code) == (200, 200, 404)
    policy = {
        name: set(sources)
        for name, *sources in (part.split() for part in page.headers["content-security-policy"].split(";"))
    }
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert len(inline) == 1
    digest = b64encode(sha256(inline[0].encode()).digest()).decode()
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"https://cdn.jsdelivr.net", f"'sha256-{digest}'"}
    # all that the page loads is let in
    loaded = re.findall(r'(?:src|href)="(https://[^/"]+)', page.text)
    assert loaded
    assert set(loaded) <= policy["script-src"] | policy["style-src"] | policy["img-src"]
    # what it reads is this API's own
    assert policy["connect-src"] == {"'self'"}
    assert policy["frame-ancestors"] == {"'none'"}
    assert document.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
