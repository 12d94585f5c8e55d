"""``python -m bench.bare``: routes of FastAPI that only return what the status route returns.

They run on the server of the services, on ``BARE_PORT``; the file ``BARE_ANSWERS`` holds answers by task id.
"""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Response

from catalog_service.schemas import StatusBody
from common.server import serve


def create_app(answers: dict[UUID, dict[str, Any]]) -> FastAPI:
    """Return the application: the same answer in the ways that FastAPI's documentation has for it."""
    app = FastAPI()
    as_bytes = {task_id: json.dumps(answer).encode() for task_id, answer in answers.items()}

    @app.get("/dict/{task_id}")
    async def as_dict(task_id: UUID) -> dict[str, Any]:
        return answers[task_id]

    @app.get("/model/{task_id}", response_model=StatusBody)
    async def as_model(task_id: UUID) -> Any:
        return answers[task_id]

    @app.get("/bytes/{task_id}")
    async def as_response(task_id: UUID) -> Response:
        return Response(as_bytes[task_id], media_type="application/json")

    return app


def main() -> None:
    """Answer requests until SIGTERM or SIGINT."""
    answers = json.loads(Path(os.environ["BARE_ANSWERS"]).read_bytes())
    app = create_app({UUID(task_id): answer for task_id, answer in answers.items()})
    serve(app, host="127.0.0.1", port=int(os.environ["BARE_PORT"]), shutdown_grace_seconds=1)


if __name__ == "__main__":
    main()
