"""Whose turn it is: by the rules, and in a model of a queue in which some have sent very much."""

from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import InvalidMessage, UploadMessage
from tests.support.worker_shop import NOON
from worker.turns import Objection, Turns, seconds_away

LARGE = 1000


def upload(proveedor_id: str, *, size: int | None = 1) -> UploadMessage:
    return UploadMessage(
        task_id=uuid4(),
        s3_bucket="bucket",
        s3_key="key",
        filename="a.csv",
        proveedor_id=proveedor_id,
        reemplazar_duplicados=False,
        accepted_at=NOON,
        size_bytes=size,
    )


def turns(slots: int, *, by_provider: bool = True) -> Turns:
    return Turns(slots, by_provider=by_provider, large_bytes=LARGE)


def test_while_a_slot_is_left_everything_is_taken_unseen() -> None:
    made = turns(3)
    made.take(upload("A"))
    assert not made.needs_look(0)
    assert made.objection(upload("A"), 0) is None


def test_before_the_last_slot_is_given_away_somebody_looks_what_waits() -> None:
    made = turns(2)
    made.take(upload("A"))
    assert made.needs_look(0)
    made.look(3, 0)
    assert not made.needs_look(0)
    assert made.objection(upload("A"), 0) is Objection.PROVIDER
    assert made.objection(upload("B"), 0) is None


def test_the_last_that_waits_is_taken_whosever_it_is() -> None:
    made = turns(2)
    made.take(upload("A"))
    made.look(2, 0)
    assert [made.objection(upload("A"), 0) for _ in range(3)] == [Objection.PROVIDER] * 2 + [None]


def test_after_a_look_everything_is_taken_for_a_second() -> None:
    made = turns(2)
    made.take(upload("A"))
    made.look(5, 0)
    made.end_look(10)
    assert not made.needs_look(10.9)
    assert made.objection(upload("A"), 10.9) is None
    assert made.needs_look(11)


def test_where_nothing_else_waits_a_file_of_the_same_provider_is_taken_at_once() -> None:
    made = turns(2)
    made.take(upload("A"))
    made.look(0, 0)
    assert made.objection(upload("A"), 0) is None


@pytest.mark.parametrize(("waiting", "objection"), [(6, None), (7, Objection.PROVIDER)])
def test_what_is_handled_in_two_seconds_is_not_worth_a_look(
    waiting: int, objection: Objection | None
) -> None:
    made = turns(2)
    made.end_look(0)
    first = upload("A")
    made.take(first)
    for _ in range(5):
        made.take(again := upload("A"))
        made.leave(again)
    # six in two seconds
    made.look(waiting, 2)
    assert made.objection(upload("A"), 2) is objection


def test_a_look_that_stood_still_goes_on_with_what_is_left_and_with_those_who_had_their_turn() -> None:
    made = turns(2)
    made.take(a := upload("A"))
    made.look(100, 0)
    made.take(upload("B"))
    made.leave(a)
    assert not made.needs_look(1)
    assert made.needs_look(1.1)
    made.look(1, 1.1)
    assert made.objection(upload("A"), 1.1) is Objection.PROVIDER
    assert made.objection(upload("A"), 1.1) is None


def test_a_look_never_grows() -> None:
    made = turns(1)
    made.take(a := upload("A"))
    made.leave(a)
    made.look(1, 0)
    made.take(a)
    made.leave(a)
    made.look(1000, 5)
    assert [made.objection(upload("A"), 5) for _ in range(2)] == [Objection.PROVIDER, None]


def test_without_turns_nobody_looks() -> None:
    made = turns(2, by_provider=False)
    made.take(upload("A"))
    assert not made.needs_look(0)
    assert made.objection(upload("A"), 0) is None


@pytest.mark.parametrize(
    ("slots", "at_hand", "size", "objection"),
    [
        (2, 1, LARGE, Objection.LARGE),
        (2, 1, LARGE - 1, None),
        (2, 1, None, None),
        (2, 0, LARGE, None),
        (3, 1, LARGE, None),
        (3, 2, LARGE, Objection.LARGE),
        # there is no slot to leave to others
        (1, 0, LARGE, None),
    ],
)
def test_all_slots_but_one_take_large_files(
    slots: int, at_hand: int, size: int | None, objection: Objection | None
) -> None:
    made = turns(slots, by_provider=False)
    for number in range(at_hand):
        made.take(upload(str(number), size=LARGE))
    assert made.objection(upload("B", size=size), 0) is objection


