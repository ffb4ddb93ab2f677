"""The finding of a chart of estimates in a sentence, and which rows stand apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kaohe.plot import numbers
from kaohe.plot.against import FEW
from kaohe.plot.labels import joined, quoted
from kaohe.plot.numbers import is_missing
from kaohe.plot.terms import hidden

SURE = 0.05
JUDGED = ("ok", "caution")  # of a row that has an estimate with an error


def judged(row: Mapping[str, Any]) -> bool:
    """Whether a row has answers and an error to conclude from."""
    return bool(row["quality"] == "ok" and row["n"] >= FEW)


def side_of(row: Mapping[str, Any], line: tuple[float, str, float, float] | None, tested: bool) -> int:
    """1 above, −1 below, 0 neither or not to be judged."""
    if not judged(row):
        return 0
    if tested:
        if is_missing(row["p_holm"]) or row["p_holm"] >= SURE:
            return 0
        return 1 if row["difference"] > 0 else -1
    if line is None or is_missing(row["ci_low"]) or is_missing(row["ci_high"]):
        return 0
    return 1 if row["ci_low"] > line[0] else -1 if row["ci_high"] < line[0] else 0


def finding(
    what: str, names: Sequence[str], items: Sequence[Mapping[str, Any]], sides: Sequence[int], texts: Sequence[tuple[str, str, str]],
    line: tuple[float, str, float, float] | None, share: bool, tested: bool,
) -> str:  # fmt: skip
    """The finding in a sentence."""
    mark_ = "%" if share else ""
    open_ = [k for k, r in enumerate(items) if not hidden(str(r["quality"])) and not is_missing(r["estimate"])]
    if not open_:
        return f"{quoted(what)}：没有可列示的估计"
    if tested or line:
        than = "其余" if tested else line[1] if line else ""
        high, low = ([n for n, s in zip(names, sides, strict=True) if s == d] for d in (1, -1))
        if not any(judged(r) for r in items):
            return f"{quoted(what)}：各行回答少或误差较大，不与{than}比较"
        if not high and not low:
            return f"{quoted(what)}：没有明显不同于{than}的"
        parts = [
            f"{numbers.names(high, 3, '个')}明显高于{than}" if high else "",
            f"{numbers.names(low, 3, '个')}明显低于{than}" if low else "",
        ]
        return f"{quoted(what)}：{joined(parts)}"
    if len(open_) == 1:
        k = open_[0]
        return f"{quoted(what)}：{names[k]}{texts[k][0]}{mark_}"
    top, least = (f(open_, key=lambda k: float(items[k]["estimate"])) for f in (max, min))
    if items[top]["estimate"] == items[least]["estimate"]:
        return f"{quoted(what)}：各行都是{texts[top][0]}{mark_}"
    return f"{quoted(what)}：最高的是{names[top]}（{texts[top][0]}{mark_}），最低的是{names[least]}（{texts[least][0]}{mark_}）"
