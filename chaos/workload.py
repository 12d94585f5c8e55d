"""The stream of uploads: clients that send until they are told 202, and then poll until the task is over."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx

from chaos.files import CatalogueFile, draw_file
from chaos.findings import Finding
from chaos.log import Log
from chaos.progress import ProgressCheck

CLIENTS = 4
#: Uploads of one client that may be under way; it waits until there are fewer.
_MOST_UNDER_WAY = 3
_PROVIDERS = (("REEMPLAZA-1", True), ("REEMPLAZA-2", True), ("CONSERVA-1", False), ("CONSERVA-2", False))
#: A provider of whom both kinds come.
_MIXED_PROVIDER = "MIXTO-1"
_MIXED_SHARE = 0.2
#: Upload after upload a client moves on by so many products; the next ones still overlap.
_PRODUCTS_A_STEP = 60
#: A client that got its 202 and, not knowing, sends the same again; at once, or afterwards.
_SENT_TWICE_SHARE = 0.08
_SENT_AGAIN_SHARE = 0.08

_REQUEST_SECONDS = 15
_RETRY_SECONDS = 0.3
_POLL_SECONDS = 0.4
#: Answers that tell a client to try again: a store is down, or the file did not arrive.
_TRY_AGAIN = frozenset({408, 502, 503, 504})
_TRY_AGAIN_CODES = frozenset({"upload_interrupted"})


@dataclass
class Upload:
    """One upload, from what it is to what its client saw."""

    mark: str
    proveedor_id: str
    replace: bool
    file: CatalogueFile
    #: By the client's clock, in seconds: when it first sent it, when it was first told 202.
    sent_at: float = 0.0
    accepted_at: float | None = None
    task_id: str | None = None
    last_status: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        """Whether its client has seen the end of its task."""
        status = (self.last_status or {}).get("status")
        return status is not None and status not in ("pending", "processing")


@dataclass
class Workload:
    """All uploads of a run; the same seed makes the same files in the same order for each client."""

    seed: int
    url: str
    log: Log
    uploads: list[Upload] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    async def run(self, enough: asyncio.Event) -> None:
        """Send uploads until there are ``enough``, and follow each to its end."""
        # a connection for each request: the faults of one are not those of another
        limits = httpx.Limits(max_keepalive_connections=0)
        async with (
            httpx.AsyncClient(
                base_url=self.url, trust_env=False, timeout=_REQUEST_SECONDS, limits=limits
            ) as http,
            asyncio.TaskGroup() as group,
        ):
            for number in range(CLIENTS):
                group.create_task(self._client(group, http, number, enough))

    async def _client(
        self,
        group: asyncio.TaskGroup,
        http: httpx.AsyncClient,
        number: int,
        enough: asyncio.Event,
    ) -> None:
        rng = Random(f"{self.seed}/client-{number}")  # noqa: S311 (to be repeated, not to be secret)
        places = asyncio.Semaphore(_MOST_UNDER_WAY)
        step = 0
        while not enough.is_set():
            await places.acquire()
            upload, twice, again = _draw_upload(rng, number, step)
            step += 1
            self.uploads.append(upload)
            group.create_task(self._upload(http, upload, twice, again, places.release))

    async def _upload(
        self, http: httpx.AsyncClient, upload: Upload, twice: bool, again: bool, release: Callable[[], None]
    ) -> None:
        """Send it, perhaps twice at once or again when it has been taken, and poll."""
        upload.sent_at = time.time()
        try:
            await asyncio.gather(*(self._send(http, upload) for _ in range(2 if twice else 1)))
            if upload.task_id is None:
                return
            following = asyncio.create_task(self._follow(http, upload))
            if again:
                await asyncio.sleep(_RETRY_SECONDS)
                await self._send(http, upload)
            await following
        finally:
            # nobody sends it any more, and there will be thousands
            upload.file = replace(upload.file, content=b"")
            release()

    async def _send(self, http: httpx.AsyncClient, upload: Upload) -> None:
        """Send until it is taken."""
        while True:
            answer = await self._request(
                http,
                "POST",
                "/api/catalog/items/bulk-upload",
                params={
                    "proveedor_id": upload.proveedor_id,
                    "reemplazar_duplicados": str(upload.replace).lower(),
                },
                headers={"Idempotency-Key": upload.mark},
                files={"file": (upload.file.name, upload.file.content)},
            )
            if answer is not None and answer.status_code == 202:
                self._note_accepted(upload, answer.json()["task_id"])
                return
            if answer is not None and not _may_try_again(answer):
                self._find("upload_refused", upload, f"{answer.status_code} {answer.text[:200]}")
                return
            await asyncio.sleep(_RETRY_SECONDS)

    def _note_accepted(self, upload: Upload, task_id: str) -> None:
        if upload.task_id is None:
            upload.task_id, upload.accepted_at = task_id, time.time()
            self.log("upload_accepted", upload=upload.mark, task_id=task_id, rows=upload.file.rows)
        elif upload.task_id != task_id:
            self._find("one_key_two_tasks", upload, f"{upload.task_id} {task_id}")

    async def _follow(self, http: httpx.AsyncClient, upload: Upload) -> None:
        """Poll until the task is over."""
        check = ProgressCheck()
        while not upload.is_over:
            await asyncio.sleep(_POLL_SECONDS)
            answer = await self._request(http, "GET", f"/api/catalog/bulk-upload/status/{upload.task_id}")
            if answer is None or answer.status_code in _TRY_AGAIN:
                continue
            if answer.status_code != 200:
                self._find("task_not_shown", upload, f"{answer.status_code} {answer.text[:200]}")
                continue
            upload.last_status = answer.json()
            for fault in check.see(answer.json()):
                self._find("progress_not_monotone", upload, fault)
        self.log("task_over", upload=upload.mark, status=(upload.last_status or {}).get("status"))

    async def _request(
        self, http: httpx.AsyncClient, method: str, path: str, **arguments: Any
    ) -> httpx.Response | None:
        """Return the answer, or None where the connection failed."""
        try:
            return await http.request(method, path, **arguments)
        except httpx.HTTPError:
            return None

    def _find(self, code: str, upload: Upload, detail: str) -> None:
        self.log("violation", code=code, upload=upload.mark, detail=detail)
        self.findings.append(Finding("violation", code, upload.task_id or upload.mark, detail))


def _draw_upload(rng: Random, client: int, step: int) -> tuple[Upload, bool, bool]:
    """Return the next upload of a client, whether it is sent twice at once, and whether again."""
    mark = f"c{client}-{step}"
    proveedor_id, replace = rng.choice(_PROVIDERS)
    if rng.random() < _MIXED_SHARE:
        proveedor_id, replace = _MIXED_PROVIDER, rng.random() < 0.5
    file = draw_file(rng, mark, step * _PRODUCTS_A_STEP)
    twice, again = rng.random() < _SENT_TWICE_SHARE, rng.random() < _SENT_AGAIN_SHARE
    return Upload(mark, proveedor_id, replace, file), twice, again


def _may_try_again(answer: httpx.Response) -> bool:
    if answer.status_code in _TRY_AGAIN:
        return True
    try:
        return answer.json().get("code") in _TRY_AGAIN_CODES
    except ValueError:
        return False
