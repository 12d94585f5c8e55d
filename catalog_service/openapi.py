"""What the documentation of the API says beyond the signatures of its routes."""

from typing import Any

from catalog_service.schemas import ProblemBody

Responses = dict[int | str, dict[str, Any]]

_PROBLEM = {"application/problem+json": {"schema": ProblemBody.model_json_schema()}}

_MEANINGS = {
    400: "The body is not a form with one file: `not_multipart`, `malformed_multipart`, `form_over_limits`, "
    "`file_missing`, "
    "`wrong_file_field`, `several_files`, `filename_missing`, `file_empty`",
    403: "The page of another origin, which may change nothing: `origin_not_allowed`",
    404: "There is no such thing: `task_not_found`, `no_rejected_rows`, `product_not_found`",
    408: "The body stopped coming: `upload_stalled`, `upload_too_slow`",
    409: "The upload has ended already, or not yet: `task_over`, `task_not_over`",
    410: "The file is no longer kept: `upload_gone`",
    413: "The file is over the limit: `file_too_large`",
    415: "Not a kind of file that is taken: `unsupported_extension`, `content_mismatch`",
    422: "A parameter or header is missing or of the wrong form: `invalid_parameters`, "
    "`invalid_proveedor_id`, `invalid_boolean`, `invalid_cursor`, `invalid_idempotency_key`, "
    "`idempotency_key_reused`",
    503: "A store is down or the service busy, try again after `Retry-After` seconds: `server_busy`, "
    "`too_many_uploads`, `too_many_listeners`, `storage_unavailable`, `queue_unavailable`, "
    "`database_unavailable`, `status_unavailable`, `report_in_preparation`",
}

#: What comes with a status: how to ask for the next one.
POLL_HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "Changes with the answer; to be sent back in `If-None-Match`",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it makes sense to ask again; absent once the task is over",
        "schema": {"type": "integer", "minimum": 1, "maximum": 10},
    },
}

#: What listeners get.
EVENTS_ANSWER: Responses = {
    200: {
        "description": "`status` events, each with the body of the status as `data` and the revision as "
        "`id`; behind the last an event `end`; a comment every 15 seconds in which nothing happens",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {
        "description": "The upload is over, and `Last-Event-ID` was the last event: there is nothing to come"
    },
}

#: The body of an upload, which FastAPI does not see: it is read from the stream.
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The catalogue, .xlsx or .csv",
                        }
                    },
                }
            }
        },
    }
}


def problems(*statuses: int) -> Responses:
    """Document the errors that a route answers with."""
    return {status: {"description": _MEANINGS[status], "content": _PROBLEM} for status in statuses}


def file_answer(content_type: str) -> Responses:
    """Document an answer that is a file."""
    return {200: {"content": {content_type: {"schema": {"type": "string", "format": "binary"}}}}}
