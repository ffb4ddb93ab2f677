"""Estimates of a workbench as texts: digits by their error, units, places by name, what must not be shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot.estimate_joined import MIXED
from kaohe.plot.numbers import is_missing
from kaohe.plot.terms import QUALITY, hidden

KEY = "kaohe"  # of DataFrame.attrs
SHARES = frozenset({"headcount", "gap", "severity", "arpr", "population", "rate", "contribution"})
WORDS = {
    "headcount": "贫困发生率", "gap": "贫困深度", "severity": "贫困强度", "gini": "基尼系数", "qsr": "五等份收入比", "arpr": "相对贫困率",
    "rmpg": "相对贫困差距（中位）", "population": "人口占比", "rate": "本组发生率", "contribution": "对总体的贡献", "ratio": "与总体之比",
}  # fmt: skip
HEADS = {
    "variable": "指标", "measure": "测度", "prob": "分位", "line": "贫困线", "part": "分解项", "trial": "方案", "city": "市", "county": "县（市、区）",
    "town": "镇", "village": "村", "helper_city": "帮扶市", "stratum": "层", "psu": "初级单元", "register_hh_kind": "登记户类型", "size_group": "家庭规模",
    "record": "记录", "household": "户", "by": "比较的列", "contrast": "对比",
}  # fmt: skip
NUMERIC = (
    "estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv", "method", "quality", "rest", "difference",
    "difference_se", "difference_low", "difference_high", "difference_df", "t", "p_value", "p_holm",
)  # fmt: skip
NEEDED = frozenset({"estimate", "ci_low", "ci_high", "n", "quality"})
Row = Mapping[Any, Any]
Field = tuple[str, str, Callable[[Row], str]]  # head, alignment, text of a row


def about(frame: pd.DataFrame) -> dict[str, Any]:
    """What a table of estimates, `frame`, says of itself: labels, units, shares, names, heads, source, level; empty for any other."""
    found = frame.attrs.get(KEY)
    return dict(found) if isinstance(found, Mapping) else {}


def level_of(said: Mapping[str, Any]) -> str:
    """The level of a table's intervals as it is printed: 95%, 97.5%; 95% where the table does not say, none where rows differ.

    Examples
    --------
    >>> level_of({"level": 0.975}), level_of({"level": 0.9}), level_of({}), level_of({"level": MIXED})
    ('97.5%', '90%', '95%', '')
    """
    return "" if said.get("level") == MIXED else numbers.level_said(said.get("level", 0.95))


def constant(frame: pd.DataFrame) -> list[str]:
    """Keys that say the same in every row of more than one, such as the line of a decomposition: said once, above the table."""
    own = [k for k in keys_of(frame) if k not in about(frame).get("by", ())]
    return [k for k in own if (k == "variable" or len(frame) > 1) and frame[k].nunique(dropna=False) == 1]


def keys_of(frame: pd.DataFrame) -> list[str]:
    """The columns that say what a row is: domains, variable, measure and so on; not its numbers."""
    return [str(c) for c in frame.columns if c not in NUMERIC and (c in HEADS or str(c) in about(frame).get("by", ()))]


def is_share(row: Row, said: Mapping[str, Any]) -> bool:
    """True when a row's estimate is shown in percent."""
    for column in ("part", "measure"):
        if column in row:
            return row[column] in SHARES
    return bool(said.get("all_shares")) or str(row.get("variable", "")).split("=")[0] in said.get("shares", ())


def unit_of(row: Row, said: Mapping[str, Any]) -> str:
    """The unit of a row's estimate; empty for shares, measures and what the codebook does not know."""
    if is_share(row, said) or "measure" in row:
        return ""
    return str(said.get("units", {}).get(str(row.get("variable", "")).split("=")[0], ""))


def digits_of(rows: Sequence[Row], unit: str, share: bool) -> int:
    """Decimals so that the smallest error keeps two figures; shares one (of a percent), yuan none."""
    if share:
        return 1
    if unit == "元":
        return 0
    errors = [float(r["se"]) for r in rows if not is_missing(r.get("se")) and r["se"] > 0 and math.isfinite(r["se"])]
    return min(max(1 - math.floor(math.log10(min(errors))), 0), 4) if errors else 1


def value(number: Any, unit: str, share: bool, digits: int) -> str:
    """A number as it is printed, without its unit but with the percent sign."""
    return numbers.percent(number, digits) if share else numbers.number(number, digits)


def points(number: Any, share: bool, digits: int) -> str:
    """An error or a difference: percentage points for shares."""
    return (
        numbers.number(100 * float(number), digits + 1)
        if share and not is_missing(number)
        else numbers.number(number, digits)
    )


