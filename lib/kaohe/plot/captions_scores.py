"""Words around the charts of scores and ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaohe.plot import numbers
from kaohe.plot.labels import group_word, joined, listed, of
from kaohe.plot.numbers import half_up, score
from kaohe.plot.terms import GRADES, WEAK


def streams_title(
    class_id: str, first: tuple[str, float], last: tuple[str, float], parts: Mapping[str, float], n: int,
    *, tops: Sequence[str] = (), tails: Sequence[str] = (),
) -> str:  # fmt: skip
    """How far first and last are apart and which stream makes most of it.

    Parameters
    ----------
    first, last : (name, composite)
    parts : mapping of stream name to its share of the difference, points
        They add to the difference.
    n : int
        Targets with a composite.
    tops, tails : sequence of str
        All who share the first and the last score; what makes the difference is not said where several do.
    """
    if n == 0:
        return "没有可以合成的综合得分"
    if n == 1:
        return f"只有{first[0]}有综合得分（{score(first[1])}分）"
    gap = half_up(first[1], 1) - half_up(last[1], 1)
    if gap == 0:
        return f"{group_word(n, class_id)}综合得分相同（{score(first[1])}分）"
    if len(tops) > 1 or len(tails) > 1:
        high, low = listed(tops or [first[0]], class_id), listed(tails or [last[0]], class_id)
        return f"最高的{high}与最低的{low}相差{gap}分"
    stream, most = max(parts.items(), key=lambda kv: kv[1])
    ends = f"首末两{'个单位' if class_id == 'unit235' else '市'}（{first[0]}、{last[0]}）相差{gap}分"
    if half_up(most, 1) > gap:
        return f"{ends}，差距最大的是{stream}（{score(most)}分）"
    return f"{ends}，其中{stream}占{score(most)}分"


def position_title(
    name: str, class_id: str, composite: float, rank: float, tied: bool, n_ranked: int, mean: float, bounds: tuple[float, float]
) -> str:  # fmt: skip
    """Score and rank of a target among its class; bounds only where it is not ranked."""
    if numbers.is_missing(composite):
        low, high = bounds
        if numbers.is_missing(low) or numbers.is_missing(high):
            return f"{name}数据不全，不排名次"
        return f"{name}数据不全，不排名次，综合得分在{score(low)}–{score(high)}分之间"
    text = f"{name}综合得分{score(composite)}分"
    if not numbers.is_missing(rank):
        text += f"，在{group_word(n_ranked, class_id)}中{'并列' if tied else '列'}第{numbers.integer(rank)}名"
    if numbers.is_missing(mean):
        return text
    gap = half_up(round(composite - mean, 9), 1)
    if gap == 0:
        return f"{text}，与平均分持平"
    return f"{text}，{'高于' if gap > 0 else '低于'}平均{abs(gap)}分"


def bands_title(class_id: str, sizes: Sequence[tuple[str, int]], unranked: int) -> str:
    """How many bands there are and which is the largest."""
    tail = f"，另有{group_word(unranked, class_id)}数据不全" if unranked else ""
    n = sum(k for _, k in sizes)
    if not n:
        return f"没有可以分档的综合得分{tail}"
    if len(sizes) == 1:
        return f"{group_word(n, class_id)}同在一档，分不出先后{tail}"
    top = max(k for _, k in sizes)
    largest = [b for b, k in sizes if k == top]
    if len(largest) == 1:
        return f"{group_word(n, class_id)}分为{len(sizes)}档，{largest[0]}最多，有{group_word(top, class_id)}{tail}"
    if top == 1:
        return f"{group_word(n, class_id)}各在一档{tail}"
    return f"{group_word(n, class_id)}分为{len(sizes)}档，最多的{numbers.names(largest, 3, '档')}各有{group_word(top, class_id)}{tail}"


def own_band_title(name: str, class_id: str, composite: float, at: int, bands: int, same: int, n: int) -> str:
    """Score and band of one target of a large class."""
    head = f"{name}综合得分{score(composite)}分"
    if bands == 1:
        return f"{head}，{group_word(n, class_id)}同在一档，分不出先后"
    alone = f"同档{group_word(same, class_id)}分不出先后" if same > 1 else "独在一档"
    return f"{head}，在{bands}档中居第{at}档，{alone}"


def ranks_title(class_id: str, spans: Sequence[tuple[str, float, float]], unranked: Sequence[str]) -> str:
    """Which ranks are certain and which are not.

    Parameters
    ----------
    spans : sequence of (name, low, high)
        In the order of ranks.
    unranked : sequence of str
        Names without a rank.
    """
    tail = f"；{listed(unranked, class_id)}数据不全，不排名次" if unranked else ""
    n = len(spans)
    if not n:
        return f"没有可以排列的名次{tail}"
    sure = [name for name, low, high in spans if low == high]
    if len(sure) == n:
        return f"计入抽样误差，{group_word(n, class_id)}的名次都不变{tail}"
    wide = max(spans, key=lambda s: s[2] - s[1])
    worst = f"最宽的{wide[0]}为{numbers.rank_span(wide[1], wide[2])}"
    alike = [name for name, low, high in spans if high - low == wide[2] - wide[1]]
    if len(alike) > 1:
        worst = f"最宽的{listed(alike, class_id)}各跨{numbers.integer(wide[2] - wide[1] + 1)}个位次"
    if not sure:
        return f"计入抽样误差，{group_word(n, class_id)}的名次都只能定到区间，{worst}{tail}"
    only = "只有" if len(sure) == 1 else ""
    rest = group_word(n - len(sure), class_id)
    return f"计入抽样误差，{only}{listed(sure, class_id)}的名次不变，其余{rest}只能定到区间，{worst}{tail}"


def own_rank_title(name: str, rank: float, low: float, high: float, overlapping: int, class_id: str) -> str:
    """Rank interval of one target and how many others' intervals meet it."""
    if numbers.is_missing(low) or numbers.is_missing(high):
        return f"{name}数据不全，不排名次"
    if low == high:
        return f"{name}列第{numbers.integer(rank)}名，计入抽样误差不变"
    head = f"{name}列第{numbers.integer(rank)}名，计入抽样误差为{numbers.rank_span(low, high)}"
    return f"{head}，区间与{group_word(overlapping, class_id)}相重" if overlapping else f"{head}，区间不与他市相重"


