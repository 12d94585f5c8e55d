"""LocalStack (S3 and SQS) from PyPI, in a venv of its own."""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from infra.embedded.child import run_to_end
from infra.embedded.errors import StoreError
from infra.embedded.server import Server

BUCKET = "medisupply-bulk-uploads"
QUEUE = "medisupply-bulk-upload-queue"
REGION = "us-east-1"
_SERVICES = ("s3", "sqs")
_INFRA = Path(__file__).resolve().parent.parent


class LocalStack(Server):
    """S3 and SQS. It keeps nothing: after every start the bucket and the queues are made anew by
    ``infra/init-localstack.sh``.

    ``python`` is the interpreter of the venv that holds LocalStack and the aws command.
    """

    name = "localstack"
    # Its own way of ending takes three seconds and there is nothing to save.
    stop_signal = signal.SIGKILL

    def __init__(
        self,
        directory: Path,
        python: Path,
        *,
        port: int | None = None,
        bucket: str = BUCKET,
        queue: str = QUEUE,
    ) -> None:
        super().__init__(directory, port)
        self.python = python
        self.bucket = bucket
        self.queue = queue

    @property
    def url(self) -> str:
        """The endpoint of S3 and of SQS."""
        return f"http://127.0.0.1:{self.port}"

    def client_environment(self) -> dict[str, str]:
        """The variables with which an AWS client finds it, its bucket and its queue."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "S3_BUCKET_NAME": self.bucket,
            "SQS_QUEUE_NAME": self.queue,
        }

    @property
    def _temporary(self) -> Path:
        return self.directory / "tmp"

    async def _prepare(self) -> None:
        if not self.python.exists():
            raise StoreError(f"LocalStack is not installed: there is no {self.python}; ./carga makes it")
        # The objects of the last run, which no LocalStack will look for again.
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir()

    def _command(self) -> Sequence[str | Path]:
        # -P: the script's own directory holds a localstack.py too
        return [self.python, "-P", _INFRA / "embedded" / "localstack_main.py"]

    def _environment(self) -> Mapping[str, str]:
        return dict(super()._environment()) | {
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "SERVICES": ",".join(_SERVICES),
            "EAGER_SERVICE_LOADING": "1",
            "LS_LOG": "warning",
            # Queue URLs with the address that the client used, not with a name that only a DNS server knows.
            "SQS_ENDPOINT_STRATEGY": "dynamic",
            # All of its files are to be below our directory, also where it takes a container for its own.
            "OVERRIDE_IN_DOCKER": "0",
            "FILESYSTEM_ROOT": str(self.directory / "root"),
            "TMPDIR": str(self._temporary),
            # It calls nobody: no usage figures, no certificate to fetch, no name server on port 53.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
        }

    async def _answers(self) -> bool:
        """It says "Ready." even when a service failed to load; only its health tells."""
        try:
            # trust_env: no proxy of the machine stands between us and loopback
            async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
                health = (await client.get(f"{self.url}/_localstack/health")).json()
        except (httpx.HTTPError, ValueError):
            return False
        states = {service: health["services"].get(service) for service in _SERVICES}
        if "error" in states.values():
            raise StoreError(f"LocalStack started without a service it needs: {states}. {self._log_tail()}")
        return all(state in ("available", "running") for state in states.values())

    async def _started(self) -> None:
        """Make the bucket and the queues. Raises :class:`StoreError` when that fails."""
        code, output = await run_to_end(
            [_INFRA / "init-localstack.sh"],
            environment=self._script_environment(),
            directory=self.directory,
        )
        if code:
            raise StoreError(f"init-localstack.sh ended with {code}:\n{output}")

    def _script_environment(self) -> dict[str, str]:
        ours = {"PATH": f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        return dict(super()._environment()) | self.client_environment() | ours
