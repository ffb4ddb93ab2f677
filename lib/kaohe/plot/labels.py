"""Names, counts and source lines that every caption uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.places import short_name
from kaohe.plot import numbers
from kaohe.plot.numbers import level_said
from kaohe.plot.output import Context, Text

UNIT_CLASS = "unit235"


def short(ctx: Context, code: str) -> str:
    """The name for narrow places: 韶关 for 韶关市; counties and units in full."""
    name = ctx.name_of(code)
    return short_name(name, "city") if code.endswith("00000000") and code.isdigit() else name


def interval_of(ctx: Context, word: str = "区间") -> str:
    """What intervals of survey estimates are called, at the plan's confidence: 95%区间."""
    return level_said(ctx.plan.choices["survey"]["confidence"]) + word


def rank_level(ctx: Context) -> str:
    """The level at which ranks and their order are told, as printed: 95%."""
    return level_said(ctx.plan.choices["uncertainty"]["level"])


def of(name: str) -> str:
    """A name before a number: with 的 where the name itself ends in a digit (单位003的15个)."""
    return f"{name}的" if name[-1:].isdigit() else name


def group_word(n: int, class_id: str) -> str:
    """A number of targets of a class: 14市, 235个单位; 县（市、区） where there is no class."""
    if class_id == UNIT_CLASS:
        return f"{n}个单位"
    return f"{n}市" if class_id else f"{n}个县（市、区）"


def group_unit(class_id: str) -> str:
    """The measure word after a number in lists: 市, 个单位, 个县（市、区）."""
    return group_word(0, class_id)[1:]


def listed(names: Sequence[str], class_id: str, most: int = 3) -> str:
    """Names of targets; beyond `most` the first ones and how many: 揭阳、湛江、茂名等5市."""
    return numbers.names(names, most, group_unit(class_id))


def some(names: Sequence[str], most: int = 3) -> str:
    """Names after a number that already counts them: 饮水、住房、教育等."""
    return "、".join(names[:most]) + ("等" if len(names) > most else "")


def fitting(names: Sequence[str], room: int) -> str:
    """Names after a number that already counts them: the first one, then as many as `room` characters take; 等 for the rest."""
    kept = [n for k, n in enumerate(names) if k == 0 or len("、".join(names[: k + 1])) <= room]
    return "、".join(kept) + ("等" if len(kept) < len(names) else "")


def surveyed(ctx: Context) -> str:
    """Whose households the survey speaks of: a city's own, or those of the villages that a helper city helps."""
    return f"{ctx.name}对口帮扶的村" if ctx.class_id == "city6" else ctx.name


def quoted(text: str) -> str:
    """Text in Chinese quotation marks; marks inside it become single ones."""
    return f"“{text.replace('“', '‘').replace('”', '’')}”"


def class_of(ctx: Context, class_id: str) -> str:
    """The class asked for, or the report's own."""
    return class_id or ctx.class_id


def of_class(frame: pd.DataFrame, class_id: str) -> pd.DataFrame:
    """Rows of a class; all of them where no class is asked for."""
    return frame[frame["class_id"] == class_id] if class_id else frame


def own_rows(frame: pd.DataFrame, ctx: Context) -> pd.DataFrame:
    """Rows of the report's target."""
    return frame[frame["object"] == ctx.object]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries of plain values: what ``to_dict("records")`` gives, some ten times faster."""
    names = [str(c) for c in frame.columns]
    columns = [_plain(column) for _, column in frame.items()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    """The values of a column as Python's own objects; a missing text is NaN."""
    if isinstance(column.dtype, pd.StringDtype):
        texts: list[Any] = column.to_numpy(dtype=object).tolist()
        return texts
    values: list[Any] = column.tolist()
    return [v.item() if isinstance(v, np.generic) else v for v in values] if column.dtype == object else values


def source(ctx: Context, what: str, *parts: str) -> str:
    """The line under a chart: source, year, that the data are invented where they are, then explanations.

    Examples
    --------
    来源：交叉考核，2020年，演示数据（虚构）。缺：应评未评。
    """
    head = "，".join(p for p in (f"来源：{what}", f"{ctx.year}年", ctx.source_note) if p)
    return "。".join([head, *(p.rstrip("。") for p in parts if p)]) + "。"


def nothing(what: str, ctx: Context, id: str) -> Text:
    """Said in place of the chart `id`, which has no data."""
    return Text((f"{ctx.name}没有{what}数据，不作图。",), id=id)


def joined(parts: Iterable[str], by: str = "，") -> str:
    """The parts that are not empty, joined."""
    return by.join(p for p in parts if p)