def moves_title(class_id: str, moves: Mapping[str, int], under: str, limit: int = 3) -> str:
    """Whose rank moves under other choices.

    Parameters
    ----------
    moves : mapping of name to places
        The greatest shift of each target.
    under : str
        Which choices these are, as 换用图中4种做法.
    limit : int
        From how many places on a shift counts as large.
    """
    if not moves:
        return "没有可比较的名次"
    top = max(moves.values())
    most = [k for k, v in moves.items() if v == top]
    if top == 0:
        return f"{under}，{group_word(len(moves), class_id)}名次都不变"
    named = listed(most, class_id)
    large = sum(v >= limit for v in moves.values())
    each = "各" if len(most) > 1 else ""
    if not large:
        return f"{under}，名次至多变动{top}位（{named}）"
    if large == 1:
        return f"{under}，只有{most[0]}名次变动达{limit}位以上（{top}位）"
    return f"{under}，{group_word(large, class_id)}名次变动达{limit}位以上，最大的是{named}（{each}{top}位）"


def daily_title(name: str, points: Sequence[tuple[str, float]], n_records: int) -> str:
    """How much was taken off and by which source; `points` (source, points)."""
    total = sum(p for _, p in points)
    if not n_records:
        return f"{name}没有日常工作记录，不扣分"
    if half_up(total, 1) == 0:
        return f"{of(name)}{n_records}条日常工作记录都没有扣分"
    some = [(label, half_up(p, 1)) for label, p in points if half_up(p, 1) > 0]
    top = max(p for _, p in some)
    most = [label for label, p in some if p == top]
    if len(some) == 1:
        return f"{name}日常工作共扣{score(total)}分，都来自{most[0]}"
    if len(most) > 3:
        return f"{name}日常工作共扣{score(total)}分，分散在{len(some)}个来源"
    return f"{name}日常工作共扣{score(total)}分，最多的是{'、'.join(most)}（{'各' if len(most) > 1 else ''}{top}分）"


def lost_title(name: str, lost: Sequence[tuple[str, float]]) -> str:
    """Which scored survey indicators lose most of the survey score; `lost` in points."""
    if not lost:
        return f"{name}没有可计分的调查指标"
    some = sorted((i for i in lost if half_up(i[1], 1) > 0), key=lambda i: -i[1])
    if not some:
        return f"{of(name)}{len(lost)}项计分调查指标都达到目标值"
    parts = "、".join(f"{label}（{score(p)}分）" for label, p in some[:2])
    total = sum(p for _, p in some)
    if len(some) == 1:
        return f"{of(name)}{len(lost)}项计分调查指标中只有{parts}失分"
    return f"{name}调查得分共失{score(total)}分，最多的是{parts}"


