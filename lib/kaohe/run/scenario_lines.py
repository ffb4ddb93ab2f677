"""A scenario beside the base, as lines for the command line."""

from __future__ import annotations

import unicodedata

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.compare import SAME
from kaohe.run.scenario import Tried

MOST = 20
LAW = "方案规定，只作假设"


def scenario_lines(tried: Tried, plan: Plan) -> list[str]:
    """What changes, class by class: choices, summary, then every city and the units that move most.

    Parameters
    ----------
    tried : Tried
    plan : Plan
        Class labels.
    """
    lines = [f"scenario {tried.scenario.name}: {tried.scenario.title}"]
    if tried.scenario.note:
        lines.append(f"  {tried.scenario.note}")
    for row in tried.choices.itertuples():
        lines.append(f"  {row.key}: {row.base} → {row.value}" + (f"（{LAW}）" if row.law else ""))
    for summary in tried.summary.itertuples():
        cls = plan.classes[str(summary.class_id)]
        rows = tried.compare[tried.compare["class_id"] == cls.id]
        lines += ["", f"{cls.label}：{_said(summary)}"]
        moved = rows[
            (rows["grade_move"] != SAME) | (rows["rank_shift"].fillna(0) != 0) | (rows["score_diff"].abs() > 1e-9)
        ]
        if moved.empty:
            continue
        shown = rows.sort_values(["rank_new", "object"], na_position="last")
        if cls.kind == "unit":
            size = moved["rank_shift"].abs().fillna(-1)
            order = (moved["grade_move"] == SAME).astype(int)
            shown = moved.assign(_g=order, _s=-size).sort_values(["_g", "_s", "object"]).head(MOST)
        lines += _table(shown)
        if len(moved) > len(shown):
            lines.append(f"  另有{len(moved) - len(shown)}个有变化，见 scenario_compare")
    return lines


def _said(row: object) -> str:
    if not row.n:  # type: ignore[attr-defined]
        return "没有对象"
    grades = [f"{n}个{w}" for w, n in (("升等", row.up), ("降等", row.down), ("等次待定与否有变", row.open)) if n]  # type: ignore[attr-defined]
    said = "、".join(grades) if grades else "等次不变"
    if not row.n_ranked:  # type: ignore[attr-defined]
        return f"{said}；没有可比的名次"
    if not row.n_moved:  # type: ignore[attr-defined]
        return f"{said}；名次不变"
    return f"{said}；{row.n_moved}个名次变动，平均{row.mean_shift:.2f}位，最多{row.max_shift:.0f}位"  # type: ignore[attr-defined]


def _table(rows: pd.DataFrame) -> list[str]:
    head = ["对象", "基准得分", "情形得分", "变化", "基准名次", "情形名次", "升降", "基准等次", "情形等次"]
    body = [
        [
            r.name_, _number(r.score_base), _number(r.score_new), _signed(r.score_diff, 2), _rank(r.rank_base),
            _rank(r.rank_new), _signed(r.rank_shift, 0), str(r.grade_base), str(r.grade_new),
        ]
        for r in rows.rename(columns={"name": "name_"}).itertuples()
    ]  # fmt: skip
    widths = [max(width(line[i]) for line in [head, *body]) for i in range(len(head))]
    return ["  " + "  ".join(pad(text, w, right=0 < i < 7) for i, (text, w) in enumerate(zip(line, widths, strict=True)))
            for line in [head, *body]]  # fmt: skip


def _number(value: float) -> str:
    return "—" if value != value else f"{value:.2f}"


def _rank(value: float) -> str:
    return "—" if value != value else f"{value:.0f}"


def _signed(value: float, digits: int) -> str:
    if value != value:
        return "—"
    return "0" if round(value, digits) == 0 else f"{value:+.{digits}f}"


def width(text: str) -> int:
    """Columns that a text takes on a terminal: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """A text filled up with spaces to a number of terminal columns."""
    space = " " * (columns - width(text))
    return space + text if right else text + space
