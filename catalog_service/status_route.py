"""The question that clients ask most: what became of an upload.

It is a route of FastAPI's like the others, in the documentation and for whatever is wrong with a question.
One that is asked as it should be does not pass through what reads parameters there, which would take longer
than finding the answer.
"""

import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import FastAPI, Header, Request, Response
from fastapi.routing import APIRoute

from catalog_service.openapi import POLL_HEADERS, problems
from catalog_service.routes import Services, prefix_of
from catalog_service.schemas import StatusBody
from catalog_service.seen_tasks import SeenTask
from common.texts import choose_language

#: Who asks again after a tenth of the time that it has taken so far sees the end that much later at most.
_SHARE_OF_AGE: Final = 0.1
_SHORTEST_PAUSE_SECONDS: Final = 1
_LONGEST_PAUSE_SECONDS: Final = 10

#: As this service writes them; FastAPI takes other spellings, too.
_TASK_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: An answer is one person's, and may be kept to be asked about; it depends on the language.
_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language"}


class _PolledRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers: at once where the address is as we write it, else with FastAPI's checks."""
        checked = super().get_route_handler()

        async def answer(request: Request) -> Response:
            task_id: str = request.path_params["task_id"]
            if _TASK_ID.fullmatch(task_id) is None:
                return await checked(request)
            return await status(request, UUID(task_id), request.headers.get("if-none-match"))

        return answer


async def status(
    request: Request,
    task_id: UUID,
    if_none_match: Annotated[
        str | None, Header(description="The `ETag` of an earlier answer: 304 while nothing has changed")
    ] = None,
) -> Response:
    """Tell what became of an upload.

    While it is not over, `Retry-After` says when to ask again: after a tenth of the time since it was
    accepted, from 1 to 10 seconds.
    """
    services: Services = request.app.state.services
    seen = await services.stores.finder.look(task_id)
    language = choose_language(request.headers.get("accept-language"))
    answer = seen.answer(prefix_of(request), language)
    headers = {**_HEADERS, "ETag": answer.etag, **_poll_hint(seen)}
    if if_none_match is not None and _is_among(answer.etag, if_none_match):
        return Response(None, 304, headers)
    return Response(answer.body, 200, headers, "application/json")


def add_status_route(app: FastAPI, prefix: str, *, in_schema: bool) -> None:
    """Have ``app`` answer it under ``prefix``: a route of its own, for one in a router is looked up twice."""
    app.router.add_api_route(
        prefix + "/bulk-upload/status/{task_id}",
        status,
        methods=["GET"],
        tags=["uploads"],
        responses={
            200: {"model": StatusBody, "headers": POLL_HEADERS},
            304: {"description": "Nothing has changed since that `ETag`", "headers": POLL_HEADERS},
            **problems(404, 422, 503),
        },
        include_in_schema=in_schema,
        route_class_override=_PolledRoute,
    )


def _poll_hint(seen: SeenTask) -> dict[str, str]:
    if seen.status.is_terminal:
        return {}
    age = (datetime.now(UTC) - seen.created_at).total_seconds()
    pause = min(max(_SHORTEST_PAUSE_SECONDS, round(_SHARE_OF_AGE * age)), _LONGEST_PAUSE_SECONDS)
    return {"Retry-After": str(pause)}


def _is_among(etag: str, if_none_match: str) -> bool:
    """Return whether ``If-None-Match`` names the tag, weak or not (RFC 9110, section 13.1.2)."""
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags or f"W/{etag}" in tags
