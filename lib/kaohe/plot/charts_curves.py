"""Curves with their bands: Lorenz, quantiles, poverty by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.estimate.margins import ALL
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.estimate_cells import WORDS, about, level_of, name_of
from kaohe.plot.labels import quoted, records
from kaohe.plot.layout import Scale, ticks, widen
from kaohe.plot.marks import hidden_note
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, DataTable
from kaohe.plot.palette import ACCENT, BLUE, INK, MID, MUTED, PLUM, RULE, SOFT
from kaohe.plot.terms import hidden

COUNTED = {"户": "住户", "村": "村"}  # by what a table calls its records
COLORS = (BLUE, ACCENT, MID, PLUM, SOFT)
LEFT, TOP, BELOW, SIDE = 0.75, 0.34, 0.55, 1.75
Point = tuple[float, float]


def lorenz(curve: pd.DataFrame, *, title: str = "", id: str = "lorenz") -> Chart:
    """Lorenz curves with their bands and the line of equality.

    Parameters
    ----------
    curve : DataFrame
        From `kaohe.publish.bench.BenchDesign.lorenz_curve`: at most five groups. It knows the level of its
        bands and whether persons or records are counted; a plain frame is taken for 95 % and records.

    Raises
    ------
    InputRefused
        K741 for more groups, or none that can be shown.

    Examples
    --------
    >>> charts.lorenz(s.design.lorenz_curve("income_per_head")).title
    '“人均可支配收入”：最低的20%住户占合计的9.8%'
    """
    said, groups = about(curve), _groups(curve)
    lines = {n: [(0.0, 0.0), *[(r["prob"], r["estimate"]) for r in part], (1.0, 1.0)] for n, part in groups.items()}
    bands = {n: [(0.0, 0.0, 0.0), *[(r["prob"], r["ci_low"], r["ci_high"]) for r in part if not is_missing(r["ci_low"])],
                 (1.0, 1.0, 1.0)] for n, part in groups.items()}  # fmt: skip
    what = name_of("variable", curve["variable"].iloc[0], said)
    counted = "人口" if said.get("size") else COUNTED.get(str(said.get("record", "")), "记录")
    canvas = _plot(lines, bands, (0.0, 1.0), (0.0, 1.0), f"{counted}累计占比，按{what}由低到高（%）", f"{what}累计占比（%）",
                   _percent, _percent, diagonal=True)  # fmt: skip
    poorest = {n: min(part, key=lambda r: abs(r["prob"] - 0.2)) for n, part in groups.items()}
    least = min(poorest, key=lambda n: float(poorest[n]["estimate"]))
    at, part_of = (numbers.percent(poorest[least][c], k) for c, k in (("prob", 0), ("estimate", 1)))
    found = (
        f"{quoted(what)}：最低的{at}{counted}占合计的{part_of}" if len(groups) == 1
        else f"{quoted(what)}：最低的{at}{counted}所占份额，{least}最小，为{part_of}"
    )  # fmt: skip
    caption = Caption(
        title or found, f"{what}的洛伦兹曲线及{level_of(said)}区间", f"曲线图：{len(groups)}条洛伦兹曲线，斜线为完全平均。",
        _note(curve, f"灰色斜线：完全平均。浅色带：逐点{level_of(said)}区间"),
    )  # fmt: skip
    table = _table(what, curve, groups, f"{counted}累计占比", "prob", lambda v: numbers.percent(v, 0), numbers.percent)
    return canvas.chart(id, caption, table)


def poverty_lines(
    curve: pd.DataFrame, *, line: float | None = None, title: str = "", id: str = "poverty-lines"
) -> Chart:
    """Poverty at each line, with its bands; the official line marked.

    Parameters
    ----------
    curve : DataFrame
        From `kaohe.publish.bench.BenchDesign.poverty_curve`: at most five groups.
    line : float, optional
        The line in force, in yuan a head and year.

    Raises
    ------
    InputRefused
        K741 for more groups, or none that can be shown.

    Examples
    --------
    >>> charts.poverty_lines(s.design.poverty_curve("income_per_head", [8000, 12000])).title
    '贫困线由8,000元升到12,000元，贫困发生率由9.0%升到27.0%'
    """
    said, groups = about(curve), _groups(curve)
    lines = {n: [(r["line"], r["estimate"]) for r in part] for n, part in groups.items()}
    bands = {
        n: [(r["line"], r["ci_low"], r["ci_high"]) for r in part if not is_missing(r["ci_low"])]
        for n, part in groups.items()
    }
    word = WORDS[str(curve["measure"].iloc[0])]
    xs = [x for part in lines.values() for x, _ in part]
    high = max([y for part in bands.values() for _, _, y in part] + [y for part in lines.values() for _, y in part])
    canvas = _plot(lines, bands, (min(xs), max(xs)), (0.0, widen([0.0, high], floor=0.0, ceiling=1.0)[1]), "贫困线（元，人均年收入）",
                   f"{word}（%）", _yuan, _percent, mark=line)  # fmt: skip
    first = max(groups, key=lambda n: float(groups[n][-1]["estimate"]))
    part = groups[first]
    low, top = part[0], part[-1]
    found = (
        f"贫困线由{_yuan(low['line'])}元升到{_yuan(top['line'])}元，{'' if len(groups) == 1 else f'{first}的'}"
        f"{word}由{numbers.percent(low['estimate'])}升到{numbers.percent(top['estimate'])}"
    )
    caption = Caption(
        title or found, f"不同贫困线下的{word}及{level_of(said)}区间", f"曲线图：{len(groups)}组在{len(part)}条贫困线下的{word}。",
        _note(curve, f"浅色带：逐点{level_of(said)}区间" + (f"。竖线：现行相对贫困线{_yuan(line)}元" if line else "")),
    )  # fmt: skip
    return canvas.chart(id, caption, _table(word, curve, groups, "贫困线（元）", "line", _yuan, numbers.percent))


def quantiles(curve: pd.DataFrame, *, line: float | None = None, title: str = "", id: str = "quantiles") -> Chart:
    """Quantiles from poorest to richest (Pen's parade), with their bands; the poverty line across.

    Parameters
    ----------
    curve : DataFrame
        From `kaohe.publish.bench.BenchDesign.quantile_curve`: at most five groups.
    line : float, optional
        The poverty line, in yuan a head and year.

    Raises
    ------
    InputRefused
        K741 for more groups, or none that can be shown.

    Examples
    --------
    >>> charts.quantiles(s.design.quantile_curve("income_per_head", [0.25, 0.5, 0.75]), line=s.plan.poverty_line).title
    '“人均可支配收入”的中位数：16,500元'
    """
    said, groups = about(curve), _groups(curve)
    lines = {n: [(r["prob"], r["estimate"]) for r in part] for n, part in groups.items()}
    bands = {n: [(r["prob"], r["ci_low"], r["ci_high"]) for r in part if not (is_missing(r["ci_low"]) or is_missing(r["ci_high"]))]
             for n, part in groups.items()}  # fmt: skip
    top = max([y for part in bands.values() for _, _, y in part] + [y for part in lines.values() for _, y in part])
    what = name_of("variable", curve["variable"].iloc[0], said)
    unit = said.get("units", {}).get(str(curve["variable"].iloc[0]), "")
    canvas = _plot(lines, bands, (0.0, 1.0), (0.0, widen([0.0, top], floor=0.0)[1]), "分位，由低到高（%）", f"{what}（{unit}）" if unit else what,
                   _percent, _yuan, level=line)  # fmt: skip
    shared = set.intersection(
        *({r["prob"] for r in part} for part in groups.values())
    )  # some may be hidden in one group
    at = min(shared, key=lambda p: abs(p - 0.5), default=None)
    said_of = [
        f"{'' if len(groups) == 1 else n}{_yuan(r['estimate'])}{unit}"
        for n, part in groups.items()
        for r in part
        if r["prob"] == at
    ]
    found = (
        f"{quoted(what)}的{'中位数' if at == 0.5 else f'{numbers.percent(at, 0)}分位'}：{'，'.join(said_of)}"
        if shared
        else f"{quoted(what)}的各分位"
    )
    part = max(groups.values(), key=len)
    caption = Caption(
        title or found, f"{what}各分位及{level_of(said)}区间（Woodruff）", f"曲线图：{len(groups)}组的{len(part)}个分位，由低到高。",
        _note(curve, f"浅色带：逐点{level_of(said)}区间" + (f"。横线：相对贫困线{_yuan(line)}元" if line else "")),
    )  # fmt: skip
    return canvas.chart(
        id, caption, _table(what, curve, groups, "分位", "prob", lambda v: numbers.percent(v, 0), _yuan)
    )


def _note(curve: pd.DataFrame, text: str) -> str:
    """The line under the chart: source, how to read it, what is hidden or not estimable, what was counted."""
    said, items = about(curve), records(curve)
    unknown = sum(not hidden(str(r["quality"])) and is_missing(r["estimate"]) for r in items)
    parts = (
        f"来源：{said['source']}" if said.get("source") else "", text, hidden_note(items),
        f"{unknown}个估计不可估，未画" if unknown else "", str(said.get("note", "")),
    )  # fmt: skip
    return "。".join(t for t in parts if t) + "。"


def _groups(curve: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Rows of each group by its name; suppressed ones and those without an estimate left out, which `_note` says."""
    said = about(curve)
    by = [c for c in said.get("by", ()) if c in curve.columns]
    out: dict[str, list[dict[str, Any]]] = {}
    for raw in curve.to_dict("records"):
        row = {str(k): v for k, v in raw.items()}
        if hidden(str(row["quality"])) or is_missing(row["estimate"]):
            continue
        name = "·".join(ALL if row[c] == ALL else name_of(c, row[c], said) for c in by) or "全体"
        out.setdefault(name, []).append(row)
    if not out or len(out) > len(COLORS):
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", got=f"{len(out)} curves", expected=f"1 to {len(COLORS)} that can be shown",
            remedy="choose some groups with where=",
        )  # fmt: skip
    return out


