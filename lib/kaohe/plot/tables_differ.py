"""What the survey found to differ from the province, in one table: the finding before the sixty figures."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.against import again_note, repeats
from kaohe.plot.labels import interval_of, surveyed
from kaohe.plot.output import Context, Table, Text
from kaohe.plot.survey_cells import estimate_cell, interval_cell
from kaohe.plot.words_beside import comparable
from kaohe.plot.words_common import concept_name
from kaohe.plot.words_survey import province_rows

WORSE, BETTER = "明显较差", "明显较好"


def differing(
    frame: pd.DataFrame, ctx: Context, *, province: pd.DataFrame, items: pd.DataFrame | None = None, id: str = "t-differ"
) -> Table | Text:  # fmt: skip
    """Indicators whose whole interval is worse or better than the province's estimate, worse ones first.

    Parameters
    ----------
    frame : DataFrame
        ``estimates`` of the target's domain.
    ctx : Context
    province : DataFrame
        ``estimates`` of the whole province.
    items : DataFrame, optional
        ``item_grades`` of a city: the grades of the index items that the indicators speak of stand beside.

    Notes
    -----
    The note says how many of as many comparisons are listed by chance alone: 5 % of the intervals at
    95 % of indicators that do not differ lie beside the province's estimate.
    """
    worse, better, compared = comparable(frame, province_rows(province), ctx)
    beside = {r["indicator"]: r for r in t.records(province_rows(province))}
    rows = [{**r, "side": WORSE} for r in worse] + [{**r, "side": BETTER} for r in better]
    counts = "、".join(
        p for p in (f"{len(worse)}项较差" if worse else "", f"{len(better)}项较好" if better else "") if p
    )
    listed = {r["indicator"] for r in rows}
    mine = {str(r["indicator"]): r for r in t.records(frame[frame["unit"] == "household"])}
    same = {a: b for a, b in repeats(mine.values(), ctx.plan.questions).items() if b in listed}
    again = f"；{again_note(mine, same)}" if same else ""
    graded = {} if items is None else {r["concept"]: r["grade"] for r in t.records(items[items["level"] == "city"])}

    def on_form(row: t.Row) -> str:
        question = ctx.plan.questions.get(str(row["indicator"]))
        concepts = [c for c in (question.concepts if question is not None else ()) if graded.get(c)]
        return "、".join(f"{concept_name(c, ctx)}：{graded[c]}" for c in concepts) or numbers.MISSING

    return t.make(
        id, f"{surveyed(ctx)}与全省有明显差别的{len(rows)}项指标（{counts}）", rows,
        [
            t.text("指标", "label"), t.text("主题", "topic"), t.text("比较", "side"), t.custom("估计", estimate_cell, "right"),
            t.custom(interval_of(ctx), interval_cell, "right"), t.custom("全省", lambda r: estimate_cell(beside[r["indicator"]]), "right"),
            t.whole("户数", "n"), *([t.custom("指标表等次", on_form)] if graded else []),
        ],
        empty=f"可比的{compared}项指标与全省{'都' if compared > 1 else ''}没有明显差别。" if compared else f"没有{surveyed(ctx)}可与全省比较的指标。",
        note=f"{interval_of(ctx)}全部落在全省估计的一侧才列入；逐项比较，未作多重校正，可比的{compared}项{_by_chance(compared, ctx)}{again}。",
    )  # fmt: skip


def _by_chance(compared: int, ctx: Context) -> str:
    """How many of as many comparisons would be listed where nothing differs."""
    if compared == 1:
        return "即使没有差别，也可能因抽样误差列入"
    chance = numbers.half_up((1 - ctx.plan.choices["survey"]["confidence"]) * compared)
    return f"即使都没有差别，也会有{f'{chance}项左右' if chance > 0 else '个别项'}因抽样误差列入"
