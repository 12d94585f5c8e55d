"""Errors of an HTTP service as problem details (RFC 9457): a stable ``code``, a sentence in the reader's
language.

A service draws its own tree of errors from ``Problem``; a class says its status, its code and its two
sentences.
"""

from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from common.texts import Language, Text, choose_language, render
from common.visible import visible

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

_TITLES: dict[int, Text] = {
    400: Text("Solicitud no válida", "Invalid request"),
    403: Text("No permitido", "Not allowed"),
    404: Text("No encontrado", "Not found"),
    405: Text("Método no permitido", "Method not allowed"),
    408: Text("Tiempo de espera agotado", "Request timed out"),
    409: Text("Conflicto con el estado actual", "Conflict with the current state"),
    410: Text("Ya no existe", "No longer there"),
    413: Text("Archivo demasiado grande", "File too large"),
    415: Text("Tipo de archivo no admitido", "Unsupported file type"),
    422: Text("Datos no válidos", "Invalid data"),
    431: Text("Encabezados demasiado largos", "Headers too long"),
    500: Text("Error interno", "Internal error"),
    502: Text("Respuesta no válida de otro servicio", "Bad answer from another service"),
    503: Text("Servicio no disponible por ahora", "Service unavailable for now"),
    504: Text("Otro servicio no respondió a tiempo", "Another service did not answer in time"),
}


#: What is wrong with one parameter, by the names that pydantic has for it.
_PARAMETER_FAULTS: dict[str, Text] = {
    "missing": Text("falta", "it is missing"),
    "uuid_parsing": Text("no es un identificador (UUID)", "it is not an identifier (UUID)"),
    "int_parsing": Text("debe ser un número entero", "it must be a whole number"),
    "greater_than_equal": Text("debe ser {ge} o más", "it must be {ge} or more"),
    "less_than_equal": Text("debe ser {le} o menos", "it must be {le} or less"),
    "string_too_long": Text(
        "el máximo es de {max_length} caracteres", "the limit is {max_length} characters"
    ),
}
_OTHER_FAULT = Text("no tiene la forma esperada", "it is not of the expected form")


class Problem(Exception):
    """Something a client is told. Keyword arguments fill in the sentence and travel beside it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    text: ClassVar[Text] = Text(
        "Un error interno impidió atender la solicitud; inténtelo de nuevo",
        "An internal error kept the request from being answered; try again",
    )
    #: Seconds after which trying again makes sense (``Retry-After``), where it does.
    retry_after: ClassVar[int | None] = None

    def __init__(self, **params: Any) -> None:
        super().__init__(self.code)
        self.params = params

    def headers(self) -> dict[str, str]:
        """Return the headers that go with the answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class InvalidParameters(Problem):
    """A parameter is missing or of the wrong form; ``errors`` names each."""

    status = 422
    code = "invalid_parameters"
    text = Text("Revise estos parámetros: {names}", "Check these parameters: {names}")


class NotFound(Problem):
    """No such URL."""

    status = 404
    code = "not_found"
    text = Text("No existe esta dirección: {path}", "There is nothing at this address: {path}")


class MethodNotAllowed(Problem):
    """The URL exists, the method does not."""

    status = 405
    code = "method_not_allowed"
    text = Text("Esta dirección no admite {method}", "This address does not take {method}")


def problem_response(problem: Problem, language: Language, instance: str) -> JSONResponse:
    """Return the answer that tells a client of ``problem``."""
    title = _TITLES.get(problem.status) or Text(*[HTTPStatus(problem.status).phrase] * 2)
    body = {
        "type": f"urn:carga:problem:{problem.code}",
        "title": render(title, {}, language),
        "status": problem.status,
        "detail": visible(render(problem.text, problem.params, language)),
        "instance": instance,
        "code": problem.code,
        "correlation_id": correlation_id.get(),
        **problem.params,
    }
    headers = {**problem.headers(), "Content-Language": language}
    return JSONResponse(body, status_code=problem.status, headers=headers, media_type=MEDIA_TYPE)


def install_problem_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every error that is one of ours as problem details."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        level = log.warning if error.status >= 500 else log.info
        level("request_refused", code=error.code, status=error.status)
        return answer_problem(request, error)

    async def on_invalid_parameters(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        language = choose_language(request.headers.get("accept-language"))
        errors = [_parameter_fault(fault, language) for fault in error.errors()]
        names = sorted({e["parameter"] for e in errors})
        log.info("request_refused", code=InvalidParameters.code, status=422)
        return answer_problem(request, InvalidParameters(names=names, errors=errors))

    async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            response = answer_problem(request, MethodNotAllowed(method=request.method))
        else:
            response = answer_problem(request, NotFound(path=request.url.path))
        response.headers.update(error.headers or {})
        return response

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid_parameters)
    app.add_exception_handler(HTTPException, on_http_exception)


def _parameter_fault(fault: dict[str, Any], language: Language) -> dict[str, str]:
    text = _PARAMETER_FAULTS.get(fault["type"], _OTHER_FAULT)
    return {"parameter": str(fault["loc"][-1]), "message": render(text, fault.get("ctx", {}), language)}


def answer_problem(request: Request, problem: Problem) -> JSONResponse:
    """Return the answer that tells whoever sent ``request`` of ``problem``."""
    return problem_response(
        problem, choose_language(request.headers.get("accept-language")), request.url.path
    )
