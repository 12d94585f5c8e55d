"""Which headers travel through a proxy, and which belong to one connection only."""

from collections.abc import Iterable, Iterator

from multidict import CIMultiDict
from starlette.requests import Request

Header = tuple[bytes, bytes]

#: RFC 9110, section 7.6.1; whatever ``Connection`` names comes on top.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
#: Said anew to the catalogue service; ``Expect: 100-continue`` is answered here.
_NOT_FORWARDED = frozenset(
    {
        b"host",
        b"expect",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        # what the page of another origin may do is decided here
        b"origin",
        b"sec-fetch-site",
        b"sec-fetch-mode",
        b"sec-fetch-dest",
        b"sec-fetch-user",
    }
)
#: Said by this server itself.
_NOT_RETURNED = frozenset({b"date", b"server", b"x-correlation-id"})
_CORS = b"access-control-"


def forwarded_headers(request: Request, *, with_body: bool) -> CIMultiDict[str]:
    """Return the headers for the catalogue service: the client's, and who asked for what address.

    ``X-Forwarded-For`` gains the address that connected here; host and scheme are set unless they are there.
    """
    dropped = _NOT_FORWARDED if with_body else _NOT_FORWARDED | {b"content-length"}
    kept = _end_to_end(request.headers.raw, dropped)
    headers = CIMultiDict((name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in kept)
    came_from = [request.headers.get("x-forwarded-for"), request.client and request.client.host]
    headers["X-Forwarded-For"] = ", ".join(address for address in came_from if address)
    headers["X-Forwarded-Host"] = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    headers["X-Forwarded-Proto"] = request.headers.get("x-forwarded-proto") or request.url.scheme
    return headers


def returned_headers(headers: Iterable[Header]) -> list[Header]:
    """Return the headers of an answer that go on to the client."""
    kept = _end_to_end(list(headers), _NOT_RETURNED)
    return [(name, value) for name, value in kept if not name.startswith(_CORS)]


def _end_to_end(headers: list[Header], dropped: frozenset[bytes]) -> Iterator[Header]:
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    for name, value in headers:
        if name.lower() not in _HOP_BY_HOP | named | dropped:
            yield name.lower(), value
