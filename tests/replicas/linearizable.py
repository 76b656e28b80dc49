"""Checks histories of single objects for linearizability, as Wing and Gong do: is there an order of all operations
that keeps the order of those that did not overlap, and in which each answers as one object alone would?

An object is absent, or is what one write made of it. Every write has a name of its own, which the object carries, so a
read tells which write it saw.
"""

import math
from dataclasses import dataclass

ABSENT = None


@dataclass(frozen=True)
class Operation:
    """One call. `outcome`: "done"; "refused" where the object was not what the call needs; "unknown" where no answer
    came: then it was done at some time after its begin, or never."""

    kind: str  # create, update, delete, read
    begin: float
    end: float
    outcome: str = "done"
    write: str | None = None  # the name of a create's or an update's state
    seen: str | None = ABSENT  # of a read: what it saw; of an update: what it was made from

    def last(self):
        return math.inf if self.outcome == "unknown" else self.end

    def after(self, state):
        """The states in which the object may be after it; none if it cannot have answered so."""
        possible = {
            "create": lambda: ABSENT is state,
            "update": lambda: state is not ABSENT and state == self.seen,
            "delete": lambda: state is not ABSENT,
            "read": lambda: state == self.seen,
        }[self.kind]()
        becomes = {"create": self.write, "update": self.write, "delete": ABSENT, "read": state}[self.kind]
        if self.outcome == "refused":
            return [] if possible else [state]
        if self.outcome == "unknown":
            return [becomes, state] if possible else [state]
        return [becomes] if possible else []


NEVER_SEEN = object()  # a state that no operation saw: one is like another


def is_linearizable(history):
    """Whether the operations of one object, which began absent, have such an order."""
    history = sorted(history, key=lambda one: one.begin)
    every = (1 << len(history)) - 1
    lost = sum(1 << i for i, one in enumerate(history) if one.outcome == "unknown")
    seen = {one.seen for one in history}
    tried = set()
    # Each entry: which operations have their place (a bit for each), and the state after them.
    stack = [(0, ABSENT)]
    while stack:
        placed, state = stack.pop()
        if (placed, state) in tried:
            continue
        tried.add((placed, state))
        if placed | lost == every:
            return True
        # Next is one that began before every other one that is left had ended.
        first = (~placed & (placed + 1)).bit_length() - 1
        first_end = math.inf
        for i in range(first, len(history)):
            if placed >> i & 1:
                continue
            if history[i].begin > first_end:
                break
            first_end = min(first_end, history[i].last())
        # What ended first is tried first, and what may have come to nothing last: it blocks nobody where it has no place.
        # Of several of these that would do the same, one is enough.
        nexts = []
        alike = set()
        for i in range(first, len(history)):
            one = history[i]
            if one.begin > first_end:
                break
            if placed >> i & 1:
                continue
            for after in one.after(state):
                if after is not ABSENT and after not in seen:
                    after = NEVER_SEEN
                if one.outcome == "unknown":
                    if after == state or (one.kind, after) in alike:
                        continue
                    alike.add((one.kind, after))
                nexts.append((one.last(), placed | 1 << i, after))
        nexts.sort(key=lambda one: -one[0])
        stack += [(placed_then, after) for _, placed_then, after in nexts]
    return False


def check(history):
    """Raises AssertionError, with the history, if it has no such order."""
    assert is_linearizable(history), "no order explains:\n" + "\n".join(map(str, sorted(history, key=lambda one: one.begin)))
