"""主要结论 and cards of county reports."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import against, numbers
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.table_maker import records
from kaohe.plot.tables_grades import problems_of
from kaohe.plot.words_beside import judged, labels
from kaohe.plot.words_common import Row, Source, end, first, problems, talk
from kaohe.plot.words_items import weak_items


def conclusions_county(job: Source) -> Notes:
    """主要结论 of a county's report: field score and place, weak items, survey, problems.

    Parameters
    ----------
    job : Source
        Reads ``counties``, ``item_grades``, ``form_scores``, ``estimates``, ``rectify``, ``talk_list``.
    """
    ctx = job.ctx
    row = first(job.own("counties"))
    notes = [_county_verdict(row, job)]
    items = job.own("item_grades")
    if row is not None and row["n_county"] > 0:
        places = job.own("form_scores")
        notes.append(weak_items(items, ctx, "county", form="县级考评表", ref="county-grades", places=places))
    notes.append(_county_survey(job))
    found = problems_of(job.own("rectify"), ctx)
    notes.append(problems(found, ctx, ref="t-problems", extra=talk(job.own("talk_list"), found)))
    if row is not None and row["n_county"] + row["n_town"] + row["n_village"] > 0:
        notes.append(
            Note("核查地点按方案重点抽查脱贫任务较重、存在问题较多的县镇村，得分不代表全县平均水平。", "t-forms")
        )
    return Notes(notes)


def cards_county(job: Source) -> Cards:
    """Field score, place and whether it is shared, weak items, households: from ``counties``."""
    row = first(job.own("counties"))
    if row is None:
        return Cards([Card(numbers.MISSING, "实地核查得分", "未接受核查")])
    if numbers.is_missing(row["score"]):
        return Cards(
            [
                Card(numbers.MISSING, "实地核查得分", "未核查" if row["n_county"] == 0 else "有应评未评的指标"),
                Card(numbers.integer(row["n_households"]), "完成样本户（户）"),
            ]
        )
    how = ("靠后，" if row["bottom"] else "") + f"有得分的共{numbers.integer(row['n_ranked'])}个县（市、区）"
    return Cards(
        [
            Card(numbers.score(row["score"]), "实地核查得分", "满分100分"),
            Card(("并列" if _tied(row, job) else "") + numbers.integer(row["rank"]), "位次", how),
            Card(numbers.integer(row["n_weak"]), "一般及以下指标（项）"),
            Card(numbers.integer(row["n_households"]), "完成样本户（户）"),
        ]
    )


def _tied(row: Row, job: Source) -> bool:
    """Whether another county has the same place."""
    return bool((job.table("counties")["rank"] == row["rank"]).sum() > 1)


def _county_verdict(row: Row | None, job: Source) -> Note:
    ctx = job.ctx
    if row is None or row["n_county"] + row["n_town"] + row["n_village"] == 0:
        return Note(
            f"{ctx.name}没有接受实地核查，没有实地核查得分；本报告只列专项调查和问题整改情况。", "county-grades"
        )
    if row["n_county"] == 0:
        return Note(
            f"没有收到{ctx.name}的县级考评表，没有实地核查得分，不排位次；镇、村考评表情况见下。", "county-grades"
        )
    if numbers.is_missing(row["score"]):
        bounds = f"{numbers.score(row['low'])}分至{numbers.score(row['high'])}分"
        return Note(
            f"{ctx.name}县级考评表有应评未评的指标，实地核查得分只能确定在{bounds}之间，不排位次。", "county-grades"
        )
    seen = f"{numbers.integer(row['n_county'])}张县级、{numbers.integer(row['n_town'])}张镇级、{numbers.integer(row['n_village'])}张村级考评表"
    text = (
        f"{ctx.name}实地核查得分{numbers.score(row['score'])}分（县级考评表），在有得分的{numbers.integer(row['n_ranked'])}个县（市、区）中"
        f"{'并列' if _tied(row, job) else '列'}第{numbers.integer(row['rank'])}位"
    )
    if row["bottom"]:
        text += f"，在后{numbers.percent(ctx.plan.choices['county']['bottom_share'], 0)}之内，列为靠后"
    return Note(end(f"{text}；共收到{seen}"), "county-place")


def _county_survey(job: Source) -> Note:
    ctx = job.ctx
    own = job.own("estimates")
    households = own[own["unit"] == "household"]
    usable = households[households["quality"] == "ok"]
    if households.empty:
        return Note(f"专项调查没有{ctx.name}的样本户。", "t-estimates")
    if usable.empty:
        return Note(f"{ctx.name}样本户少，专项调查各项估计只列示或已隐藏，不作结论。", "t-estimates")
    row = first(job.own("counties"))
    n = f"完成样本户{numbers.integer(row['n_households'])}户，" if row is not None else ""
    province = job.province("estimates")
    found = judged(own, province, ctx)
    rest = _not_compared(households, province, ctx)
    if not found:
        return Note(f"专项调查{n}没有可与全省比较的：{rest}。", "t-estimates")
    text = f"专项调查{n}可与全省比较的{_compared(found)}"
    return Note(
        end(f"{text}；另有{rest}" if rest else text), "t-differ" if any(good for _, good in found) else "t-estimates"
    )


def _compared(found: list[tuple[Row, int]]) -> str:
    """How many indicators were compared, and which of them differ."""
    worse, better = ([r for r, good in found if good == side] for side in (-1, 1))
    if len(found) == 1:
        word = "明显较差" if worse else "明显较好" if better else "没有明显差别"
        return f"只有1项（{labels([found[0][0]])}），{word}"
    alike = len(found) - len(worse) - len(better)
    if alike == len(found):
        return f"{alike}项都没有明显差别"
    parts = [f"明显较差的{len(worse)}项（{labels(worse, 28)}）" if worse else "没有明显较差的"]
    parts += [f"明显较好的{len(better)}项（{labels(better, 28)}）"] if better else []
    parts += [f"其余{alike}项没有明显差别"] if alike else []
    return f"{len(found)}项中，{'，'.join(parts)}"


def _not_compared(households: pd.DataFrame, province: pd.DataFrame, ctx: Context) -> str:
    """How many estimates have no better or worse, and how many are too uncertain, each fact once."""
    whole = {r["indicator"]: r for r in records(province) if r["unit"] == "household"}
    rows = records(households)
    again = against.repeats(rows, ctx.plan.questions)
    rows = [r for r in rows if r["indicator"] not in again]
    fit = [r for r in rows if against.comparable(r, whole.get(r["indicator"]))]
    neutral, rough = sum(r["direction"] not in {"up", "down"} for r in fit), len(rows) - len(fit)
    parts = [
        f"{neutral}项不分好坏、不作比较" if neutral else "",
        f"{rough}项误差较大或户数太少、不作结论" if rough else "",
    ]
    return "，".join(p for p in parts if p)
