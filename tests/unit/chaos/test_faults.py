"""The draws of the nemesis: all from the seed."""

from random import Random

from chaos.faults import Action, Fault, draw_action


def actions(seed: int, faults: list[Fault], count: int) -> list[Action]:
    rng = Random(seed)  # noqa: S311 (to be repeated)
    return [draw_action(rng, faults) for _ in range(count)]


def test_a_seed_draws_the_same_again_and_another_one_does_not() -> None:
    everything = list(Fault)
    assert actions(1, everything, 50) == actions(1, everything, 50)
    assert actions(1, everything, 50) == actions(1, list(reversed(everything)), 50)
    assert actions(1, everything, 50) != actions(2, everything, 50)


def test_every_fault_comes_up_and_no_other_than_those_asked_for() -> None:
    assert {action.fault for action in actions(3, list(Fault), 1000)} == set(Fault)
    some = [Fault.FLUSH, Fault.KILL_API]
    assert {action.fault for action in actions(3, some, 100)} == set(some)


def test_what_is_picked_is_there() -> None:
    for action in actions(4, list(Fault), 200):
        assert action.pick(["a", "b", "c"]) in "abc"
        assert action.pick(["a"]) == "a"
