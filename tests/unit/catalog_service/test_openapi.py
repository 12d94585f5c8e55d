"""The document says all that a client may be told, and shows what the code really answers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import catalog_service.schemas as schemas
from catalog_service import examples
from catalog_service.main import create_app
from catalog_service.settings import Settings
from common.problems import Problem
from tests.unit.catalog_service.test_errors import leaves

DOCUMENT = create_app(Settings()).openapi()


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


@pytest.mark.parametrize(
    ("name", "operation"), [*operations()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_route_says_what_it_does_and_shows_an_answer(name: str, operation: dict[str, Any]) -> None:
    assert operation["description"]
    assert operation["summary"]
    for status, answer in operation["responses"].items():
        assert answer["description"]
        for kind, media in answer.get("content", {}).items():
            if kind in ("application/json", "text/event-stream") and status != "503":
                assert media.get("example"), (name, status)
            if kind == "application/problem+json":
                assert media["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
                for code, example in media["examples"].items():
                    assert example["value"]["code"] == code
                    assert str(example["value"]["status"]) == status
                    assert f"`{code}`" in answer["description"]
                    schemas.ProblemBody.model_validate(example["value"])


def documented_codes() -> set[str]:
    return {
        code
        for _, operation in operations()
        for answer in operation["responses"].values()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }


def test_every_error_of_the_service_is_in_it_with_its_sentence() -> None:
    by_code: dict[str, type[Problem]] = {kind.code: kind for kind in leaves()}
    assert by_code.keys() <= documented_codes()
    text = json.dumps(DOCUMENT, ensure_ascii=False)
    for kind in by_code.values():
        for sentence in kind.text:
            assert json.dumps(sentence.partition("{")[0], ensure_ascii=False)[1:-1] in text


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (schemas.AcceptedBody, examples.ACCEPTED),
        (schemas.StatusBody, examples.RUNNING),
        (schemas.StatusBody, examples.COMPLETED),
        (schemas.StatusBody, examples.CANCELLED),
        (schemas.TasksBody, examples.TASKS),
        (schemas.RowErrorsBody, examples.ROW_ERRORS),
        (schemas.CreatedProductsBody, examples.CREATED),
        (schemas.ReceiptBody, examples.RECEIPT),
        (schemas.ProductBody, examples.PRODUCT),
        (schemas.ProductPageBody, examples.PRODUCTS),
        (schemas.ReadyBody, examples.READY),
    ],
)
def test_what_is_shown_is_of_the_form_that_is_told(model: type[BaseModel], example: Any) -> None:
    model.model_validate_json(json.dumps(example))


def test_names_of_operations_are_those_of_a_client() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    assert {"upload", "status", "events", "tasks", "row_errors", "receipt", "retry"} <= set(names)


def test_the_same_paths_under_the_other_prefix_are_not_told_twice() -> None:
    assert not any(path.startswith("/api/v1/") for path in DOCUMENT["paths"])
    assert "/api/v1/catalog" in DOCUMENT["info"]["description"]
