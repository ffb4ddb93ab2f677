"""Words around a difference taken apart: which components raise it most, and which lower it most."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot.numbers import half_up
from kaohe.plot.output import Context

Delta = tuple[str, str, float]
WORDS = {1: "拉高", -1: "拉低"}


def shown(points: float) -> Decimal:
    """Points of a component as the data table prints them."""
    return half_up(points, 2)


def extremes(deltas: Sequence[Delta], sign: int) -> list[Delta]:
    """The components that raise a difference most (`sign` 1) or lower it most (−1); several where they print alike.

    Parameters
    ----------
    deltas : sequence of (stream name, component label, points)
    sign : {1, −1}

    Returns
    -------
    list of (stream name, component label, points)
        In the given order; empty where none has this sign.
    """
    top = max((sign * shown(d[2]) for d in deltas), default=Decimal(0))
    return [d for d in deltas if sign * shown(d[2]) == top] if top > 0 else []


def waterfall_title(name: str, reference: str, deltas: Sequence[Delta], *, unsure: bool = False) -> str:
    """How large a difference to a reference is and what makes most of it.

    The components of the other sign are named too where one of them is larger: the largest of all is never left out.

    Parameters
    ----------
    name, reference : str
        Whose difference to whom.
    deltas : sequence of (stream name, component label, points)
        They add to the difference.
    unsure : bool
        Sampling error alone may make the difference.
    """
    total = half_up(sum(d for _, _, d in deltas), 1)
    within = "，在抽样误差之内" if unsure else ""
    if total == 0:
        alike = all(half_up(d, 1) == 0 for _, _, d in deltas)
        return f"{name}与{reference}得分{'相同' if alike else f'持平{within}，各项互有高低'}"
    sign = 1 if total > 0 else -1
    own, other = extremes(deltas, sign), extremes(deltas, -sign)
    said = [_most(own, sign)]
    if other and abs(shown(other[0][2])) > abs(shown(own[0][2])):
        said.append(_most(other, -sign))
    return f"{name}比{reference}{'高' if sign > 0 else '低'}{abs(total)}分{within}，{'，'.join(said)}"


def _most(alike: Sequence[Delta], sign: int) -> str:
    points = alike[0][2]
    more = f"等{len(alike)}项" if len(alike) > 2 else ""
    named = (
        "".join(
            f"{'' if i and stream == alike[i - 1][0] else '、' * bool(i) + stream + '的'}“{label}”"
            for i, (stream, label, _) in enumerate(alike[:2])
        )
        + more
    )
    each = "各" if len(alike) > 1 else ""
    return f"{WORDS[sign]}最多的是{named}（{each}{numbers.signed(points, 1 if half_up(points, 1) else 2)}分）"


def base_said(mine: pd.DataFrame, ctx: Context) -> str:
    """What the component 起评分 is, where a difference has it."""
    if not ((mine["stream"] == "daily") & (mine["component"] == "base")).any():
        return ""
    base = numbers.number(ctx.plan.choices["daily"]["base"], 0)
    return f"起评分：日常工作起扣的{base}分，扣分另列在各来源"
