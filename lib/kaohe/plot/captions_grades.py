"""Words around the charts of grades: titles that state the finding, with their zero, one and many cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from kaohe.plot.labels import group_word, joined, listed, of, some
from kaohe.plot.terms import GRADES, LEVELS, WEAK

WEAK_WORDS = "“一般”或“较差”"


def matrix_title(name: str, cells: Sequence[tuple[str, str, str]], missing: int) -> str:
    """How many of a target's grades are weak, and where they gather.

    Parameters
    ----------
    name : str
        The target.
    cells : sequence of (concept name, level, grade)
        The graded cells.
    missing : int
        Cells that should have a grade and have none.
    """
    tail = f"；另有{missing}个应评未评" if missing else ""
    if not cells:
        return f"{name}尚无指标等次" + (f"，{missing}项{'均' if missing > 1 else ''}未评" if missing else "")
    levels = {level for _, level, _ in cells}
    own = levels & {"city", "unit"}
    if own and levels <= own | {"village"}:
        return _own_form_title(name, cells, next(iter(own))) + tail
    weak = [c for c in cells if c[2] in WEAK]
    if not weak:
        return f"{of(name)}{len(cells)}个评定没有{WEAK_WORDS}{tail}"
    if len(weak) == 1:
        concept, level, grade = weak[0]
        return f"{of(name)}{len(cells)}个评定中1个为“{grade}”，即{LEVELS[level]}“{concept}”{tail}"
    head = f"{of(name)}{len(cells)}个评定中{len(weak)}个为{_weak_words(weak)}"
    counts = Counter(concept for concept, _, _ in weak)
    if len(levels) == 1:
        return f"{head}：{some(list(counts), 4)}{tail}"
    gathered = [c for c, n in counts.most_common() if n >= 2]
    if not gathered:
        return f"{head}，分散在{some(list(counts), 4)}{tail}"
    if 2 * sum(counts[c] for c in gathered[:3]) >= len(weak):
        return f"{head}，集中在{some(gathered, 3)}{tail}"
    top = [c for c in gathered if counts[c] == counts[gathered[0]]]
    seen = Counter(concept for concept, _, _ in cells)
    if all(counts[c] == seen[c] for c in top):
        return f"{head}，分散在{len(counts)}项指标，其中{some(top, 3)}各级都是{tail}"
    each = "各" if len(top) > 1 else ""
    return f"{head}，分散在{len(counts)}项指标，级数最多的是{some(top, 3)}（{each}{counts[top[0]]}级）{tail}"


def _own_form_title(name: str, cells: Sequence[tuple[str, str, str]], level: str) -> str:
    """The target's own form first, then the village forms, which ask about other things."""
    own = [c for c in cells if c[1] == level]
    weak = [c for c in own if c[2] in WEAK]
    said = f"{of(name)}{len(own)}项指标"
    if not weak:
        said += f"没有{WEAK_WORDS}"
    elif len(weak) == len(own) > 1:
        said += f"全部为{_weak_words(weak)}"
    else:
        said += f"中{len(weak)}项为{_weak_words(weak)}（{some([c for c, _, _ in weak], 4)}）"
    field = [c for c in cells if c[1] == "village"]
    if not field:
        return said
    bad = [c for c in field if c[2] in WEAK]
    if not bad:
        return f"{said}；村级考评表{'也' if not weak else ''}没有{WEAK_WORDS}"
    return (
        f"{said}；村级考评表已评{len(field)}项中{len(bad)}项为{_weak_words(bad)}（{some([c for c, _, _ in bad], 3)}）"
    )


def _weak_words(weak: Sequence[tuple[str, str, str]]) -> str:
    grades = {grade for _, _, grade in weak}
    return WEAK_WORDS if len(grades) > 1 else f"“{next(iter(grades))}”"


def mix_title(class_id: str, weak: Mapping[str, int], items: int, ungraded: Sequence[str] = ()) -> str:
    """Which targets of a class have weak items.

    Parameters
    ----------
    weak : mapping of target's name to number of items at 一般 or below
        Every target with grades.
    items : int
        Items on the form.
    ungraded : sequence of str
        Targets without any grade.
    """
    tail = f"；{listed(ungraded, class_id)}尚无等次" if ungraded else ""
    n = len(weak)
    if not n:
        return f"{group_word(len(ungraded), class_id)}均尚无等次"
    some = {k: v for k, v in weak.items() if v}
    if not some:
        return f"{group_word(n, class_id)}{items}项指标都在“较好”及以上{tail}"
    top = max(some.values())
    worst = [k for k, v in some.items() if v == top]
    if len(some) == 1:
        return f"{group_word(n, class_id)}中只有{worst[0]}有“一般及以下”指标（{top}项）{tail}"
    three = sum(v >= 3 for v in some.values())
    most = f"{worst[0]}最多（{top}项）" if len(worst) == 1 else f"最多的{listed(worst, class_id)}各{top}项"
    if three == 1:
        return f"{group_word(len(some), class_id)}有“一般及以下”指标，其中{worst[0]}有{top}项{tail}"
    if three:
        return f"{group_word(three, class_id)}有3项及以上指标为“一般及以下”，{most}{tail}"
    return f"{group_word(len(some), class_id)}有“一般及以下”指标，{most}{tail}"


