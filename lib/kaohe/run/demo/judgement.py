"""How good each target is on each concept, and the grade an assessor would give.

Grades come from a latent score cut at three points. A task city's score rests on the quality
of its places (the same that drives the households' answers); helper cities and units have
their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.plan import Form, Item, Plan
from kaohe.run.demo.effects import TOPICS
from kaohe.run.demo.population import Population
from kaohe.run.demo.streams import stream

TOPIC_OF = {
    "exit": "income", "monitor": "income", "leaders": "organisation", "coordination": "organisation",
    "education": "education", "medical": "medical", "housing": "housing", "water": "water",
    "dibao_pension": "medical", "party": "organisation", "industry": "industry", "employment": "employment",
    "consumption": "industry", "funds": "funds", "assets": "funds", "publicity": "satisfaction",
    "archives": "organisation", "task_completion": "income", "infrastructure": "water", "input": "funds",
    "industry_consumption": "industry", "funds_assets": "funds", "social_mobilisation": "satisfaction",
    "epidemic_monitor": "medical",
}  # fmt: skip
OTHER_TOPIC = "organisation"
CUTS = (0.0, -1.15, -2.45)
# Units whose work is poor, and some that are ordinary, beside what chance gives.
_POOR_UNITS = {"DW061": -4.6, "DW188": -4.3}
_ORDINARY_UNITS = {"DW022": -2.2, "DW097": -2.1, "DW143": -2.3, "DW209": -2.2}
REMARKS = {
    "income": ("个别退出户收入来源较单一", "监测对象帮扶措施更新不及时"),
    "education": ("个别学生补助发放滞后", "控辍保学台账不完整"),
    "medical": ("部分群众对报销政策不了解", "个别人员参保信息未及时更新"),
    "housing": ("个别房屋鉴定资料缺失", "危房改造后未及时验收"),
    "water": ("枯水期供水不稳定", "部分自然村水质检测不及时"),
    "industry": ("产业项目带动效果不明显", "项目收益分配台账不清"),
    "employment": ("就业信息更新不及时", "技能培训针对性不强"),
    "satisfaction": ("政策宣传不够深入", "总结材料较为笼统"),
    "organisation": ("会议记录不完整", "工作台账更新不及时"),
    "funds": ("资金支付进度偏慢", "扶贫资产确权登记未完成"),
}


@dataclass(frozen=True)
class Quality:
    """Quality of every target by topic, standardised.

    Attributes
    ----------
    objects : DataFrame
        Index: code of target; one column a topic.
    """

    objects: pd.DataFrame

    def of(self, target: str, concept: str) -> float:
        """Quality of a target on a concept."""
        return float(self.objects.at[target, TOPIC_OF.get(concept, OTHER_TOPIC)])


def build_quality(people: Population, plan: Plan, seed: int) -> Quality:
    """Quality of task cities (from their places), helper cities and units (their own)."""
    rng = stream(seed, "quality")
    helpers = sorted(plan.classes["city6"].members)
    units = people.geography.units["object"].tolist()
    helper = 0.1 + _draw(rng, len(helpers), 0.8)
    unit = 0.05 + _draw(rng, len(units), 0.8)
    for code, shift in {**_POOR_UNITS, **_ORDINARY_UNITS}.items():
        if code in units:
            row = units.index(code)
            unit[row] = shift + 0.35 * unit[row]
    own = pd.DataFrame(np.vstack([helper, unit]), index=[*helpers, *units], columns=list(TOPICS))
    return Quality(pd.concat([people.effects.city, own]))


def _draw(rng: np.random.Generator, n: int, spread: float) -> np.ndarray:
    common = rng.standard_normal((n, 1))
    drawn: np.ndarray = spread * (0.75 * common + 0.66 * rng.standard_normal((n, len(TOPICS))))
    return drawn


def grade(latent: float, plan: Plan) -> str:
    """The grade of a latent score."""
    return plan.grades[sum(latent < cut for cut in CUTS)]


def index_grades(target: str, form: Form, quality: Quality, plan: Plan, seed: int) -> dict[int, str]:
    """Grades of an index table, by number of the item."""
    rng = stream(seed, "index", target)
    noise = 0.55 if form.level == "city" else 0.6
    return {
        i.no: grade(0.95 * quality.of(target, i.concept) + noise * rng.standard_normal() + 0.1, plan)
        for i in form.items
    }


def field_grades(city: str, place: str, form: Form, quality: Quality, plan: Plan, seed: int) -> dict[int, str]:
    """Grades of a field form at a place of a task city, by number of the item."""
    rng = stream(seed, "field", place)
    county = stream(seed, "field", place[:6]).standard_normal(len(TOPICS))
    own = rng.standard_normal(len(TOPICS))
    out = {}
    for item in form.items:
        topic = TOPIC_OF.get(item.concept, OTHER_TOPIC)
        at = TOPICS.index(topic)
        latent = (
            0.95 * quality.of(city, item.concept) + 0.35 * county[at] + 0.35 * own[at] + 0.3 * rng.standard_normal()
        )
        out[item.no] = grade(latent + 0.05, plan)
    return out


def remark(item: Item, given: str, plan: Plan, rng: np.random.Generator) -> str:
    """A remark for an item at the lower two grades; mostly none for the others."""
    if given in plan.grades[:2] and rng.random() > 0.04:
        return ""
    phrases = REMARKS[TOPIC_OF.get(item.concept, OTHER_TOPIC)]
    return phrases[int(rng.integers(len(phrases)))]
