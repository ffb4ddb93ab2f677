"""A built table as readers get it in a workbook: Chinese headers, words for codes, withheld values said to be so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.plan import Plan
from kaohe.clean.book_out import Head, Shown
from kaohe.estimate.suppress import hide_counts
from kaohe.plot.terms import FORM_LEVELS, LEVELS, QUALITY, hidden

HIDDEN = QUALITY["suppressed"]
UNKNOWN = QUALITY["not_estimable"]
# What a withheld row does not show, by table; a count of answers says how few there were, so it goes too.
WITHHELD: dict[str, tuple[str, ...]] = {
    "estimates": ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv"),
    "income": ("p10", "p25", "p50", "p75", "p90", "share_below", "share_low", "share_high", "n"),
    "key_survey": ("n_villages", "n", "value"),
    "survey_items": ("estimate", "se", "score", "contribution", "n"),
}
# What a row on few respondents does not show, and within which groups another row goes with it (see `hide_counts`).
FEW: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "nonresponse": ("n_respondents", ("city",), ("n_respondents", "factor")),
    "calibration": ("n", ("city", "margin"), ("n", "before", "g_min", "g_max")),
}
LEFT_OUT = {
    "intake": ("sha256", "table"), "findings_summary": ("table",), "streams": ("stream",), "daily_items": ("source",),
    "daily_sources": ("source",), "sensitivity_summary": ("source",), "effective_weights": ("stream",), "caps": ("field",),
    "screens": ("screen",), "screen_records": ("screen",), "completeness": ("part",), "evidence": ("concept",),
    "self_compare": ("concept",), "set_aside": ("table",), "rectify": ("concept",), "item_grades": ("concept",),
    "consistency": ("check",), "swap_weights": ("stream",), "lost_points": ("stream", "component"), "group_scores": ("place",),
    "village_profile": ("v_households", "v_poor", "v_exited", "v_collective_income", "v_team", "v_team_days"),
}  # fmt: skip
WORDS: dict[str, Mapping[str, str]] = {
    "level": {**LEVELS, "unit": "单位"},
    "quality": QUALITY,
    "domain_type": {"province": "全省", "city": "市", "county": "县（市、区）", "helper": "对口帮扶市"},
    "unit": {"household": "户", "village": "村"},
    "stat": {"proportion": "比例", "mean": "均值", "ratio": "比率", "quantile": "分位数", "total": "总量"},
    "direction": {"up": "越高越好", "down": "越低越好", "none": "不分好坏"},
    "action": {"quarantine": "隔离", "normalise": "按规则改正", "refuse": "未采用", "note": "记录"},
    "kind": {"city": "市", "county": "县（市、区）", "unit": "单位"},
    "margin": {"county": "县", "hh_kind": "户类型", "size_group": "家庭规模"},
    "method": {
        "beta": "Korn–Graubard", "logit": "logit", "t": "t 区间", "one_sided": "单侧", "woodruff": "Woodruff",
    },
}  # fmt: skip
PERCENT = frozenset({
    "response_rate", "missing_share", "doubtful_share", "share", "share_good", "share_fair", "share_below", "share_low",
    "share_high", "completeness", "p", "p_rank", "p_grade", "nominal", "effective", "cv", "at_good", "at_fair", "at_ordinary",
    "ordered", "swap",
})  # fmt: skip
WHOLE = frozenset({
    "rank", "target", "before", "after", "register_households", "p10", "p25", "p50", "p75", "p90", "steps",
})  # fmt: skip
_WHOLE_IN = {"rank_intervals": {"low", "high", "sim_low", "sim_high"}, "weight_diagnostics": {"sum_weights"}}
_PERCENT_IN = {"streams": {"weight"}, "survey_items": {"weight"}, "lost_points": {"weight"}}
_WHOLE_NOT = {"survey_items": {"target"}}
_AS_ROW = {
    "estimates": ("estimate", "se", "ci_low", "ci_high"), "key_survey": ("value",), "survey_items": ("estimate", "se", "floor", "target"),
}  # fmt: skip
_NAMED = ("object", "city", "county", "helper_city")
_WIDE = frozenset({"note", "text", "file", "reason", "remedy", "evidence", "label", "why", "rule", "record", "weak_at"})


@dataclass(frozen=True)
class Names:
    """What codes stand for: places and targets, classes, forms, concepts."""

    places: Mapping[str, str]
    plan: Plan

    def of(self, code: str) -> str:
        """Name of a place or target; the code itself where there is none."""
        return self.places.get(code) or self.plan.gazetteer.name(code)


def cells(table: str, frame: pd.DataFrame, names: Names) -> tuple[list[Head], list[list[Any]]]:
    """Headers and rows of a built table.

    Parameters
    ----------
    table : str
        A key of `kaohe.base.built.BUILT`.
    frame : DataFrame
        Some of its rows, in order.
    names : Names

    Returns
    -------
    (list of Head, list of rows)
        Withheld values are the words 已隐藏, those without an error 不可估, never 0 and never
        empty; an empty cell means that there is nothing to say. Shares are 0 to 1, shown in percent.
    """
    left_out = LEFT_OUT.get(table, ())
    columns = {c: v for c, v in BUILT[table].columns.items() if c not in left_out}
    heads: list[Head] = []
    made: list[list[Any]] = []
    for column, (mark, label) in columns.items():
        kind = kind_of(table, column, mark)
        heads.append(Head(label, kind, _width(column, mark, label)))
        made.append(_values(table, column, mark, frame, names))
        if column in _NAMED and f"{column}_name" not in columns and not _has_name(columns):
            heads.append(Head(f"{label}名称", "plain", 14))
            made.append([names.of(str(v)) if v else None for v in frame[column]])
    return heads, [list(row) for row in zip(*made, strict=True)]


def _has_name(columns: Mapping[str, tuple[str, str]]) -> bool:
    """True when the table says itself what its rows are called."""
    return columns.get("name", ("", ""))[1] in {"名称", "对象名称"}


def kind_of(table: str, column: str, mark: str) -> str:
    """How a column is shown: a key of `kaohe.clean.book_out.FORMATS`."""
    if mark in "sb":
        return "text" if column in _WIDE else "plain"
    if mark == "d":
        return "date"
    if column in PERCENT or column in _PERCENT_IN.get(table, ()):
        return "percent"
    whole = (mark == "i" or column in WHOLE or column in _WHOLE_IN.get(table, ())) and column not in _WHOLE_NOT.get(
        table, ()
    )
    return "whole" if whole else "decimal"


def _values(table: str, column: str, mark: str, frame: pd.DataFrame, names: Names) -> list[Any]:
    word = _words(table, column, names)
    values: list[Any] = frame[column].tolist()
    if mark == "s":
        return [word(v) or None for v in values]
    if mark == "d":
        return [None if v is pd.NaT else v.date() for v in values]
    if column in _AS_ROW.get(table, ()):
        values = [Shown(v, "percent") if s else v for v, s in zip(values, _shares(frame, names.plan), strict=True)]
    if table in FEW and column in FEW[table][2] and len(frame):
        counts, by, _ = FEW[table]
        least = int(names.plan.disclosure["min_households"])
        few = pd.concat([hide_counts(part[counts], least) for _, part in frame.groupby(list(by), sort=False)])
        return [HIDDEN if f else v for v, f in zip(values, few.reindex(frame.index), strict=True)]
    if column in WITHHELD.get(table, ()) and "quality" in frame.columns:
        return [_said(v, str(q)) for v, q in zip(values, frame["quality"], strict=True)]
    return values


def _shares(frame: pd.DataFrame, plan: Plan) -> list[bool]:
    """Which rows hold a share: by the table's own mark, otherwise by the codebook."""
    if "is_share" in frame.columns:
        return [bool(v) for v in frame["is_share"]]
    return [q in plan.questions and plan.questions[q].is_share for q in frame["indicator"]]


