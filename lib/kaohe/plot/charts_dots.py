"""Dots with intervals for any table of estimates, and for what is shown in the same way: trials, kappas, parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.places import short_name
from kaohe.estimate.margins import ALL
from kaohe.plot import fonts, numbers
from kaohe.plot.against import FEW
from kaohe.plot.canvas import SMALL, WIDTH, Caption
from kaohe.plot.estimate_cells import (
    about,
    digits_of,
    head_of,
    keys_of,
    level_of,
    name_of,
    value,
)  # fmt: skip
from kaohe.plot.estimate_drawable import drawing, kinds_of, measure_of, one_question, undrawable
from kaohe.plot.estimate_found import JUDGED, finding, side_of
from kaohe.plot.estimate_joined import unindexed
from kaohe.plot.labels import joined
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows, ticks, widen
from kaohe.plot.marks import hidden_note, mark
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, BLUE, INK, SOFT
from kaohe.plot.terms import hidden, quality_word


@dataclass(frozen=True)
class Dots:
    """What a dot chart shows.

    Attributes
    ----------
    names : list of str
        One a row.
    items : list of mapping
        estimate, ci_low, ci_high, n, quality of each row (as `kaohe.plot.marks.mark` takes them).
    columns : list of Numbers
        Beside the dots.
    colors : list of str
    axis, share : str, bool
        What the axis shows, and whether in percent.
    floor, ceiling : float, optional
        Limits of the axis.
    line : (value, text, low, high), optional
        A reference with its interval.
    least : int
        Rows with a smaller `n` are hollow.
    """

    names: Sequence[str]
    items: Sequence[Mapping[str, Any]]
    columns: Sequence[Numbers]
    colors: Sequence[str]
    axis: str
    share: bool = False
    floor: float | None = None
    ceiling: float | None = None
    line: tuple[float, str, float, float] | None = None
    least: int = FEW


def draw(dots: Dots) -> Rows:
    """The picture: names, dots with intervals on one axis, columns of numbers."""
    frame = rows(dots.names, above=0.5 if dots.line else 0.34, below=0.5, pitch=0.245, numbers=dots.columns, gap=0.25)
    canvas = frame.canvas
    known = [float(r[c]) for r in dots.items if not hidden(str(r["quality"])) for c in ("estimate", "ci_low", "ci_high")
             if not is_missing(r[c])]  # fmt: skip
    if dots.line:
        known.append(dots.line[0])
    low, high = widen(known, floor=dots.floor, ceiling=dots.ceiling)
    scale = Scale(low, high, frame.left + 0.08, frame.right - 0.02)
    title = dots.axis + ("" if low <= 0 <= high else "；横轴不从0开始")
    axis(frame, scale, ticks(low, high, 4 if high >= 10000 else 5), lambda v: _tick(v, dots.share), title)
    if dots.line:
        at, text, a, b = dots.line
        if not (is_missing(a) or is_missing(b)):
            x0, x1 = scale.clip(a), scale.clip(b)
            canvas.rect(x0, frame.top - 0.06, x1 - x0, frame.bottom - frame.top + 0.06, BAND, z=0.4)
        x, half = scale.clip(at), fonts.width(text, SMALL) / 2
        canvas.line([(x, frame.top - 0.06), (x, frame.bottom)], INK, line=1.2, z=1)
        canvas.text(min(max(x, half + 0.02), frame.right - half), 0.12, text, size=SMALL, align="center")
    for row, item in enumerate(dots.items):
        mark(canvas, scale, frame.y(row), item, dots.colors[row], least=dots.least)
    return frame


def _tick(at: float, share: bool) -> str:
    shown = 100 * at if share else at
    digits = next((d for d in range(4) if abs(shown - round(shown, d)) < 1e-9), 4)
    return numbers.number(shown, digits)


def estimate_chart(
    table: pd.DataFrame, *, title: str = "", order: str = "estimate", most: int = 40, reference: float | None = None,
    id: str = "estimates",
) -> Chart | Text:  # fmt: skip
    """A table of estimates as dots with intervals; estimate, interval and count beside them.

    Parameters
    ----------
    table : DataFrame
        What `kaohe.estimate.Design` or `kaohe.publish.workbench.Workbench.question` gives, of one unit.
    order : {"estimate", "table"}
        Rows by estimate, or as they stand.
    most : int
        Greatest number of rows; beyond it the first and last ones, and the chart says so.
    reference : float, optional
        A line, in the unit of the estimates; by default the row of all together.

    Raises
    ------
    InputRefused
        K741 for a table of several units or single records, or without the columns of estimates; for another `order`, `most`
        below 1, a `reference` that is no number.

    Examples
    --------
    >>> charts.estimate_chart(s.design.mean("income_per_head", by="county")).title
    '“人均可支配收入”：最高的是浈江区（20,750），最低的是武江区（10,750）'
    """
    drawing(order, most, reference)
    table = unindexed(table)
    if fault := undrawable(table):
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", got=fault[0], expected="the columns of estimates, of one unit", remedy=fault[1],
        )  # fmt: skip
    said, keys = about(table), keys_of(table)
    items = [{str(k): v for k, v in r.items()} for r in table.to_dict("records")]
    if not items:
        return Text(("没有可画的估计。",), id=id)
    unit, share = kinds_of(table)[0]
    by = [k for k in keys if k in said.get("by", ())]
    whole = next((r for r in items if by and all(r[k] == ALL for k in by)), None)
    items = [r for r in items if not any(r[k] == ALL for k in by)] or items
    digits = digits_of(items, unit, share)
    if order == "estimate":
        items.sort(key=lambda r: (hidden(str(r["quality"])) or is_missing(r["estimate"]), -float(r["estimate"])))
    varying = [k for k in keys if k not in by and len({str(r[k]) for r in items}) > 1]
    levels = {"variable"} if one_question(items) else set()
    names = [_name(r, [*by, *varying], said, levels) for r in items]
    texts = [_texts(r, unit, share, digits) for r in items]
    line = _line(whole, reference, unit, share, digits)
    tested = "p_holm" in table.columns
    sides = [side_of(r, line, tested) for r in items]
    measure = what = measure_of(items, keys, varying, said)
    found = title or finding(what, names, items, sides, texts, line, share, tested)  # of all rows, drawn or not
    left_out = max(len(items) - most, 0)
    untested = sum(is_missing(r["p_holm"]) and str(r["quality"]) in JUDGED for r in items) if tested else 0
    if left_out:
        drawn = [*range(most - most // 2), *range(len(items) - most // 2, len(items))]
        items, names, texts, sides = ([own[k] for k in drawn] for own in (items, names, texts, sides))
    columns = [
        Numbers("估计", [t[0] for t in texts]),
        Numbers(f"{level_of(said)}区间", [t[1] for t in texts]),
    ]
    if tested:
        columns.append(
            Numbers(
                "其余",
                ["" if hidden(str(r["quality"])) else value(r["rest"], unit, share, digits).rstrip("%") for r in items],
            )
        )
    count = f"{said.get('record', '回答')}数"
    axis_title = f"{measure}（%）" if share else f"{measure}（{unit}）" if unit else measure
    low = 0.0 if all(is_missing(r["ci_low"]) or r["ci_low"] >= 0 for r in items) else None
    frame = draw(Dots(
        names, [{**r, "measure_unit": unit, "is_share": share} for r in items],
        [*columns, Numbers(count, [t[2] for t in texts])], [_tint(s, said, str(items[0].get("variable", "")), bool(line or tested)) for s in sides],
        axis_title, share, low, 1.0 if share else None, line,
    ))  # fmt: skip
    about_it = (
        name_of("variable", items[0]["variable"], said) if "variable" in keys and "variable" not in varying else ""
    )
    about_it = joined([what, about_it if about_it != what else ""])
    if left_out:
        y = frame.top + (most - most // 2) * frame.pitch
        frame.canvas.line([(0.02, y), (WIDTH - 0.02, y)], SOFT, line=0.8, dash=(3, 3), z=0.5)
    heads = "、".join(head_of(k, said) for k in by) or "全体"
    caption = Caption(
        found, joined([f"{about_it}，按{heads}", f"{level_of(said)}置信区间", "按估计由高到低" if order == "estimate" else ""]),
        f"点图：{len(items)}行估计与区间，从{names[0]}到{names[-1]}。",
        "。".join(t for t in (
            f"来源：{said['source']}" if said.get("source") else "", f"虚线处另有{left_out}行{'居中的' if order == 'estimate' else ''}未列出，标题按全部行" if left_out else "",
            "彩色：与其余有差别（Holm校正后P<0.05）" if tested else ("彩色：区间全在参照线一侧（逐行比较，未作多重校正）" if line else ""),
            f"{untested}行回答全部相同（如0%或100%），不作检验" if untested else "", _hollow(items), hidden_note(items), str(said.get("note", ""))) if t) + "。",
    )  # fmt: skip
    body = [[n, *t, quality_word(str(r["quality"]))] for n, t, r in zip(names, texts, items, strict=True)]
    return frame.canvas.chart(id, caption, DataTable(what, ["行", axis_title, "区间", count, "质量"], body))


def _name(row: Mapping[str, Any], keys: Sequence[str], said: Mapping[str, Any], levels: set[str]) -> str:
    """What a row is; of the keys in `levels` the level alone, because the axis says of what."""
    parts = []
    for k in keys:
        text = name_of(k, row[k], said)
        code = str(row[k])
        if k in levels:
            text = code.partition("=")[2]
        elif k in said.get("levels", {}):
            text = f"{head_of(k, said)}：{text}"
        parts.append(short_name(text, "city") if code.isdigit() and code.endswith("00000000") else text)
    return "·".join(parts) or "全体"


def _texts(row: Mapping[str, Any], unit: str, share: bool, digits: int) -> tuple[str, str, str]:
    if hidden(str(row["quality"])):
        return quality_word(str(row["quality"])), "", ""

    def write(number: Any) -> str:
        return value(number, unit, share, digits).rstrip("%")

    if is_missing(row["ci_low"]) or is_missing(row["ci_high"]):
        return write(row["estimate"]), "区间不可估", numbers.integer(row["n"])
    join = "至" if row["ci_low"] < 0 else "–"
    return write(row["estimate"]), f"{write(row['ci_low'])}{join}{write(row['ci_high'])}", numbers.integer(row["n"])


def _line(
    whole: Mapping[str, Any] | None, reference: float | None, unit: str, share: bool, digits: int
) -> tuple[float, str, float, float] | None:
    if reference is not None:
        return float(reference), f"参照 {value(reference, unit, share, digits)}", float("nan"), float("nan")
    if whole is None or hidden(str(whole["quality"])) or is_missing(whole["estimate"]):
        return None
    return (
        float(whole["estimate"]),
        f"{ALL} {value(whole['estimate'], unit, share, digits)}",
        float(whole["ci_low"]),
        float(whole["ci_high"]),
    )


def _tint(side: int, said: Mapping[str, Any], variable: str, judged: bool) -> str:
    if not judged:
        return BLUE
    if side == 0:
        return SOFT
    bad = {"up": -1, "down": 1}.get(str(said.get("directions", {}).get(variable.split("=")[0], "")), 0)
    return ACCENT if side == bad else BLUE


def _hollow(items: Sequence[Mapping[str, Any]]) -> str:
    some = any((r["n"] < FEW or r["quality"] != "ok") and not hidden(str(r["quality"])) for r in items)
    return f"空心：不足{FEW}个回答、误差较大或不可估，不作结论" if some else ""