def own_mix_title(name: str, class_id: str, weak: Mapping[str, int], own: str) -> str:
    """How many weak items one target has, and its place among its class; `own` is its key in `weak`."""
    if own not in weak:
        return f"{name}尚无等次"
    n, some = len(weak), sum(v > 0 for v in weak.values())
    if not weak[own]:
        others = (
            f"其他{group_word(n - 1, class_id)}中{group_word(some, class_id)}有"
            if some
            else f"{group_word(n, class_id)}都没有"
        )
        return f"{name}没有“一般及以下”指标，{others}"
    more, fewer = sum(v > weak[own] for v in weak.values()), sum(v < weak[own] for v in weak.values())
    same = sum(v == weak[own] for v in weak.values()) > 1
    end, before = ("多", more) if more <= fewer else ("少", fewer)
    place = ("并列" if same else "") + (f"第{before + 1}{end}" if before else f"最{end}")
    return f"{name}有{weak[own]}项“一般及以下”指标，在{group_word(n, class_id)}中{place}"


def items_title(class_id: str, weak: Mapping[str, int], n: int) -> str:
    """Which items are weak in many targets: `weak` counts targets by concept name, `n` targets are graded."""
    some = sorted(((v, k) for k, v in weak.items() if v), key=lambda p: -p[0])
    word = group_word(n, class_id)
    if not n:
        return "尚无等次"
    if not some:
        return f"{word}{len(weak)}项指标都在“较好”及以上"
    if len(some) == 1:
        return f"“一般及以下”只出现在“{some[0][1]}”（{group_word(some[0][0], class_id)}）"
    common = [(v, k) for v, k in some if v >= max(2, n / 4)]
    parts = [f"{k}（{group_word(v, class_id)}）" for v, k in common[:3]]
    if len(common) == 1:
        return f"{parts[0]}是最多见的短板"
    if common:
        named = "、".join(parts[:-1]) + f"和{parts[-1]}" if len(parts) > 1 else parts[0]
        return f"{named}是多{'个单位' if class_id == 'unit235' else '市'}共同短板"
    top = [k for v, k in some if v == some[0][0]]
    many = group_word(some[0][0], class_id)
    if len(top) > 3:
        return f"“一般及以下”分散在{len(some)}项指标，每项至多{many}"
    return f"“一般及以下”分散在{len(some)}项指标，最多的{'、'.join(top)}{'各' if len(top) > 1 else '有'}{many}"


def weak_targets_title(class_id: str, weak: Mapping[str, int], items: int) -> str:
    """How many targets of a large class have weak items, and who has most; `weak` by name."""
    some = {k: v for k, v in weak.items() if v}
    if not some:
        return f"{group_word(len(weak), class_id)}{items}项指标都在“较好”及以上"
    top = max(some.values())
    worst = [k for k, v in some.items() if v == top]
    if len(some) == 1:
        return f"{group_word(len(weak), class_id)}中只有{worst[0]}有“一般及以下”指标（{top}项）"
    if top == 1:
        return f"{group_word(len(weak), class_id)}中{group_word(len(some), class_id)}有“一般及以下”指标，每个都只有1项"
    head = f"{group_word(len(weak), class_id)}中{group_word(len(some), class_id)}有“一般及以下”指标"
    if top == items:
        return f"{head}，{listed(worst, class_id)}{items}项全部都是"
    return f"{head}，最多的{listed(worst, class_id)}{'各' if len(worst) > 1 else ''}有{top}项"


def gap_title(flags: Sequence[tuple[str, float]], compared: int) -> str:
    """Where the index table and the field visits differ by a step or more.

    Parameters
    ----------
    flags : sequence of (concept name, index value less field evidence)
        The items a step or more apart.
    compared : int
        Items that have both.
    """
    if not compared:
        return "没有可与实地核查对照的指标"
    if not flags:
        return f"{compared}项指标的指标表等次与实地核查都相差不到一档"
    high, low = [c for c, g in flags if g > 0], [c for c, g in flags if g < 0]
    if len(flags) == 1:
        return f"{compared}项中1项与实地核查相差一档以上：“{flags[0][0]}”指标表评得{'高' if high else '低'}"
    parts = [
        f"指标表偏高{len(high)}项（{some(high)}）" if high else "",
        f"偏低{len(low)}项（{some(low)}）" if high and low else "",
        f"指标表偏低{len(low)}项（{some(low)}）" if low and not high else "",
    ]
    return f"{compared}项中{len(flags)}项与实地核查相差一档以上：{joined(parts)}"


def self_title(name: str, steps: Sequence[tuple[str, float]], unknown: int) -> str:
    """How own grades compare with assessed ones.

    Parameters
    ----------
    steps : sequence of (concept name, steps)
        Items that have both grades; a positive step means the own grade is better.
    unknown : int
        Items that lack one of them.
    """
    if not steps:
        return f"{name}没有可对照的自评等次"
    high, low = [c for c, s in steps if s > 0], [c for c, s in steps if s < 0]
    tail = f"；另有{unknown}项缺一方等次" if unknown else ""
    if not high and not low:
        return f"{of(name)}{len(steps)}项自评与考核等次完全一致{tail}"
    parts = [f"{len(high)}项自评高于考核（{some(high)}）" if high else "", f"{len(low)}项低于考核（{some(low)}）" if low and high
             else f"{len(low)}项自评低于考核（{some(low)}）" if low else ""]  # fmt: skip
    same = len(steps) - len(high) - len(low)
    return f"{of(name)}{len(steps)}项中{joined([*parts, f'{same}项一致' if same else ''], '、')}{tail}"


def counts_said(grades: Sequence[str]) -> str:
    """Counts of each grade that occurs: 好9个、较好4个、缺1个."""
    counts = Counter(grades)
    parts = [f"{g}{counts[g]}个" for g in GRADES if counts[g]]
    parts += [f"缺{counts['']}个"] if counts[""] else []
    return "、".join(parts)