def effective_title(rows: Sequence[tuple[str, float, float]]) -> str:
    """Which stream weighs more in the spread than its nominal weight; `rows` (stream, nominal, effective)."""
    known = [(s, n, e) for s, n, e in rows if not numbers.is_missing(e)]
    if not known:
        return "参评对象不足，不能计算有效权重"
    stream, nominal, effective = max(known, key=lambda r: abs(r[2] - r[1]))
    if half_up(effective, 2) == half_up(nominal, 2):
        return "各来源对得分差异的影响与方案权重一致"
    word = "大于" if effective > nominal else "小于"
    return f"{stream}对得分差异的影响{word}方案权重（{_percent(effective)}，方案{numbers.percent(nominal, 0)}）"


def _percent(share: float) -> str:
    return numbers.percent(share, 0).replace("-", "−")


def counties_title(rows: Sequence[tuple[str, bool]], unranked: int, *, within: str = "") -> str:
    """Which counties are near the bottom; `rows` (name, bottom), `within` the city's name."""
    tail = f"；另有{unranked}个没有核查得分" if unranked else ""
    bottom = [name for name, low in rows if low]
    head = f"{within or '全省'}有核查得分的{len(rows)}个县（市、区）"
    if not rows:
        return f"{within or '全省'}没有县（市、区）实地核查得分{tail}"
    if not bottom:
        return f"{head}都不在全省靠后之列{tail}"
    if len(bottom) == 1:
        return f"{head}中{bottom[0]}得分靠后{tail}"
    if len(bottom) == len(rows):
        return f"{head}得分都靠后{tail}"
    return f"{head}中{len(bottom)}个靠后：{numbers.names(bottom, 3, '个')}{tail}"


def county_place_title(name: str, score_: float, rank: float, tied: bool, n: int, bottom: bool) -> str:
    """Field score and place of one county among `n` that have one."""
    if n == 1:
        return f"{name}实地核查得分{score(score_)}分，没有其他县（市、区）可比"
    place = f"在{n}个县（市、区）中{'并列' if tied else '列'}第{numbers.integer(rank)}位"
    return f"{name}实地核查得分{score(score_)}分，{place}{'，列为靠后' if bottom else ''}"


def summary_title(counts: Mapping[str, Mapping[str, int]], labels: Mapping[str, str]) -> str:
    """How many of each class are at 一般 or below; `counts` by class and grade (待核 too)."""
    total = sum(sum(c.values()) for c in counts.values())
    weak = {k: sum(c.get(g, 0) for g in WEAK) for k, c in counts.items()}
    doubt: dict[str, int] = {}
    for by_grade in counts.values():
        for grade, n in by_grade.items():
            if grade not in GRADES and n:
                doubt[grade or "缺数据"] = doubt.get(grade or "缺数据", 0) + n
    tail = "".join(f"；{n}个{word}" for word, n in doubt.items())
    if not total:
        return "尚无综合等次"
    some = {k: n for k, n in weak.items() if n}
    if not some:
        return f"{total}个对象没有“一般及以下”{tail}"
    where = joined((f"{labels[k]}{n}个" for k, n in some.items()), "、")
    if len(counts) == 1:
        return f"{total}个对象中{sum(some.values())}个为“一般及以下”{tail}"
    return f"{total}个对象中{sum(some.values())}个为“一般及以下”：{where}{tail}"


def tiles_title(grades: Mapping[str, str], class_word: str) -> str:
    """Grades of the cities; `grades` by short name, 待核 or empty where there is none."""
    n = len(grades)
    if not n:
        return "尚无综合等次"
    counts = {g: [k for k, v in grades.items() if v == g] for g in GRADES}
    said = "、".join(f"{len(v)}市“{g}”" for g, v in counts.items() if v)
    weak = [*counts["较差"], *counts["一般"]]
    doubt: dict[str, list[str]] = {}
    for k, v in grades.items():
        if v not in GRADES:
            doubt.setdefault(v or "缺数据", []).append(k)
    parts = [f"{class_word}{n}市中{said}" if said else f"{class_word}{n}市尚无等次"]
    if weak:
        parts.append(f"“一般及以下”为{numbers.names(weak, 5, '市')}")
    elif said:
        parts.append("没有“一般及以下”")
    if said:
        parts += [f"{numbers.names(k, 3, '市')}{word}" for word, k in doubt.items()]
    return "；".join(parts)