def test_with_no_size_for_large_ones_none_is() -> None:
    made = Turns(2, by_provider=False, large_bytes=0)
    made.take(upload("A", size=1 << 40))
    assert made.objection(upload("B", size=1 << 40), 0) is None


def test_what_nobody_understands_takes_a_slot_like_everything_else() -> None:
    made = turns(2)
    nonsense = InvalidMessage("no upload")
    made.take(nonsense)
    assert made.busy == 1
    assert made.needs_look(0)
    made.leave(nonsense)
    assert made.busy == 0


@pytest.mark.parametrize(
    ("objection", "waiting", "spread", "seconds"),
    [
        (Objection.PROVIDER, 5, 1, 0),
        (Objection.PROVIDER, 200, 0, 0),
        (Objection.PROVIDER, 200, 1, 10),
        (Objection.PROVIDER, 200, 0.5, 5),
        (Objection.PROVIDER, 1_000_000, 1, 60),
        (Objection.LARGE, 5, 0, 1),
        (Objection.LARGE, 1_000_000, 1, 60),
    ],
)
def test_the_more_wait_the_longer_is_it_kept_away(
    objection: Objection, waiting: int, spread: float, seconds: int
) -> None:
    assert seconds_away(objection, waiting, spread) == seconds


# a queue in which nobody's message is ever lost, and slots that all take a second for a file


@dataclass
class Model:
    """One worker on a queue that gives messages in the order of their arrival; looking takes no time."""

    turns: Turns
    slots: int
    queue: deque[UploadMessage]
    now: float = 0
    at_hand: deque[UploadMessage] = field(default_factory=deque)
    taken: list[UploadMessage] = field(default_factory=list)

    def run(self) -> None:
        while self.queue or self.at_hand:
            while self.queue and len(self.at_hand) < self.slots and self._receive():
                pass
            self._finish_one()

    def _receive(self) -> bool:
        """Return False where only large files are left, for which there is no slot."""
        passed_over = 0
        while passed_over <= 2 * len(self.queue):
            message = self.queue.popleft()
            if self.turns.needs_look(self.now):
                self.turns.look(len(self.queue), self.now)
            if self.turns.objection(message, self.now) is None:
                self.turns.take(message)
                self.at_hand.append(message)
                self.taken.append(message)
                assert self.large_at_hand <= max(1, self.slots - 1)
                return True
            self.queue.append(message)
            passed_over += 1
        return False

    def _finish_one(self) -> None:
        self.now += 1 / self.slots
        self.turns.leave(self.at_hand.popleft())

    @property
    def large_at_hand(self) -> int:
        return sum((message.size_bytes or 0) >= LARGE for message in self.at_hand)


WAITING = st.lists(
    st.builds(upload, st.sampled_from("ABCD"), size=st.sampled_from([1, LARGE])), min_size=1, max_size=40
)


@given(slots=st.integers(1, 4), waiting=WAITING)
def test_every_upload_is_taken_once_and_never_is_each_slot_at_a_large_one(
    slots: int, waiting: list[UploadMessage]
) -> None:
    model = Model(turns(slots), slots, deque(waiting))
    model.run()
    assert Counter(message.task_id for message in model.taken) == {message.task_id: 1 for message in waiting}


@given(
    slots=st.integers(1, 4),
    heavy=st.integers(1, 4),
    files=st.integers(30, 60),
    large=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_one_file_behind_many_is_taken_after_at_most_one_of_each_in_the_last_slot(
    slots: int, heavy: int, files: int, large: bool, order: Random
) -> None:
    size = LARGE if large else 1
    many = [upload(f"many-{number}", size=size) for number in range(heavy) for _ in range(files)]
    order.shuffle(many)
    one = upload("one")
    model = Model(turns(slots), slots, deque([*many, one]))
    model.run()
    assert model.taken.index(one) <= slots - 1 + heavy


@given(slots=st.integers(1, 4), files=st.integers(1, 60))
def test_for_one_provider_alone_no_slot_stands_idle(slots: int, files: int) -> None:
    model = Model(turns(slots), slots, deque(upload("A") for _ in range(files)))
    model.run()
    # each file takes a second, and the last one to begin ends a second later
    assert model.now <= files / slots + 1
