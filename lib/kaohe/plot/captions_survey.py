"""Words around the charts of the survey and of data quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaohe.plot import numbers
from kaohe.plot.labels import group_word, joined, listed, of, quoted, some
from kaohe.plot.numbers import half_up, percent

SCORED = "计分指标"


def dots_title(
    label: str, direction: str, reference: str, worse: Sequence[str], better: Sequence[str], n: int, class_id: str
) -> str:  # fmt: skip
    """Which cities differ from the province.

    Parameters
    ----------
    label : str
        The indicator.
    direction : str
        up (more is better), down, or none.
    reference : str
        The province's estimate as shown; empty where there is none.
    worse, better : sequence of str
        Cities whose interval lies wholly on one side of it; for direction none: above, below.
    n : int
        Cities with an interval.
    """
    province = f"全省{reference}" if reference else "全省"
    if not n:
        return f"{quoted(label)}没有可比较的市级估计（{province}）"
    low, high = ("低于", "高于") if direction != "down" else ("高于", "低于")
    if direction == "none":
        low, high = "高于", "低于"
    if not worse and not better:
        return f"{quoted(label)}：{group_word(n, class_id)}与全省（{reference}）都没有明显差别"
    parts = []
    if worse:
        parts.append(f"{listed(worse, class_id)}明显{low}全省（{reference}）")
    elif direction != "none":
        parts.append(f"没有市明显{low}全省（{reference}）")
    if better:
        parts.append(f"{listed(better, class_id)}明显{high}{'全省' if parts else f'全省（{reference}）'}")
    return f"{quoted(label)}：{joined(parts)}"


def own_dots_title(label: str, name: str, value: str, reference: str, direction: str, side: int, judged: bool) -> str:
    """One city's estimate against the province.

    Parameters
    ----------
    value, reference : str
        Estimates with unit, as shown; empty where hidden or missing.
    side : int
        1 above, −1 below, 0 neither.
    judged : bool
        Whether the estimate is fit for a conclusion.
    """
    head = f"{quoted(label)}：{name}"
    if not value:
        return f"{head}的估计不能列示"
    if not reference:
        return f"{head}{value}"
    if not judged:
        return f"{head}{value}（全省{reference}），误差较大，不作结论"
    if side == 0:
        return f"{head}{value}，与全省（{reference}）没有明显差别"
    good = ("，好于全省" if side < 0 else "，差于全省") if direction == "down" else ""
    return f"{head}{value}，明显{'高' if side > 0 else '低'}于全省（{reference}）{good}"


def profile_title(
    name: str, topic: str, worse: Sequence[str], better: Sequence[str], compared: int, shown: int, judged: bool = True,
) -> str:  # fmt: skip
    """Which shares of a topic differ from the province; `judged` is False where none has a good or bad direction."""
    head = f"{name}{topic}" if topic == SCORED else f"{of(name)}{quoted(topic)}"
    if not compared:
        return f"{head}{shown}项比例" + ("只作列示，不判断好坏" if judged else "供了解情况，不作好坏判断")
    if not worse and not better and compared == 1:
        return f"{head}可与全省比较的1项比例没有明显差别"
    if not worse and not better:
        return f"{head}{compared}项可比的比例与全省都没有明显差别"
    parts = [f"{len(worse)}项明显差于全省（{some(worse, 2)}）" if worse else "没有明显差于全省的",
             f"{len(better)}项明显好于全省（{some(better, 2)}）" if better else ""]  # fmt: skip
    return f"{head}{compared}项可比的比例中{joined(parts, '，')}"


def province_title(topic: str, shares: Sequence[tuple[str, str]]) -> str:
    """Lowest and highest of the province's shares of a topic; `shares` (label, percent as shown)."""
    known = sorted((float(v), label, v) for label, v in shares if v)
    head = f"全省{quoted(topic)}"
    if not known:
        return f"{head}没有可列示的比例"
    if len(known) == 1:
        return f"{head}中{known[0][1]}为{known[0][2]}%"
    low, high = known[0], known[-1]
    if low[2] == high[2]:
        return f"{head}{len(known)}项比例都是{low[2]}%"
    return f"{head}最低的是{low[1]}（{low[2]}%），最高的是{high[1]}（{high[2]}%）"


