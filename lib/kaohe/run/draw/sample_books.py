"""Workbooks of a drawn sample: one for the statistician, one for the field in each city."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import OUTCOMES
from kaohe.clean.book_out import Head, SheetOut
from kaohe.design.draw.expected import PROVINCE

if TYPE_CHECKING:
    from kaohe.run.draw.sample import Result

_WIDE, _CODE = 18.0, 16.0
Columns = Sequence[tuple[str, str, str, float]]
_PLACES: Columns = (("city_name", "市", "plain", 12.0), ("county_name", "县（市、区）", "plain", 14.0))
_TOWN: Columns = (*_PLACES, ("town_name", "镇", "plain", 14.0))
VILLAGE: Columns = (*_TOWN, ("village_name", "村", "plain", 14.0), ("village", "村代码", "plain", _CODE))
HOUSEHOLD: Columns = (
    ("household", "户样本编号", "plain", _CODE), ("register_household", "登记户编号", "plain", _WIDE),
    ("county_name", "县（市、区）", "plain", 14.0), ("town_name", "镇", "plain", 14.0), ("village_name", "村", "plain", 14.0),
    ("hh_kind", "登记户类型", "plain", _WIDE), ("register_size", "登记人口", "whole", 10.0), ("outcome", "调查结果", "plain", 12.0),
)  # fmt: skip


def sheet(name: str, columns: Columns, frame: pd.DataFrame, choices: tuple[str, ...] = ()) -> SheetOut:
    """A sheet of some columns of a frame; `choices` are offered in the last one."""
    heads = [Head(label, kind, width) for _, label, kind, width in columns]
    rows = [[_plain(v) for v in row] for row in frame.reindex(columns=[c for c, *_ in columns]).itertuples(index=False)]
    return SheetOut(name, heads, rows, ((len(heads) - 1, choices),) if choices else ())


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) > 1 else value


def city_book(villages: pd.DataFrame, households: pd.DataFrame) -> list[SheetOut]:
    """The field's lists of one city: villages, and households with a column for the outcome."""
    out = [
        sheet(
            "样本村",
            (*VILLAGE, ("n_households", "登记户数", "whole", 10.0), ("m_households", "抽中户数", "whole", 10.0)),
            villages,
        )
    ]
    if len(households):
        out.append(sheet("样本户", HOUSEHOLD, households, OUTCOMES))
    return out


def design_book(made: Result, plan: Plan) -> list[SheetOut]:
    """Expected errors, allocation, and the chances of every town and village that took part."""
    chance: Columns = (("n_households", "登记户数", "whole", 10.0), ("p_town", "镇入样概率", "general", 14.0))
    drawn = made.drawn
    out = [
        sheet("预计精度", (
            ("name", "范围", "plain", 12.0), ("n_towns", "镇数", "whole", 8.0), ("n_villages", "村数", "whole", 8.0),
            ("n", "户数", "whole", 8.0), ("se", "预计标准误", "general", 12.0), ("half_width", made.half_width, "general", 12.0),
            ("deff", "设计效应", "decimal", 10.0), ("deff_weights", "权重设计效应", "decimal", 12.0),
        ), made.errors.assign(name=["全省" if d == PROVINCE else plan.gazetteer.name(d) for d in made.errors["domain"]]).round(5)),
        sheet("各县分配", (
            *_PLACES, ("n_towns", "镇数", "whole", 8.0), ("n_households", "登记户数", "whole", 10.0), ("towns", "计划抽镇数", "whole", 10.0),
            ("cost", "预计费用（元）", "whole", 14.0),
        ), made.plan_by_county.assign(
            city_name=[plan.gazetteer.name(c) for c in made.plan_by_county["city"]],
            county_name=[plan.gazetteer.name(c) for c in made.plan_by_county["county"]],
        )),
        sheet("镇", (*_TOWN, ("town", "镇代码", "plain", _CODE), ("n_villages", "村数", "whole", 8.0), *chance,
                     ("drawn", "抽中", "plain", 8.0)), drawn.towns),
        sheet("抽中镇的村", (*VILLAGE, *chance, ("p_village", "村入样概率", "general", 14.0), ("p", "两级概率之积", "general", 14.0),
                        ("drawn", "抽中", "plain", 8.0)), drawn.villages),
    ]  # fmt: skip
    if len(drawn.sample_households):
        out.append(sheet("样本户", (
            ("household", "户样本编号", "plain", _CODE), ("village", "村代码", "plain", _CODE), ("hh_kind", "登记户类型", "plain", _WIDE),
            ("p_household", "户入样概率", "general", 14.0), ("weight", "设计权重", "general", 14.0),
        ), drawn.sample_households))  # fmt: skip
    return out