def _said(value: Any, quality: str) -> Any:
    """The value, or the word for why there is none."""
    if hidden(quality):
        return HIDDEN
    bare = value.value if isinstance(value, Shown) else value
    if bare is None or (isinstance(bare, float) and bare != bare):
        return UNKNOWN if quality == "not_estimable" else None
    return value


def _words(table: str, column: str, names: Names) -> Callable[[str], str]:
    plan = names.plan
    if column == "class_id":
        labels = {c.id: c.label for c in plan.classes.values()}
        return lambda code: labels.get(code, code)
    if column == "form":
        forms = {f.id: f.title for f in plan.forms.values()}
        return lambda code: forms.get(code, code)
    if column == "weak_at":
        return lambda codes: "、".join(names.of(code) for code in codes.split("、") if code)
    if column == "measure":
        measures = {str(m["id"]): str(m["name"]) for m in plan.choices["daily"]["measures"] if "id" in m}
        return lambda code: measures.get(code, code)
    if column == "level" and table == "calibration":
        return str
    known = WORDS.get(column)
    if column == "unit" and table != "estimates":
        known = None
    if known is None:
        return str
    found = {**FORM_LEVELS, **known} if column == "level" else known
    return lambda code: found.get(code, code)


def _width(column: str, mark: str, label: str) -> float:
    if column in _WIDE:
        return 30.0
    if mark == "s":
        return 16.0
    return max(9.0, 2.2 * len(label))