def _plot(
    lines: Mapping[str, Sequence[Point]], bands: Mapping[str, Sequence[tuple[float, float, float]]], x: Point, y: Point, x_title: str,
    y_title: str, x_text: Callable[[float], str], y_text: Callable[[float], str], *, diagonal: bool = False, mark: float | None = None,
    level: float | None = None,
) -> Canvas:  # fmt: skip
    """Axes, bands, lines and their names at the right end."""
    height = 4.2
    canvas = Canvas(height)
    right, bottom = WIDTH - SIDE, height - BELOW
    sx, sy = Scale(*x, LEFT, right), Scale(y[0], y[1], bottom, TOP)
    for v in ticks(*y):
        canvas.line([(LEFT, sy(v)), (right, sy(v))], RULE, line=0.7, z=0)
        canvas.text(LEFT - 0.08, sy(v), y_text(v), size=SMALL, color=MUTED, align="right")
    for v in ticks(*x):
        canvas.line([(sx(v), bottom), (sx(v), bottom + 0.04)], SOFT, line=0.7)
        canvas.text(sx(v), bottom + 0.15, x_text(v), size=SMALL, color=MUTED, align="center")
    canvas.line([(LEFT, bottom), (right, bottom)], INK, line=0.9)
    canvas.text((LEFT + right) / 2, bottom + 0.38, x_title, size=SMALL, color=MUTED, align="center")
    canvas.text(0.02, 0.12, y_title, size=SMALL, color=MUTED)
    if diagonal:
        canvas.line([(LEFT, bottom), (right, TOP)], SOFT, line=0.9, z=1)
    if mark is not None and x[0] <= mark <= x[1]:
        canvas.line([(sx(mark), TOP), (sx(mark), bottom)], INK, line=1.0, dash=(4, 3), z=1)
    if level is not None and y[0] <= level <= y[1]:
        canvas.line([(LEFT, sy(level)), (right, sy(level))], INK, line=1.0, dash=(4, 3), z=1)
    for color, (name, band) in zip(COLORS, bands.items(), strict=False):
        if len(band) > 1:
            shape = [(sx(a), sy.clip(b)) for a, b, _ in band] + [(sx(a), sy.clip(c)) for a, _, c in reversed(band)]
            canvas.area(shape, color, alpha=0.18)
        canvas.line([(sx(a), sy.clip(b)) for a, b in lines[name]], color, line=1.6)
    _ends(canvas, {n: sy.clip(p[-1][1]) for n, p in lines.items()}, right, spread=diagonal)
    return canvas


