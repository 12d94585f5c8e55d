"""Wait for what another process does, instead of sleeping and hoping."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Return as soon as ``condition`` holds. Raises ``TimeoutError`` when it does not within ``seconds``."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
