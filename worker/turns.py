"""Whose turn it is: which uploads the slots of a worker take, and which they leave for later.

Two rules. *All slots but one take large files*, so that a small one never waits for a large one to end.
*With its last free slot a worker takes no second file of a provider before it has looked through what was
waiting*: so everybody gets a turn, however many files somebody else has sent. Once it has, it takes what
comes, whoever sent it, until more has piled up than it handles in a moment: where one provider alone has
work, no slot waits long.
"""

from enum import StrEnum

from common.messages import InvalidMessage, UploadMessage

#: How long, after a look through the queue, no other one is needed; so long may a file that comes in between
#: have to wait.
_FREE_SECONDS = 1.0
#: Nor while no more waits than is handled in so many seconds.
_MOMENT_SECONDS = 2.0
#: A look that stood still for this long goes on with a new count: others have taken messages meanwhile.
_STALE_SECONDS = 1.0
#: So many of those passed over come back a second, as long as there are no more than a minute's: enough for
#: some workers, so that no slot waits for them; few enough to look at.
_BACK_A_SECOND = 20
#: Nothing is kept away for longer: whoever sent the many must not find the slots idle.
_LONGEST_SECONDS = 60.0
#: A large file cannot have its turn before another has ended: to look at it all the time would be idle.
_LARGE_SECONDS = 1.0


#: What a message describes: an upload, or nothing that anybody understands.
Message = UploadMessage | InvalidMessage


class Objection(StrEnum):
    """Why an upload is passed over."""

    #: every slot but the last has a large file
    LARGE = "large"
    #: its provider has had its turn in this look through the queue
    PROVIDER = "provider"


class Turns:
    """The state of one worker's slots and of its look through the queue. Pure: ``now`` is any clock that runs
    forward, in seconds.

    Args:
        slots: how many uploads the worker handles at a time.
        by_provider: whether providers take turns.
        large_bytes: from which size on a file is large; 0: none is. With a single slot none is either.
    """

    def __init__(self, slots: int, *, by_provider: bool, large_bytes: int) -> None:
        self._slots = slots
        self._by_provider = by_provider
        self._large_bytes = large_bytes if slots > 1 else 0
        self._at_hand: list[Message] = []
        #: messages that the look under way has still to see; 0: there is none under way
        self._unseen = 0
        self._seen_at = float("-inf")
        #: when the last look ended, and how many uploads were taken since
        self._free_since = float("-inf")
        self._taken = 0
        self._served: set[str] = set()

    @property
    def busy(self) -> int:
        """How many slots handle something."""
        return len(self._at_hand)

    def take(self, upload: Message) -> None:
        """Note that a slot begins with it."""
        self._at_hand.append(upload)
        self._taken += 1
        if isinstance(upload, UploadMessage):
            self._served.add(upload.proveedor_id)

    def leave(self, upload: Message) -> None:
        """Note that a slot is done with it."""
        self._at_hand.remove(upload)

    def needs_look(self, now: float) -> bool:
        """Return whether to ask how much is waiting, and :meth:`look`, before the next decision."""
        if not self._by_provider or not self._is_last_slot:
            return False
        return (
            now - self._seen_at > _STALE_SECONDS if self._unseen else now - self._free_since >= _FREE_SECONDS
        )

    def look(self, waiting: int, now: float) -> None:
        """Begin to look through the queue, or go on, where it holds so many messages besides the one at
        hand."""
        handled_a_second = self._taken / (now - self._free_since)
        if self._unseen:
            self._unseen = min(self._unseen, waiting + 1)
        elif waiting <= _MOMENT_SECONDS * handled_a_second:
            self.end_look(now)
        else:
            # the one at hand is to be seen too
            self._unseen = waiting + 1
            self._served = {
                upload.proveedor_id for upload in self._at_hand if isinstance(upload, UploadMessage)
            }
        self._seen_at = now

    def end_look(self, now: float) -> None:
        """Note that the queue has nothing else to show."""
        self._unseen = 0
        self._free_since, self._taken = now, 0

    def objection(self, upload: UploadMessage, now: float) -> Objection | None:
        """Return why this one is to be passed over, if it is. It counts as seen."""
        had_its_turn = self._is_last_slot and upload.proveedor_id in self._served
        looking = self._see_one(now)
        if self._is_large(upload) and self._large_at_hand >= self._slots - 1:
            return Objection.LARGE
        return Objection.PROVIDER if looking and had_its_turn else None

    def _see_one(self, now: float) -> bool:
        """Return whether there is more to see: the last that was waiting may be taken, whosever it is."""
        if self._unseen:
            self._unseen, self._seen_at = self._unseen - 1, now
            if not self._unseen:
                self.end_look(now)
        return bool(self._unseen)

    @property
    def _is_last_slot(self) -> bool:
        return len(self._at_hand) >= self._slots - 1

    @property
    def _large_at_hand(self) -> int:
        return sum(self._is_large(upload) for upload in self._at_hand)

    def _is_large(self, upload: Message) -> bool:
        size = upload.size_bytes if isinstance(upload, UploadMessage) else None
        return bool(self._large_bytes and size and size >= self._large_bytes)


def seconds_away(objection: Objection, waiting: int, spread: float) -> int:
    """Return how long to keep away what is passed over, where ``waiting`` messages are.

    ``spread``: a random number from 0 to 1, for them to come back one after another.
    """
    seconds = min(waiting / _BACK_A_SECOND, _LONGEST_SECONDS) * spread
    return round(max(seconds, _LARGE_SECONDS) if objection is Objection.LARGE else seconds)