def name_of(column: str, cell: Any, said: Mapping[str, Any]) -> str:
    """A level in words: places by name, variables by label, measures by their term.

    Parameters
    ----------
    column : str
        Of a table of estimates.
    cell : object
        A value in it.
    said : mapping
        As from `about`.
    """
    if is_missing(cell):
        return numbers.MISSING
    text = str(cell)
    if column == "variable":
        base, _, level = text.partition("=")
        label = str(said.get("asks" if level else "labels", {}).get(base, base))
        return f"{label}：{level}" if level else label
    if column == "prob":
        return numbers.percent(cell, 0 if abs(100 * float(cell) - round(100 * float(cell))) < 1e-9 else 1)
    if column == "line":
        return numbers.number(cell, 0)
    if column in {"measure", "part"}:
        return WORDS.get(text, text)
    own = said.get("levels", {}).get(column, {})
    return str(own[text] if text in own else said.get("names", {}).get(text, text))


def head_of(column: str, said: Mapping[str, Any]) -> str:
    """A column's head in Chinese where there is one."""
    return str(said.get("heads", {}).get(column, HEADS.get(column, column)))


def p_text(p: Any) -> str:
    """A P value; small ones as <0.001."""
    return numbers.MISSING if is_missing(p) else "<0.001" if p < 0.001 else numbers.number(p, 3)


def fields_of(frame: pd.DataFrame) -> list[Field]:
    """The columns of a shown table, each with the text of a row."""
    said = about(frame)
    keys = keys_of(frame)
    single = constant(frame)
    out: list[Field] = [(head_of(k, said), "left", _key(k, said)) for k in keys if k not in single]
    rows = frame.to_dict("records")
    kinds = {_kind(r, said) for r in rows}
    digits = {k: digits_of([r for r in rows if _kind(r, said) == k], k[0], k[1]) for k in kinds}

    def shown(column: str, write: Callable[[Any, str, bool, int], str]) -> Callable[[Row], str]:
        def text(row: Row) -> str:
            if hidden(str(row["quality"])):
                return numbers.SUPPRESSED if column == "estimate" else ""
            kind = _kind(row, said)
            return write(row[column], kind[0], kind[1], digits[kind])

        return text

    def interval(row: Row) -> str:
        if hidden(str(row["quality"])):
            return ""
        kind = _kind(row, said)
        if is_missing(row["ci_low"]) or is_missing(row["ci_high"]):
            return numbers.NOT_ESTIMABLE
        low, high = (value(row[c], kind[0], kind[1], digits[kind]) for c in ("ci_low", "ci_high"))
        return f"{low}{'至' if row['ci_low'] < 0 else '–'}{high}"

    shares = bool(rows) and all(is_share(r, said) for r in rows)
    of_points = "（百分点）" if shares else ""

    def plain(column: str, digits_: int) -> Callable[[Row], str]:
        return shown(column, lambda v, u, s, k: numbers.number(v, digits_))

    write: dict[str, Field] = {
        "estimate": ("估计", "right", shown("estimate", value)), "se": (f"标准误{of_points}", "right", shown("se", lambda v, u, s, k: points(v, s, k))),
        "ci_low": (f"{level_of(said)}区间", "right", interval), "n": (f"{said.get('record', '回答')}数", "right", plain("n", 0)),
        "n_psu": ("初级单元", "right", plain("n_psu", 0)), "df": ("自由度", "right", plain("df", 0)),
        "n_missing": ("缺答", "right", plain("n_missing", 0)), "deff": ("设计效应", "right", plain("deff", 2)),
        "rest": ("其余", "right", shown("rest", value)), "difference": (f"差{of_points}", "right", shown("difference", lambda v, u, s, k: points(v, s, k))),
        "t": ("t", "right", plain("t", 2)), "p_value": ("P值", "right", shown("p_value", lambda v, u, s, k: p_text(v))),
        "p_holm": ("校正P值", "right", shown("p_holm", lambda v, u, s, k: p_text(v))),
        "quality": ("质量", "left", lambda r: QUALITY.get(str(r["quality"]), str(r["quality"]))),
    }  # fmt: skip
    skip = {*keys, *NUMERIC}
    out += [write[c] for c in write if c in frame.columns and not (c == "n_missing" and not frame[c].any())]
    out += [(str(c), "right", _plain(c)) for c in frame.columns if c not in skip]
    return out


def _kind(row: Row, said: Mapping[str, Any]) -> tuple[str, bool, str]:
    """What rows share the same digits: unit, share, and which measure."""
    return unit_of(row, said), is_share(row, said), str(row.get("part", row.get("measure", "")))


def _key(column: str, said: Mapping[str, Any]) -> Callable[[Row], str]:
    return lambda row: name_of(column, row[column], said)


def _plain(column: Any) -> Callable[[Row], str]:
    """A column of the user's own, as pandas prints a value."""
    return lambda row: f"{row[column]:,.6g}" if isinstance(row[column], float) else str(row[column])
