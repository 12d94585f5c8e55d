"""One of Carga's services as a child process: started, waited for, its log passed on line by line."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from cli.state import ROOT
from infra.embedded.child import Child

_READY_SECONDS = 60
#: The worker takes up to ten seconds to finish its batches.
_STOP_SECONDS = 15
_POLL_SECONDS = 0.05
_LINES_KEPT = 12


class ServiceFailed(Exception):
    """The service ended or did not get ready; ``log`` is the end of what it wrote."""

    def __init__(self, name: str, log: Sequence[str]) -> None:
        super().__init__(name)
        self.name = name
        self.log = log


class Service:
    """``python -m <name>`` with an environment; ``is_ready`` is asked with the process id until it agrees."""

    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        is_ready: Callable[[int], Awaitable[bool]],
        on_line: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self._environment = environment
        self._is_ready = is_ready
        self._on_line = on_line
        self._last_lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._child: Child | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def process(self) -> Child:
        """Its process, running or ended."""
        if self._child is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._child

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises :class:`ServiceFailed`."""
        self._last_lines.clear()
        self._child = await Child.spawn(
            self.name,
            [sys.executable, "-P", "-m", self.name],
            environment=self._environment,
            directory=ROOT,
            output=asyncio.subprocess.PIPE,
            # what it was doing survives a SIGKILL by design, and nothing may survive us
            death_signal=signal.SIGKILL,
        )
        self._reading = asyncio.create_task(self._pass_on_lines(self._child))
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._wait_until_ready(self._child)
        except TimeoutError:
            await self.stop()
            raise ServiceFailed(self.name, list(self._last_lines)) from None

    async def _wait_until_ready(self, child: Child) -> None:
        while not await self._is_ready(child.pid):
            if not child.running:
                await self.stop()
                raise ServiceFailed(self.name, list(self._last_lines))
            await asyncio.sleep(_POLL_SECONDS)

    async def stop(self) -> None:
        """End it and wait, with everything it started."""
        if self._child is not None:
            await self._child.stop(signal.SIGTERM, _STOP_SECONDS)
        if self._reading is not None:
            await self._reading

    async def _pass_on_lines(self, child: Child) -> None:
        rest = b""
        while piece := await child.output.read(65_536):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._pass_on(line)
        if rest:
            self._pass_on(rest)

    def _pass_on(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self._last_lines.append(text)
        self._on_line(self.name, text)


def service_environment(stores: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service: the person's, but with these stores and no way to any other AWS."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    no_proxy = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    return {
        "LOG_FORMAT": "console",
        **ours,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        **stores,
        **own,
    }
