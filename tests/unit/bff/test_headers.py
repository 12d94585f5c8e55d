"""Which headers a request keeps on its way to the catalogue service, and an answer on its way back."""

from collections.abc import Mapping

from starlette.requests import Request

from bff.headers import forwarded_headers, returned_headers


def request(headers: Mapping[str, str], client: str = "10.0.0.7") -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/", "query_string": b"", "scheme": "http",
        "server": ("bff", 8001), "client": (client, 5000), "headers": raw,
    }  # fmt: skip
    return Request(scope)


def forwarded(headers: Mapping[str, str], *, with_body: bool = True) -> dict[str, str]:
    return dict(forwarded_headers(request(headers), with_body=with_body))


def test_what_the_client_says_goes_on() -> None:
    said = {
        "content-type": "multipart/form-data; boundary=x", "content-length": "12", "accept-language": "en",
        "idempotency-key": "k", "x-correlation-id": "c", "user-agent": "u", "accept-encoding": "gzip",
        "if-none-match": '"x"',
    }  # fmt: skip
    assert forwarded(said).items() >= said.items()


def test_hop_by_hop_headers_stay_behind_and_those_that_connection_names() -> None:
    sent = {
        "Connection": "close, X-Secret", "X-Secret": "1", "Keep-Alive": "5", "TE": "trailers", "Trailer": "X",
        "Transfer-Encoding": "chunked", "Upgrade": "h2c",
        "Proxy-Authorization": "Basic x", "Proxy-Connection": "x",
        "Expect": "100-continue", "Host": "bff", "Accept": "*/*",
    }  # fmt: skip
    kept = {name for name in forwarded(sent) if not name.lower().startswith("x-forwarded-")}
    assert kept == {"accept"}


def test_what_a_browser_says_of_its_page_stays_behind() -> None:
    sent = {
        "Origin": "https://a.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
        "Accept": "*/*",
    }
    kept = {name for name in forwarded(sent) if not name.lower().startswith("x-forwarded-")}
    assert kept == {"accept"}


def test_the_address_that_connected_is_added_to_those_before() -> None:
    assert forwarded({})["X-Forwarded-For"] == "10.0.0.7"
    assert (
        forwarded({"X-Forwarded-For": "1.2.3.4, 5.6.7.8"})["X-Forwarded-For"] == "1.2.3.4, 5.6.7.8, 10.0.0.7"
    )


def test_host_and_scheme_are_set_unless_a_proxy_before_did() -> None:
    own = forwarded({"Host": "carga.example"})
    assert (own["X-Forwarded-Host"], own["X-Forwarded-Proto"]) == ("carga.example", "http")
    before = forwarded({"Host": "bff", "X-Forwarded-Host": "carga.example", "X-Forwarded-Proto": "https"})
    assert (before["X-Forwarded-Host"], before["X-Forwarded-Proto"]) == ("carga.example", "https")


def test_a_length_does_not_go_on_without_its_body() -> None:
    assert "content-length" not in forwarded({"Content-Length": "12"}, with_body=False)


def test_an_answer_keeps_all_that_is_not_of_the_connection() -> None:
    answer = [
        (b"Content-Type", b"application/problem+json"), (b"Retry-After", b"5"), (b"ETag", b'"x"'),
        (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Connection", b"close"), (b"Date", b"now"),
        (b"Transfer-Encoding", b"chunked"), (b"Server", b"x"), (b"X-Correlation-ID", b"c"),
        (b"Access-Control-Allow-Origin", b"*"),
    ]  # fmt: skip
    assert returned_headers(answer) == [
        (b"content-type", b"application/problem+json"), (b"retry-after", b"5"), (b"etag", b'"x"'),
        (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"),
    ]  # fmt: skip
