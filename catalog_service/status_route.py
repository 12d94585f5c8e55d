"""The question that clients ask most: what became of an upload. They ask again and again, or wait for the
answer to change, or listen to events.

The question is a route of FastAPI's like the others, in the documentation and for whatever is wrong with it.
One that is asked as it should be does not pass through what reads parameters there, which would take longer
than finding the answer.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute

from catalog_service import examples
from catalog_service.errors import StatusUnavailable, TaskNotFound, TooManyListeners
from catalog_service.events import TaskEvents, revision_in
from catalog_service.openapi import EVENTS_ANSWER, POLL_HEADERS, answer, problems
from catalog_service.parameters import Services, TaskId, prefix_of
from catalog_service.schemas import StatusBody
from catalog_service.seen_tasks import SeenTask
from common.server import ServerBusy
from common.texts import choose_language

#: Who asks again after a tenth of the time that it has taken so far sees the end that much later at most.
_SHARE_OF_AGE: Final = 0.1
_SHORTEST_PAUSE_SECONDS: Final = 1
_LONGEST_PAUSE_SECONDS: Final = 10
#: Proxies give up on an answer after a minute.
_LONGEST_WAIT_SECONDS: Final = 30

T = TypeVar("T")

#: What whoever asks after a task may be told.
_UNKNOWN: Final = (TaskNotFound, StatusUnavailable, ServerBusy)

#: As this service writes them; FastAPI takes other spellings, too.
_TASK_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: An answer is one person's, and may be kept to be asked about; it depends on the language.
_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language"}


class _PolledRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers: at once where the address is as we write it, else with FastAPI's checks."""
        checked = super().get_route_handler()

        async def at_once(request: Request) -> Response:
            task_id: str = request.path_params["task_id"]
            if _TASK_ID.fullmatch(task_id) is None or request.scope["query_string"]:
                return await checked(request)
            return await status(request, UUID(task_id), request.headers.get("if-none-match"))

        return at_once


async def status(
    request: Request,
    task_id: TaskId,
    if_none_match: Annotated[
        str | None, Header(description="The `ETag` of an earlier answer: 304 while nothing has changed")
    ] = None,
    wait: Annotated[
        float,
        Query(
            ge=0,
            le=_LONGEST_WAIT_SECONDS,
            description="Seconds to wait for news: with `If-None-Match` until the answer is another one, "
            "without until the upload is over",
        ),
    ] = 0,
) -> Response:
    """Tell what became of an upload.

    While it is not over, `Retry-After` says when to ask again: after a tenth of the time since it was
    accepted, from 1 to 10 seconds. Who asks with `wait` is answered as soon as there is news, and need not
    pause.
    """
    services: Services = request.app.state.services
    seen = await services.stores.finder.look(task_id)
    language, prefix = choose_language(request.headers.get("accept-language")), prefix_of(request)

    def is_known(seen: SeenTask) -> bool:
        return if_none_match is not None and _is_among(seen.answer(prefix, language).etag, if_none_match)

    def is_awaited(seen: SeenTask) -> bool:
        return seen.status.is_terminal or (if_none_match is not None and not is_known(seen))

    if wait and not is_awaited(seen):
        with services.watches.watching(task_id) as watch:
            seen = await _unless_gone(request, watch.first(is_awaited, after=seen), seconds=wait) or seen
    told = seen.answer(prefix, language)
    headers = {**_HEADERS, "ETag": told.etag, **_poll_hint(seen)}
    if is_known(seen):
        return Response(None, 304, headers)
    return Response(told.body, 200, headers, "application/json")


async def events(
    request: Request,
    task_id: TaskId,
    last_event_id: Annotated[
        str | None, Header(description="The `id` of the last event that arrived: only what is newer is sent")
    ] = None,
) -> Response:
    """Tell what becomes of an upload, as server-sent events.

    Each event `status` has the body of the status as its data and the revision as its `id`; the first comes
    at once, the next ones whenever something changes, five a second at most. Behind the last one comes an
    event `end`, and the stream is over. Who was cut off comes back with `Last-Event-ID`, as browsers do, and
    misses nothing; to who knows the end already the answer is 204, at which browsers stop.
    """
    services: Services = request.app.state.services
    told = revision_in(last_event_id)
    try:
        seen = await services.stores.finder.look(task_id)
    except StatusUnavailable:
        if last_event_id is None:
            raise
        # it was told of before: the stream stays open until somebody knows again
    else:
        if seen.status.is_terminal and told >= seen.revision:
            return Response(status_code=204)
    return TaskEvents(
        services.watches,
        task_id,
        told=told,
        prefix=prefix_of(request),
        language=choose_language(request.headers.get("accept-language")),
        heartbeat_seconds=services.settings.heartbeat_seconds,
    )


def add_status_routes(app: FastAPI, prefix: str, *, in_schema: bool) -> None:
    """Have ``app`` answer under ``prefix``: routes of its own, for one in a router is looked up twice."""
    app.router.add_api_route(
        prefix + "/bulk-upload/status/{task_id}",
        status,
        methods=["GET"],
        tags=["uploads"],
        responses={
            200: {**answer(StatusBody, examples.COMPLETED)[200], "headers": POLL_HEADERS},
            304: {"description": "Nothing has changed since that `ETag`", "headers": POLL_HEADERS},
            **problems(*_UNKNOWN, TooManyListeners),
        },
        include_in_schema=in_schema,
        route_class_override=_PolledRoute,
    )
    app.router.add_api_route(
        prefix + "/bulk-upload/status/{task_id}/events",
        events,
        methods=["GET"],
        tags=["uploads"],
        responses={**EVENTS_ANSWER, **problems(*_UNKNOWN, TooManyListeners)},
        response_class=Response,
        include_in_schema=in_schema,
    )


async def _unless_gone(request: Request, news: Coroutine[Any, Any, T], *, seconds: float) -> T | None:
    """Return the news; None where they do not come in time, or nobody is left to be told."""
    waiting = asyncio.create_task(news)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((waiting, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        waiting.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


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
