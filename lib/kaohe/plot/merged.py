"""Which components of a difference get a bar of their own, and how the small ones are put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kaohe.plot.captions_gaps import extremes

TINY = 1e-9


class Part(NamedTuple):
    """A component of a difference: stream and its name, label, points."""

    stream: str
    stream_name: str
    label: str
    delta: float


def merged(parts: Sequence[Part], most: int, cap: int) -> tuple[list[Part], list[Part]]:
    """The components drawn by name, and the others summed stream by stream.

    Named are the largest `most`, with the two that come first of those that raise and of those that lower it most. As
    long as what is left of a stream adds to more than the largest that is named, its next one is named too, up to
    `cap`: a sum of what is small must not be the largest bar while there is room.

    Parameters
    ----------
    parts : sequence of Part
        They add to the difference.
    most, cap : int
        Bars by name, at first and in the end; a stream of which one component is left shows it by name besides.

    Returns
    -------
    named : list of Part
        From the one that raises most to the one that lowers most.
    sums : list of Part
        One a stream, in the order of `parts`. Components without a difference are in neither, unless there
        is no other.
    """
    live = [p for p in parts if abs(p.delta) > TINY] or list(parts)
    ends = {(d[0], d[1]) for sign in (1, -1) for d in extremes([p[1:] for p in live], sign)[:2]}
    order = sorted(live, key=lambda p: ((p.stream_name, p.label) not in ends, -abs(p.delta)))
    n, largest = max(most, len(ends)), max(abs(p.delta) for p in order)
    named, rest = order[:n], order[n:]
    streams = list(dict.fromkeys(p.stream for p in parts))
    while rest and len(named) < cap:
        worst = max(streams, key=lambda stream: _size(rest, stream))
        if _size(rest, worst) <= largest:
            break
        taken = next(p for p in rest if p.stream == worst)
        named.append(taken)
        rest.remove(taken)
    sums = []
    for stream in streams:
        left = [p for p in rest if p.stream == stream]
        if len(left) == 1:
            named += left
        elif left:
            head = f"其余{left[0].stream_name}{len(left)}项合计"
            sums.append(Part(stream, left[0].stream_name, head, sum(p.delta for p in left)))
    return sorted(named, key=lambda p: -p.delta), sums


def _size(rest: Sequence[Part], stream: str) -> float:
    """How large the bar of what is left of a stream would be."""
    return abs(sum(p.delta for p in rest if p.stream == stream))