def _ends(canvas: Canvas, ends: Mapping[str, float], right: float, *, spread: bool) -> None:
    """Names beside the ends of the lines, apart from one another; a list at the top where all end in one point."""
    order = list(ends) if spread else sorted(ends, key=lambda n: ends[n])
    at = TOP - 0.05
    for name in order:
        at = max(at + 0.2, TOP + 0.05) if spread else max(ends[name], at + 0.2)
        color = COLORS[list(ends).index(name)]
        canvas.line([(right + 0.1, at), (right + 0.28, at)], color, line=2.0)
        canvas.text(right + 0.34, at, fonts.drawable(name), size=SMALL, fit=SIDE - 0.36)


def _percent(v: float) -> str:
    return numbers.number(100 * v, 0 if abs(100 * v - round(100 * v)) < 1e-6 else 1)


def _yuan(v: float) -> str:
    return numbers.number(v, 0)


def _table(
    what: str, curve: pd.DataFrame, groups: Mapping[str, Sequence[Mapping[str, Any]]], head: str, column: str, at: Callable[[float], str],
    write: Callable[[Any], str],
) -> DataTable:  # fmt: skip
    body = [[n, at(r[column]), write(r["estimate"]), f"{write(r['ci_low'])}–{write(r['ci_high'])}", numbers.integer(r["n"])]
            for n, part in groups.items() for r in part]  # fmt: skip
    return DataTable(
        what, ["组", head, "估计", f"{level_of(about(curve))}区间", f"{about(curve).get('record', '回答')}数"], body
    )
