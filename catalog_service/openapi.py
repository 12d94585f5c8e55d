"""What the documentation of the API says beyond the signatures of its routes."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from catalog_service import examples
from catalog_service.errors import StoreUnavailable
from catalog_service.schemas import ProblemBody
from common.problems import InvalidParameters, Problem, problem_response
from common.security import OriginNotAllowed
from common.server import ServerBusy
from common.texts import Text
from common.version import VERSION

Responses = dict[int | str, dict[str, Any]]

_PROBLEM_REFERENCE: Final = {"$ref": "#/components/schemas/ProblemBody"}

_INTRODUCTION: Final = """\
A catalogue file (.xlsx or .csv) is taken with `202` and a task, and imported afterwards. The task tells how
far it has come, which rows were rejected and why, and what to do about them.

1. `POST /api/catalog/items/bulk-upload` with the file in the field `file`.
2. Follow it: ask for the status now and then (`ETag`, `Retry-After`), or with `wait=20`, or listen to its
   events.
3. Download the rejected rows (`errores.xlsx`), mend them and upload **that file**: the task shows what is
   left.

Everything under `/api/catalog` is under `/api/v1/catalog` too. Errors are problem details (RFC 9457) with a
stable `code`; sentences are Spanish, or English for `Accept-Language: en`.
"""

_TAGS: Final = [
    {"name": "uploads", "description": "Files that come in, and what becomes of them."},
    {"name": "templates", "description": "Empty files to begin with."},
    {"name": "items", "description": "The products of a provider, as they are now."},
    {"name": "health", "description": "How the service itself is."},
]

#: What comes with a status: how to ask for the next one.
POLL_HEADERS: Final[dict[str, Any]] = {
    "ETag": {
        "description": "Changes with the answer; to be sent back in `If-None-Match`",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it makes sense to ask again; absent once the task is over",
        "schema": {"type": "integer", "minimum": 1, "maximum": 10},
    },
}

#: One event, as OpenAPI 3.2 has them (section 4.14.4).
_EVENT_SCHEMA: Final = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "event": {"enum": ["status", "end"]},
        "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The revision, of `status`"},
        "data": {"type": "string", "description": "JSON: of `status` the body of the status"},
        "retry": {"type": "integer"},
    },
}

#: What listeners get.
EVENTS_ANSWER: Final[Responses] = {
    200: {
        "description": "`status` events, each with the body of the status as `data` and the revision as "
        "`id`; behind the last an event `end`; a comment for every 15 seconds in which nothing happens",
        "content": {"text/event-stream": {"itemSchema": _EVENT_SCHEMA, "example": examples.EVENTS}},
    },
    204: {"description": "The upload is over, and `Last-Event-ID` was its end: nothing is to come"},
}

#: The body of an upload, which FastAPI does not see: it is read from the stream.
UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/UploadBody"}}},
    }
}
_UPLOAD_SCHEMA: Final[dict[str, Any]] = {
    "title": "UploadBody",
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "The catalogue, .xlsx or .csv, with its name",
        }
    },
}

#: Of whatever needs the stores.
STORES: Final = (ServerBusy, StoreUnavailable)


def new_app(**arguments: Any) -> FastAPI:
    """Return an application that documents itself as said here."""
    app = FastAPI(
        title="Carga: catalogue uploads",
        version=VERSION,
        description=_INTRODUCTION,
        openapi_tags=_TAGS,
        generate_unique_id_function=_operation_id,
        **arguments,
    )

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def problems(*kinds: type[Problem]) -> Responses:
    """Document the errors that a route answers with: each kind, or all that it is the base of.

    Every route with a parameter has 422 for that, too.
    """
    by_status: dict[int, list[type[Problem]]] = {}
    every: tuple[type[Problem], ...] = (InvalidParameters, *_leaves(kinds))
    for kind in every:
        by_status.setdefault(kind.status, []).append(kind)
    return {status: _problem_answer(kinds) for status, kinds in sorted(by_status.items())}


def changes(*kinds: type[Problem]) -> Responses:
    """Document the errors of a route that changes something: pages from elsewhere may not."""
    return problems(OriginNotAllowed, *kinds)


def answer(model: type[Any], example: Any, *, status: int = 200, description: str = "") -> Responses:
    """Document an answer by its model, and by one that this API gives."""
    body = msgspec.to_builtins(example, builtin_types=())
    documented: dict[str, Any] = {"model": model, "content": {"application/json": {"example": body}}}
    return {status: documented | ({"description": description} if description else {})}


def file_answer(content_type: str, description: str) -> Responses:
    """Document an answer that is a file."""
    text = content_type.startswith("text/")
    return {
        200: {
            "description": description,
            "headers": {
                "Content-Disposition": {
                    "description": "The name under which to save it",
                    "schema": {"type": "string"},
                }
            },
            # clients that are generated read a text as one
            "content": {
                content_type: {"schema": {"type": "string"} | ({} if text else {"format": "binary"})}
            },
        }
    }


def _leaves(kinds: Iterable[type[Problem]]) -> Iterator[type[Problem]]:
    for kind in kinds:
        below = kind.__subclasses__()
        yield from _leaves(below) if below else (kind,)


def _problem_answer(kinds: list[type[Problem]]) -> dict[str, Any]:
    lines = [f"- `{kind.code}`: {_shown(kind.text)}" for kind in kinds]
    media = {
        "schema": _PROBLEM_REFERENCE,
        "examples": {kind.code: {"summary": kind.text.en, "value": _example(kind)} for kind in kinds},
    }
    described: dict[str, Any] = {
        "description": "\n".join(lines),
        "content": {"application/problem+json": media},
    }
    pauses = {kind.retry_after for kind in kinds} - {None}
    if pauses:
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds until it makes sense to try again",
                "schema": {"type": "integer"},
            }
        }
    return described


def _shown(text: Text) -> str:
    return re.sub(r"{(\w+)}", r"‹\1›", f"{text.en} ({text.es})")


def _example(kind: type[Problem]) -> Any:
    names = re.findall(r"{(\w+)}", kind.text.es)
    problem = kind(**{name: examples.PROBLEM_PARAMETERS[name] for name in names})
    body = msgspec.json.decode(bytes(problem_response(problem, "es", examples.TASK_URL).body))
    return {**body, "correlation_id": examples.CORRELATION_ID}


def _operation_id(route: APIRoute) -> str:
    return route.name


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas = document["components"]["schemas"]
    schemas["ProblemBody"] = ProblemBody.model_json_schema()
    schemas["UploadBody"] = _UPLOAD_SCHEMA
    # no answer is of FastAPI's own form
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return document
