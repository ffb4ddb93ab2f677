"""Weak items: those of a form at 一般 or below, and those that the field visits found weak most often, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.labels import fitting
from kaohe.plot.output import Context, Note
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import concept_name, end

_ROOM = 24  # characters for the names of the weak items of a form


def weak_items(
    items: pd.DataFrame, ctx: Context, level: str, *, form: str, ref: str, places: pd.DataFrame | None = None
) -> Note:
    """Items at 一般 or below on the form of `level`; those that the field visits found weak most often, and where.

    Parameters
    ----------
    items : DataFrame
        ``item_grades`` of the target.
    ctx : Context
    level : str
        city, unit or county: whose form is spoken of.
    form : str
        What that form is called.
    ref : str
        Id of the figure.
    places : DataFrame, optional
        ``form_scores`` of a county: names of its towns.
    """
    own = items[items["level"] == level].sort_values("item")
    graded = own[own["grade"] != ""]
    if graded.empty:
        return Note(f"没有收到{ctx.name}的{form}，各项指标等次缺数据。", ref)
    lacking = len(own) - len(graded)
    count = f"{len(own)}项指标中已评{len(graded)}项" if lacking else f"{len(graded)}项指标"
    field = items[items["level"].isin(list(terms.FORM_LEVELS)) & (items["level"] != level)]
    bad = weak_forms(field)
    weak = graded[graded["grade"].isin(terms.WEAK)]
    concepts = sorted((str(c) for c in weak["concept"]), key=lambda c: -bad.get(c, (0, 0))[0])
    found = _field(field, bad, concepts, ctx, _town_names(places))
    if weak.empty:
        good = int((graded["grade"] == "好").sum())
        mix = (
            "全部为“好”" if good == len(graded) else f"全部在“较好”及以上，其中“好”{good}项" if good else "全部为“较好”"
        )
        return Note(end(f"{form}{count}{'，' if lacking else ''}{mix}{found}"), ref)
    by_concept = {str(r["concept"]): r for r in records(weak)}
    named = []
    for grade in ("较差", "一般"):
        rows = [by_concept[c] for c in concepts if by_concept[c]["grade"] == grade]
        if rows:
            what = fitting([concept_name(str(r["concept"]), ctx, str(r["name"])) for r in rows], _ROOM)
            named.append(f"{numbers.quoted(grade)}{len(rows)}项（{what}）")
    said = f"{'，其中' if lacking else '中，'}{'、'.join(named)}"
    if len(named) == 1 and len(weak) == len(graded) > 1:
        said = f"{'，' if lacking else ''}全部为{numbers.quoted(str(weak['grade'].iloc[0]))}"
    return Note(end(f"{form}{count}{said}{found}"), ref)


def weak_forms(field: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """By concept that was graded: field forms on which it is 一般 or below, and on which it is graded."""
    sums = field.groupby("concept", sort=True)[["n_ordinary", "n_poor", "n_graded"]].sum()
    return {str(c): (int(a + b), int(n)) for c, a, b, n in sums.itertuples() if n}


def _field(
    field: pd.DataFrame, bad: dict[str, tuple[int, int]], weak: list[str], ctx: Context, towns: Mapping[str, str]
) -> str:
    """The worst items of the field forms over all concepts, then the worst of those that are `weak` on the target's own form."""
    if not bad:
        return ""
    head = f"；{visits(field, ctx)}"
    most = max(n for n, _ in bad.values())
    if not most:
        return f"{head}{'' if weak else '也'}没有评为“一般”及以下的"
    order = {str(c): n for n, c in enumerate(ctx.plan.concepts)}
    worst = sorted(
        (c for c, (n, _) in bad.items() if n == most), key=lambda c: (c not in weak, order.get(c, len(order)))
    )
    if all(of == 1 for _, of in bad.values()):
        return f"{head}评为“一般”及以下的有{numbers.names([concept_name(c, ctx) for c in worst], 3)}"
    where = [_where(field, c, ctx, towns) if len(worst) <= 2 else "" for c in worst]
    alike = len({(bad[c], w) for c, w in zip(worst, where, strict=True)}) == 1
    if alike:
        each = "各" if len(worst) > 1 else ""
        named = [concept_name(c, ctx) for c in worst]
        said = f"{numbers.names(named, 3)}（{each}{_share(bad[worst[0]])}{where[0]}）"
    else:
        named = [f"{concept_name(c, ctx)}（{_share(bad[c])}{w}）" for c, w in zip(worst, where, strict=True)]
        said = numbers.names(named, 3)
    seen = [c for c in weak if c in bad]
    text = f"{head}中“一般”及以下最多的是{said}"
    if not seen or seen[0] in worst:
        return text
    top = [c for c in seen if bad[c] == bad[seen[0]]]
    named = [concept_name(c, ctx) for c in top]
    if not bad[top[0]][0]:
        every = f"{'各' if len(named) > 1 else ''}{bad[top[0]][1]}处" if len({bad[c][1] for c in top}) == 1 else ""
        return f"{text}，{numbers.names(named, 3)}{every}没有"
    return f"{text}，{numbers.names(named, 3)}{'各' if len(named) > 1 else ''}{_share(bad[top[0]])}"


def _share(counts: tuple[int, int]) -> str:
    """How many of the forms: 21处中16处, or 21处全部."""
    n, of = counts
    return f"{of}处全部" if n == of else f"{of}处中{n}处"


def _where(field: pd.DataFrame, concept: str, ctx: Context, towns: Mapping[str, str]) -> str:
    """In which county, or in which town of a county, most forms are weak on a concept; empty where only one was visited."""
    town = ctx.kind == "county"
    codes = [c for text in field.loc[field["concept"] == concept, "weak_at"] for c in str(text).split("、") if c]
    counts = Counter(f"{c[:9]}000" if town else f"{c[:6]}000000" for c in codes)
    names = {c: towns.get(c, "") if town else ctx.name_of(c) for c in counts}
    if not counts or (town and len(towns) < 2) or not all(names.values()):
        return ""
    most = max(counts.values())
    top = sorted(c for c, n in counts.items() if n == most)
    if len(counts) == 1:
        return f"，{'都' if most > 1 else ''}在{names[top[0]]}"
    said = numbers.names([names[c] for c in top], 2, "个镇" if town else "个县（市、区）")
    return f"，{said}各{most}处" if len(top) > 1 else f"，{said}最多，{most}处"


def _town_names(places: pd.DataFrame | None) -> dict[str, str]:
    """Names of towns by code, of the town forms of a county."""
    if places is None:
        return {}
    return {str(r["place"]): str(r["place_name"]) for r in records(places[places["form"] == "town"])}


def visits(field: pd.DataFrame, ctx: Context) -> str:
    """Whose field forms are spoken of: those of the levels below a county, of the villages helped, or all."""
    if ctx.kind == "unit":
        return "定点扶贫村考评表"
    if ctx.class_id == "city6":
        return "对口帮扶村考评表"
    return "镇、村考评表" if set(field["level"]) == {"town", "village"} else "实地核查"
