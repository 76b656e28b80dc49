"""The checker of histories finds what is planted, and nothing else."""

import random

import pytest


from linearizable import ABSENT, Operation, check, is_linearizable


def op(kind, begin, end, outcome="done", write=None, seen=ABSENT):
    return Operation(kind, begin, end, outcome, write, seen)


GOOD = {
    "reads overlap a write": [op("create", 0, 10, write="a"), op("read", 1, 2), op("read", 3, 4, seen="a")],
    "a lost create was done": [op("create", 0, 1, "unknown", write="a"), op("read", 5, 6), op("read", 7, 8, seen="a")],
    "a lost create was not done": [op("create", 0, 1, "unknown", write="a"), op("create", 2, 3, write="b")],
    "one of two is refused": [op("create", 0, 5, write="a"), op("create", 1, 6, "refused", write="b")],
    "updates in a row": [op("create", 0, 1, write="a"), op("update", 2, 3, write="b", seen="a"), op("delete", 4, 5), op("read", 6, 7)],
}
BAD = {
    "a stale read": [op("create", 0, 1, write="a"), op("read", 2, 3)],
    "a read of what was never written": [op("read", 0, 1, seen="a")],
    "a read that goes back": [op("create", 0, 9, write="a"), op("read", 1, 2, seen="a"), op("read", 3, 4)],
    "two updates from one version": [op("create", 0, 1, write="a"), op("update", 2, 5, write="b", seen="a"),
                                     op("update", 3, 6, write="c", seen="a")],
    "a lost write": [op("create", 0, 1, write="a"), op("update", 2, 3, write="b", seen="a"), op("read", 4, 5, seen="a")],
    "a create over what is there": [op("create", 0, 1, write="a"), op("create", 2, 3, write="b")],
    "a refusal without a reason": [op("create", 0, 1, "refused", write="a")],
    "a lost write that was done and undone": [op("create", 0, 1, "unknown", write="a"), op("read", 2, 3, seen="a"), op("read", 4, 5)],
    "a deletion that comes back": [op("create", 0, 1, write="a"), op("delete", 2, 3), op("read", 4, 5, seen="a")],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_passes(name):
    assert is_linearizable(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_a_planted_violation_is_found(name):
    assert not is_linearizable(BAD[name])


def random_history(numbers, length):
    """Operations on one object with a moment inside each at which it happened."""
    state, history = ABSENT, []
    for i in range(length):
        at = float(10 * i)
        begin, end = at - numbers.uniform(0, 25), at + numbers.uniform(0, 25)
        kind = numbers.choice(["create", "update", "delete", "read", "read"])
        if kind == "read":
            history.append(op("read", begin, end, seen=state))
            continue
        lost = numbers.random() < 0.05
        if kind == "create":
            done, becomes = state is ABSENT, f"w{i}"
        elif kind == "update":
            done, becomes = state is not ABSENT, f"w{i}"
        else:
            done, becomes = state is not ABSENT, ABSENT
        outcome = "unknown" if lost else "done" if done else "refused"
        history.append(op(kind, begin, end, outcome, becomes, state if kind == "update" else ABSENT))
        if done:
            state = becomes
    return history


@pytest.mark.parametrize("seed", range(20))
def test_random_histories_pass_until_one_read_is_changed(seed):
    numbers = random.Random(seed)
    history = random_history(numbers, 60)
    check(history)
    changed = [i for i, one in enumerate(history) if one.kind == "read"]
    i = numbers.choice(changed)
    history[i] = op("read", history[i].begin, history[i].end, seen="never written")
    with pytest.raises(AssertionError):
        check(history)
