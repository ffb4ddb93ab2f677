"""What the survey says beside the province and beside the forms: which estimates differ, and which grades they bear out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import against, numbers, terms
from kaohe.plot.labels import fitting
from kaohe.plot.output import Context
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Row, concept_name

GOOD = terms.GRADES[:2]


def judged(own: pd.DataFrame, province: pd.DataFrame, ctx: Context) -> list[tuple[Row, int]]:
    """Household indicators that may be judged against the province, each fact once, with how they stand.

    Parameters
    ----------
    own, province : DataFrame
        ``estimates`` of the target and of the province.
    ctx : Context
        Its codebook gives the order, and which questions ask for one fact.

    Returns
    -------
    list of (row, int)
        Rows whose direction is known, with an interval and of a quality fit for conclusions; −1 where the
        whole interval is worse than the province's estimate, 1 where it is better, 0 otherwise. Scored
        indicators first, then in codebook order.
    """
    whole = {r["indicator"]: r for r in records(province) if r["unit"] == "household"}
    order = {q.id: (q.weight == 0, n) for n, q in enumerate(ctx.plan.questions.values())}
    rows = records(own[own["unit"] == "household"])
    again = against.repeats(rows, ctx.plan.questions)
    found: list[tuple[Row, int]] = []
    for row in sorted(rows, key=lambda r: order.get(str(r["indicator"]), (True, len(order)))):
        beside = whole.get(row["indicator"])
        if row["indicator"] in again or row["direction"] not in {"up", "down"} or not against.comparable(row, beside):
            continue
        found.append((row, against.side(row, beside) * (1 if row["direction"] == "up" else -1)))
    return found


def comparable(own: pd.DataFrame, province: pd.DataFrame, ctx: Context) -> tuple[list[Row], list[Row], int]:
    """Indicators whose whole interval is worse or better than the province's estimate; each fact once.

    Parameters
    ----------
    own, province : DataFrame
        ``estimates`` of the target and of the province.
    ctx : Context

    Returns
    -------
    worse, better : list of rows
        Scored indicators first, then in codebook order.
    compared : int
        How many were comparable, as `judged` has them.
    """
    found = judged(own, province, ctx)
    return [r for r, good in found if good < 0], [r for r, good in found if good > 0], len(found)


def labels(rows: list[Row], room: int = 40) -> str:
    """Names of indicators after their number, as many as `room` characters take."""
    return fitting([str(r["label"]) for r in rows], room)


def against_province(found: Sequence[tuple[Row, int]], *, brief: bool = False) -> str:
    """One clause on how many indicators differ from the province.

    Parameters
    ----------
    found : sequence of (row, int)
        As `judged` gives it.
    brief : bool
        Fewer names; those of the better ones only where none is worse.
    """
    worse, better = ([r for r, good in found if good == side] for side in (-1, 1))
    if not found:
        return "没有可与全省比较的指标"
    if not worse and not better:
        return f"可比的{len(found)}项指标与全省估计{'都' if len(found) > 1 else ''}没有明显差别"
    parts = [f"明显差于全省的{len(worse)}项（{labels(worse, 20 if brief else 40)}）" if worse else "没有明显差于全省的"]
    if better:
        names = "" if brief and worse else f"（{labels(better, 26 if brief else 40)}）"
        parts.append(f"明显好于全省的{len(better)}项{names}")
    return f"可比的{len(found)}项指标中，{'，'.join(parts)}"


@dataclass(frozen=True)
class Borne:
    """Index items graded 较好 or better that the survey speaks of.

    Attributes
    ----------
    spoken : int
        How many they are.
    against : dict of concept to rows of ``estimates``
        Those of which a survey indicator is clearly below the province, in the order of the form.
    grades : dict of concept to grade
    graded : bool
        Whether the index form has any grade.
    """

    spoken: int
    against: dict[str, list[Row]]
    grades: dict[str, str]
    graded: bool


def borne_out(found: Sequence[tuple[Row, int]], items: pd.DataFrame, ctx: Context) -> Borne:
    """Which good grades of the index form the survey bears out: by the concepts that the codebook gives its questions.

    Parameters
    ----------
    found : sequence of (row, int)
        As `judged` gives it.
    items : DataFrame
        ``item_grades`` of the target.
    ctx : Context
    """
    form = records(items[items["level"] == "city"].sort_values("item"))
    grades = {str(r["concept"]): str(r["grade"]) for r in form if r["grade"] in GOOD}
    said: dict[str, list[tuple[Row, int]]] = {}
    for row, good in found:
        question = ctx.plan.questions.get(str(row["indicator"]))
        for concept in question.concepts if question is not None else ():
            said.setdefault(concept, []).append((row, good))
    worse = {c: [r for r, good in said.get(c, []) if good < 0] for c in grades}
    return Borne(
        sum(c in said for c in grades), {c: rows for c, rows in worse.items() if rows}, grades,
        any(r["grade"] for r in form),
    )  # fmt: skip


def beside_forms(borne: Borne, ctx: Context, *, brief: bool = False) -> str:
    """Where a good grade on the form meets a survey result clearly below the province, as a clause.

    Parameters
    ----------
    borne : Borne
    ctx : Context
    brief : bool
        Names of the items alone, without the survey indicators.
    """
    n, hits = borne.spoken, borne.against
    if not borne.graded:
        return "没有可与调查对照的指标表等次"
    if not borne.grades:
        return "指标表没有评为“较好”及以上的指标"
    if not n:
        return "指标表评为“较好”及以上的指标都没有可对照的调查结果"
    head = f"指标表“较好”及以上、可与调查对照的{n}项"
    if not hits:
        return f"{head}，调查{'都' if n > 1 else ''}没有明显差于全省"
    names = [concept_name(c, ctx) for c in hits]
    tail = "有指标明显差于全省，须核实"
    if brief:
        return f"{head}（{names[0]}）{tail}" if n == 1 else f"{head}中，{numbers.names(names, 3)}{tail}"
    said = []
    for name, (concept, rows) in zip(names, hits.items(), strict=True):
        what = f"；{labels(rows, 18)}" if len(hits) <= 2 else f"，{len(rows)}项"
        said.append(f"{name}（{numbers.quoted(borne.grades[concept])}{what}）")
    many = f"中，{len(hits)}项" if len(hits) < n else "都" if n > 1 else ""
    return f"{head}{many}{tail}：{fitting(said, 70)}"