def income_title(name: str, below: Mapping[str, float], limit: float, full: str = "", within: str = "") -> str:
    """Share of people below the line.

    Parameters
    ----------
    name : str
        The report's own city as it stands in `below`; empty where there is none.
    below : mapping of city to share
        Only known ones.
    limit : float
        The province's share.
    full, within : str
        The own city's full name and the interval of its share, as printed.
    """
    if not below:
        return "没有可列示的低于相对贫困线的人口比例"
    shown = {k: half_up(100 * v, 1) for k, v in below.items()}
    top = max(shown.values())
    if top == 0:
        return f"{len(shown)}市都没有人口收入低于相对贫困线"
    most = [k for k, v in shown.items() if v == top]
    if len(shown) == 1:
        return f"{most[0]}有{top}%的人口收入低于相对贫困线"
    head = f"{listed(most, 'city14')}收入低于相对贫困线的人口比例最高（{top}%）"
    if name in shown and name not in most:
        place = 1 + sum(v > shown[name] for v in shown.values())
        head = f"{full or name}有{shown[name]}%{within}的人口收入低于相对贫困线，{len(shown)}市中第{place}高"
    elif name in shown:
        head = f"{full or name}有{top}%{within}的人口收入低于相对贫困线，{len(shown)}市中最高"
    return head + (f"，全省{percent(limit)}" if not numbers.is_missing(limit) else "")


def response_title(rates: Mapping[str, float], overall: float, own: str = "", whose: str = "") -> str:
    """Overall and lowest response rate; `rates` by name; `own` is the city whose page it is, `whose` the villages that it helps."""
    known = {k: half_up(100 * v, 1) for k, v in rates.items() if not numbers.is_missing(v)}
    if not known:
        return "没有应答率"
    low = min(known.values())
    least = [k for k, v in known.items() if v == low]
    head = f"全省应答率{percent(overall)}，" if not numbers.is_missing(overall) else "应答率"
    if len(known) == 1:
        return f"{least[0]}应答率{low}%" + (f"，全省{percent(overall)}" if not numbers.is_missing(overall) else "")
    if own in known:
        whole = f"，全省{percent(overall)}" if not numbers.is_missing(overall) else ""
        place = 1 + sum(v < known[own] for v in known.values())
        tied = "并列" if sum(v == known[own] for v in known.values()) > 1 else ""
        back = 1 + sum(v > known[own] for v in known.values())
        end, n = ("低", place) if place <= back else ("高", back)
        nth = f"{tied}最{end}" if n == 1 else f"{tied}第{n}{end}"
        return f"{own}{whose}应答率{known[own]}%，{len(known)}市中{nth}{whole}"
    if len(least) == len(known):
        return f"{head}各地相同（{low}%）"
    return f"{head}最低的{some(least)}为{low}%"


def weights_title(ratios: Mapping[str, float], deffs: Mapping[str, float]) -> str:
    """Where weights spread most: greatest over least weight and Kish's design effect by name."""
    known = {k: v for k, v in deffs.items() if not numbers.is_missing(v)}
    if not known:
        return "没有权重诊断"
    top = max(known, key=lambda k: known[k])
    if len(known) == 1:
        return f"{top}权重设计效应{numbers.number(known[top], 2)}，最大权重为最小的{numbers.number(ratios[top])}倍"
    low, high = half_up(min(known.values()), 2), half_up(known[top], 2)
    if low == high:
        return f"{len(known)}市权重设计效应都是{high}"
    return f"权重设计效应{low}–{high}，{top}最大（最大权重为最小的{numbers.number(ratios[top])}倍）"


def quality_title(shares: Mapping[str, float], limit: float, mean: float) -> str:
    """Which cities' missing and doubtful shares exceed the limit (shares of 0 to 1)."""
    if not shares:
        return "没有数据质量统计"
    line = percent(limit, 0)
    over = [k for k, v in shares.items() if half_up(100 * v, 1) > half_up(100 * limit, 1)]
    head = f"未答和存疑平均{percent(mean)}"
    if not over:
        return f"{head}，{len(shares)}市都不超过{line}"
    if len(over) == 1:
        return f"{head}，只有{over[0]}超过{line}（{percent(shares[over[0]])}）"
    if len(over) == len(shares):
        return f"{head}，{len(shares)}市全部超过{line}"
    return f"{head}，{numbers.names(over, 3, '市')}超过{line}"


def complete_title(name: str, parts: Sequence[tuple[str, int, int]]) -> str:
    """What is lacking; `parts` (label, expected, received)."""
    asked = [p for p in parts if p[1]]
    if not asked:
        return f"{name}没有应收的数据"
    lacking = [p for p in asked if p[2] < p[1]]
    if not lacking:
        return f"{of(name)}{len(asked)}部分数据全部收到"
    none = [p[0] for p in lacking if p[2] == 0]
    partly = [f"{label}缺{e - r}项" for label, e, r in lacking if r]
    said = joined([f"没有收到{some(none)}" if none else "", some(partly)], "；")
    return f"{of(name)}{len(asked)}部分数据中{len(lacking)}部分不全：{said}"
