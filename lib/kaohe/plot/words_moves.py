"""What makes the ranks of a class: the stream that spreads the scores, and the choices that move ranks and grades."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot.output import Note
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Row

RANDOM = "scale"
# How a sentence speaks of what is changed; every other kind of choice is 改变.
VERBS = {"alternative_scale": "采用", "leave_one_out": ""}
MOST = 0.5


def spread_by(rows: pd.DataFrame) -> list[Note]:
    """Which stream spreads the scores; that it does so mainly (主要) is said of more than half only.

    Parameters
    ----------
    rows : DataFrame
        ``effective_weights`` of the class.
    """
    known = rows[rows["effective"].notna()]
    if known.empty:
        return []
    top = numbers.half_up(known["effective"].max(), 2)
    alike = [r for r in records(known) if numbers.half_up(r["effective"], 2) == top]
    names = "、".join(str(r["stream_name"]) for r in alike)
    nominal = "、".join(numbers.percent(r["nominal"], 0) for r in alike)
    head = f"得分差距主要由{names}拉开" if top > MOST else f"拉开得分差距最多的是{names}"
    each = "各" if len(alike) > 1 else ""
    return [Note(f"{head}：方案权重{nominal}，有效权重{each}{numbers.percent(float(top), 0)}。", "effective-weights")]


def moves(summary: pd.DataFrame, ranks: bool) -> list[Note]:
    """What moves ranks and grades most when a choice is changed, fixed scenarios and random scales apart.

    A thousand random scales always hold some that are far off: they are told by their middle, and by their
    farthest shift as what it is, the farthest of so many.

    Parameters
    ----------
    summary : DataFrame
        ``sensitivity_summary`` of the class.
    ranks : bool
        Say ranks (名次); places (位次) where bands count.
    """
    if summary.empty:
        return []
    word = "名次" if ranks else "位次"
    random = summary["source"] == RANDOM
    parts = [
        *([_fixed(summary[~random], word)] if (~random).any() else []),
        *(_random(row, word) for row in records(summary[random])),
    ]
    return [Note(f"{'；'.join(parts)}。", "t-sensitivity")]


def _fixed(rows: pd.DataFrame, word: str) -> str:
    changed = int(rows["grade_changes"].max())
    tail = (
        f"{_how(rows, 'grade_changes')}时等次变化的最多，有{numbers.integer(changed)}个对象"
        if changed
        else "没有对象改变等次"
    )
    head = f"换用{numbers.integer(rows['scenarios'].sum())}种固定做法"
    if rows["max_shift"].max() == 0:
        return f"{head}，{word}都没有变动，{tail}"
    means = [numbers.half_up(v, 2) for v in rows["mean_shift"]]
    mean = rows[[v == max(means) for v in means]]
    said = f"{_how(rows[rows.index.isin(mean.index)])}时{word}变动最大（平均{max(means)}位，最多{numbers.integer(mean['max_shift'].max())}位）"
    farthest = rows[rows["max_shift"] == rows["max_shift"].max()]
    if not set(mean["source"]) & set(farthest["source"]):
        said += f"，{_how(farthest)}时个别对象最多变动{numbers.integer(rows['max_shift'].max())}位"
    return f"{head}，{said}，{tail}"


def _random(row: Row, word: str) -> str:
    head = f"随机赋分{numbers.integer(row['scenarios'])}次"
    if row["max_shift"] == 0:
        said = f"{head}，{word}都没有变动"
    else:
        mean = numbers.half_up(row["mean_shift"], 2)
        said = f"{head}，{word}平均变动{mean}位，其中变动最大的一次为{numbers.integer(row['max_shift'])}位"
    changed = int(row["middle_changes"])
    return f"{said}，居中的等次{f'有{changed}个对象与现等次不同' if changed else '都与现等次相同'}"


def _how(rows: pd.DataFrame, column: str = "") -> str:
    """The kinds of choice with their verb; with `column`, those that share its greatest value."""
    top = rows[rows[column] == rows[column].max()] if column else rows
    said: dict[str, list[str]] = {}
    for row in records(top):
        said.setdefault(VERBS.get(str(row["source"]), "改变"), []).append(str(row["source_name"]))
    return "或".join(f"{verb}{numbers.names(names, 3)}" for verb, names in said.items())
