"""How likely one target is ahead of another, as a matrix of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import pandas as pd

from kaohe.plot import captions_why as words
from kaohe.plot import fonts
from kaohe.plot.canvas import SIZE, SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.labels import class_of, group_word, nothing, of_class, rank_level, short, source
from kaohe.plot.layout import legend
from kaohe.plot.numbers import chance, half_up, integer, level_said
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.pairs import in_order, ranked_pairs, told_apart
from kaohe.plot.palette import BAND, BLUE, INK, MID, MUTED, PALE, PAPER

MOST = 20
LEAST = 0.8  # below this nobody would bet


@dataclass(frozen=True)
class _Step:
    """How sure the order by score is: from which probability on, its colours and its words in the key."""

    least: float
    fill: str
    ink: str
    word: str


def _steps(ctx: Context) -> list[_Step]:
    """From the surest to the least sure; the first is the plan's level of certainty."""
    sure = float(ctx.plan.choices["uncertainty"]["level"])
    most = ceil(round(100 * sure, 6)) - 1  # the greatest whole percent below
    steps = [_Step(sure, BLUE, PAPER, f"{rank_level(ctx)}及以上：分得出先后")]
    if most > 100 * LEAST:
        steps.append(_Step(LEAST, MID, INK, f"{level_said(LEAST)}–{most}%：把握不足"))
    steps.append(_Step(-1.0, PALE, INK, f"不足{level_said(min(LEAST, sure))}：分不出先后"))
    return steps


def pair_chances(
    pair_probabilities: pd.DataFrame, composite: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "pairs"
) -> Chart | Text:
    """Probability that the target of a row scores above that of a column, in the order of ranks.

    Parameters
    ----------
    pair_probabilities, composite : DataFrame
        Built tables of these names.
    ctx : Context
    class_id : str
        The class; the report's own when empty. A class without survey, or of more than 20 targets,
        gets a sentence instead.

    Examples
    --------
    >>> charts.pair_chances(s.table("pair_probabilities"), s.table("composite"), s.ctx, class_id="city14").title
    '两两比较的78对中51对有95%以上把握分出先后，27对没有，最难分的是梅州与河源（52%对48%）'
    """
    which = class_of(ctx, class_id)
    if which and "survey" not in ctx.plan.classes[which].streams:
        return Text((f"{ctx.plan.classes[which].label}不含专项调查，没有抽样误差，不计先后概率。",), id=id)
    order, chances = ranked_pairs(of_class(pair_probabilities, which), of_class(composite, which))
    pairs = in_order(order, chances)
    if not pairs or len(order) > MOST:
        return nothing("先后概率", ctx, id)
    steps = _steps(ctx)
    canvas = _draw(order, chances, steps, ctx)
    sure = [p for p in pairs if told_apart(chances[p], ctx)]
    closest = min(pairs, key=lambda p: (abs(chances[p] - 0.5), p))
    title = words.pairs_title(
        which,
        len(pairs),
        len(sure),
        (short(ctx, closest[0]), short(ctx, closest[1]), chances[closest]),
        rank_level(ctx),
    )
    caption = Caption(
        title,
        f"行所示对象综合得分高于列所示对象的概率（只计专项调查的抽样误差），按名次排列，{ctx.year}年",
        f"矩阵图：{group_word(len(order), which)}两两比较共{len(pairs)}对，颜色越深越分得出先后；"
        f"最难分的是{short(ctx, closest[0])}与{short(ctx, closest[1])}（{chance(chances[closest])}）。",
        source(ctx, "综合评价", f"由{integer(ctx.plan.choices['uncertainty']['draws'])}次抽样误差模拟得出", "概率逐对计算，不等于名次区间"),
    )  # fmt: skip
    head = ["对象", *(ctx.name_of(c) for c in order)]
    body = [[ctx.name_of(a), *(chance(chances[a, b]) if (a, b) in chances else "—" for b in order)] for a in order]
    return canvas.chart(id, caption, DataTable("行对象得分高于列对象的概率", head, body))


def _printed(p: float) -> float:
    """A probability at the precision it is printed with."""
    return float(half_up(p, 2))


def _draw(
    order: Sequence[str], chances: Mapping[tuple[str, str], float], steps: Sequence[_Step], ctx: Context
) -> Canvas:
    names = {c: short(ctx, c) for c in order}
    label = min(1.2, max(fonts.width(n, SIZE) for n in names.values())) + 0.12
    size = min(0.6, (WIDTH - label - 0.02) / max(len(order) - 1, 1))
    pitch = 0.27
    top = 0.66
    canvas = Canvas(top + pitch * (len(order) - 1) + 0.05)
    legend(canvas, 0.02, 0.12, [(s.fill, s.word) for s in steps])
    for column, code in enumerate(order[1:]):
        canvas.text(
            label + (column + 0.5) * size, top - 0.14, names[code], size=SMALL if size > 0.4 else TINY, color=MUTED,
            align="center", fit=size - 0.03,
        )  # fmt: skip
    for row, code in enumerate(order[:-1]):
        y = top + (row + 0.5) * pitch
        canvas.text(label - 0.1, y, names[code], align="right", fit=label - 0.1)
        for column, other in enumerate(order[1:]):
            if column < row:
                continue
            x = label + column * size
            p = chances.get((code, other))
            if p is None:
                canvas.rect(x + 0.01, y - pitch / 2 + 0.01, size - 0.02, pitch - 0.02, BAND)
                continue
            step = next(s for s in steps if _printed(p) >= s.least)
            canvas.rect(x + 0.01, y - pitch / 2 + 0.01, size - 0.02, pitch - 0.02, step.fill)
            canvas.text(x + size / 2, y, chance(p), size=SMALL if size > 0.4 else TINY, color=step.ink, align="center")
    return canvas
