"""A file is cut into the same parts however it arrives, with the digests of the parts and of the whole."""

import hashlib
import random

import pytest

from catalog_service import parts
from catalog_service.parts import Parts

PART = 100


class Pieces:
    """A source that gives what it was made of, piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._left = list(pieces)

    async def read(self) -> bytes:
        return self._left.pop(0) if self._left else b""


@pytest.mark.parametrize("at_once", [0, PART], ids=["in threads", "at once"])
async def test_parts_and_digests_are_those_of_the_bytes(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", PART)
    monkeypatch.setattr(parts, "_AT_ONCE_BYTES", at_once)
    for seed in range(200):
        chance = random.Random(seed)  # noqa: S311  # no secret: the same pieces every time
        sizes = [chance.choice([1, 7, 50, 99, 100, 101, 250, 300]) for _ in range(chance.randrange(8))]
        pieces = [chance.randbytes(size) for size in sizes]
        whole = b"".join(pieces)
        cut, found = Parts(Pieces(pieces)), []
        while not cut.ended:
            await cut.advance()
            found.append(cut.data)
        assert found == ([whole[start : start + PART] for start in range(0, len(whole), PART)] or [b""]), seed
        assert cut.digests == [hashlib.sha256(part).digest() for part in found]
        stored = cut.stored(created=True)
        assert (stored.sha256, stored.content.size_bytes) == (hashlib.sha256(whole).hexdigest(), len(whole))
