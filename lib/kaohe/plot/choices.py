"""The office's choices where the plan document is silent, as every page says them: table, paragraph and footer."""

from __future__ import annotations

from typing import Any

from kaohe.plot import numbers
from kaohe.plot.output import Context

CHOSEN = "限制规则出自附件1，启用哪些由省考核办选定；其余各项由省考核办选定，方案未作规定"
_OF_SURVEY = frozenset({"相对贫困线", "估计列示标准", "无应答调整", "权重校准", "名次不确定性"})


def choices_in_force(ctx: Context) -> list[tuple[str, str, str]]:
    """What was chosen, its value, its note: in the order of the plan file.

    Units have no survey, and their reports nothing that was chosen for it. How a sample is drawn
    (``[choices.draw]``) is left out: the draw's protocol says it, and a report cannot know how its sample was drawn.

    Parameters
    ----------
    ctx : Context
        Its plan holds the choices, its class says whether there is a survey.
    """
    c: dict[str, Any] = ctx.plan.choices
    values = "、".join(f"{g}{numbers.integer(v)}分" for g, v in c["scale"]["values"].items())
    cuts = "、".join(f"{g}≥{numbers.number(v)}分" for g, v in c["scale"]["cuts"].items())
    items = {"equal_items": "同一表内各指标等权", "equal_groups": "各考核内容等权，组内指标等权"}[
        c["items"]["weighting"]
    ]
    levels = c["levels"]["weights"]
    rules = "；".join(dict.fromkeys(f"{r.text}（{r.clause}）" for r in ctx.plan.active_rules)) or "无"
    stream = {"bounds_only": "缺一类来源时不定等次、不排名次，只给上下界"}.get(
        c["missing"]["stream"], "缺失来源按人工决定处理"
    )
    line = f"{numbers.integer(c['income']['provincial_rural_income'])}元 × {numbers.percent(c['income']['share'], 0)} = {numbers.number(ctx.plan.poverty_line)}元"
    survey = c["survey"]
    said = [
        ("等次赋分", values, str(c["scale"]["note"])),
        ("分等界限", f"{cuts}，其余为较差", "同上"),
        ("指标权重", items, str(c["items"]["note"])),
        ("核查级别权重", "、".join(f"{n}{numbers.percent(levels[k])}" for k, n in (("county", "县级"), ("town", "镇级"), ("village", "村级"))),
         str(c["levels"]["note"])),
        ("指标表与实地核查提示界限", f"相差{numbers.integer(c['levels']['one_step'])}分以上（一档）", "按等次赋分的间距"),
        ("缺项处理", f"缺项比例超过{numbers.percent(c['missing']['item_share'], 0)}时该来源缺数据；{stream}", str(c["missing"]["note"])),
        ("县（市、区）靠后", f"居后{numbers.percent(c['county']['bottom_share'], 0)}", str(c["county"]["note"])),
        ("启用的限制规则", rules, str(c["rules"]["note"])),
        ("相对贫困线", f"每人每年{line}", str(c["income"]["note"])),
        ("估计列示标准", f"置信水平{numbers.percent(survey['confidence'], 0)}，有效样本{survey['min_n']}户，变异系数{numbers.percent(survey['max_cv'], 0)}",
         str(survey["note"])),
        ("无应答调整", f"调整因子上限{numbers.number(c['nonresponse']['max_factor'])}", str(c["nonresponse"]["note"])),
        ("权重校准", f"{len(c['calibration']['margins'])}个边际的迭代校准", str(c["calibration"]["note"])),
        ("名次不确定性", f"模拟{numbers.integer(c['uncertainty']['draws'])}次，置信水平{numbers.percent(c['uncertainty']['level'], 0)}",
         "只反映专项调查的抽样误差"),
        ("日常工作计分", f"满分{numbers.integer(c['daily']['base'])}分，定量指标占{numbers.percent(c['daily']['measure_share'], 0)}", str(c["daily"]["note"])),
    ]  # fmt: skip
    cls = ctx.plan.classes.get(ctx.class_id)
    surveyed = cls is None or "survey" in cls.streams
    return [row for row in said if surveyed or row[0] not in _OF_SURVEY]


def sentences(ctx: Context) -> list[str]:
    """The choices in force in the plan of `ctx`, one sentence each, without a full stop; a note that says the value again is left out."""
    return [
        f"{what}：{value}" + ("" if note == value else f"（{note}）") for what, value, note in choices_in_force(ctx)
    ]
