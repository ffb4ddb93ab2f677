"""Differences between domains or variables with their covariance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.arguments import Freedom, confidence, df_kind, domains_of, mapped_numbers
from kaohe.estimate.linear import ONE, Numbers
from kaohe.estimate.margins import complete_levels, mark_of, subsets
from kaohe.estimate.quality import CAUTION, NOT_ESTIMABLE, OK, SUPPRESSED, words

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Inside, Sampled

KINDS = ("mean", "proportion", "total", "ratio")


def matrices(
    design: Sampled, names: list[str], kind: str, denominator: str | None, where: Any = None
) -> tuple[Floats, Floats | None]:
    """Numerators and denominator of what is contrasted."""
    if kind not in KINDS or (kind == "ratio") != (denominator is not None):
        raise InputRefused(
            "K408", "A contrast cannot be made", got=f"kind {kind}, denominator {denominator}",
            expected=f"{', '.join(KINDS)}; a denominator for a ratio, and only there",
        )  # fmt: skip
    if denominator is not None:
        return design.pairs(names, [denominator], design.mask(where))
    if kind == "proportion":
        found, columns = design.shares(names, design.mask(where))
        if found != names:
            raise InputRefused(
                "K408", "A contrast cannot be made", got=", ".join(n for n in found if n not in names)[:80],
                expected="0 and 1 for a proportion", remedy="make a 0/1 column of the level that is meant",
            )  # fmt: skip
        return columns, ONE
    return design.values(names, inside=design.mask(where)), None if kind == "total" else ONE


def contrast_table(
    design: Sampled, names: list[str], by: Any, weights: Mapping[Any, float], kind: str, denominator: str | None,
    where: Any, level: float, df: Freedom, margins: bool | str,
) -> pd.DataFrame:  # fmt: skip
    """Weighted sums of domain estimates with their errors; see `Design.contrast`."""
    level, df = confidence(level), df_kind(df)
    num, den = matrices(design, names, kind, denominator, where)
    columns = domains_of(by)
    numbers = mapped_numbers(weights, "domain" if columns else "variable")
    keys = dict(zip(dict(weights), numbers, strict=True))  # a series, too, names its domains by its index
    if not keys:
        levels = [str(row[0]) for row in design.domains(columns, where)[1].to_numpy()] if columns else names
        raise _unknown(f"no {'domain' if columns else 'variable'}", levels, "domain" if columns else "variable")
    if not columns:
        chosen = [_found(k, names, keys, "variable") for k in keys]
        own = den if den is None or den is ONE else den[:, chosen]
        return _row(design, _text(keys), num[:, chosen], own, [design.mask(where)], np.array(numbers), level, df, kind)
    mark = mark_of(design, columns, margins)
    if mark is not None:
        where = complete_levels(design, columns, where)
    parts = []
    for kept in [columns] if mark is None else subsets(columns):
        summed = keys if kept == columns else _summed(keys, columns, kept)
        if not summed:
            continue
        inside, c = _members(design, kept, where, summed, mark), np.array(list(summed.values()))
        for k, name in enumerate(names):
            own = den if den is None or den is ONE else den[:, [k]]
            row = _row(design, name, num[:, [k]], own, inside, c, level, df, kind)
            if mark is not None:
                row.insert(0, "by", ", ".join(kept) or mark)
                row.insert(1, "contrast", _text(summed if kept else {mark: c[0]}))
            parts.append(row)
    return pd.concat(parts, ignore_index=True)


def _text(weights: Mapping[Any, float]) -> str:
    """A weighted sum in words, such as ``+1·a -1·b``."""
    return " ".join(f"{v:+g}·{'·'.join(map(str, k)) if isinstance(k, tuple) else k}" for k, v in weights.items())


def _found(key: Any, labels: Sequence[Any], keys: Mapping[Any, float], title: str) -> int:
    """Place of a name among those that there are."""
    if key in labels:
        return list(labels).index(key)
    raise _unknown(", ".join(str(k) for k in keys if k not in labels), labels, title, keys)


def _unknown(got: str, labels: Sequence[Any], title: str, asked: Iterable[Any] = ()) -> InputRefused:
    return InputRefused(
        "K421", f"A contrast names an unknown {title}", got=got, expected=", ".join(str(k) for k in labels[:6]),
        remedy=faults.of_another_type(asked, labels),
    )  # fmt: skip


def _summed(keys: Mapping[Any, float], columns: list[str], kept: list[str]) -> dict[Any, float]:
    """Weights by some of the columns, added up over the others; what cancels is left out."""
    out: dict[Any, float] = {}
    for key, value in keys.items():
        own = tuple(v for v, name in zip(key if len(columns) > 1 else (key,), columns, strict=True) if name in kept)
        short = own[0] if len(kept) == 1 else own
        out[short] = out.get(short, 0.0) + value
    most = max(abs(v) for v in keys.values())
    return {k: v for k, v in out.items() if abs(v) > 1e-12 * most}


def _members(design: Sampled, kept: list[str], where: Any, keys: Mapping[Any, float], mark: str | None) -> Inside:
    """The records of each domain named; a column with the mark of margins takes all its levels."""
    codes, domains = design.domains(kept or None, where)
    if not kept:
        return [codes == 0]
    labels = [row if len(kept) > 1 else row[0] for row in domains.itertuples(index=False, name=None)]
    out = []
    for key in keys:
        asked = key if len(kept) > 1 else (key,)
        if mark is not None and isinstance(asked, tuple) and len(asked) == len(kept) and mark in asked:
            rows = [d for d, row in enumerate(domains.itertuples(index=False, name=None))
                    if all(a in (mark, b) for a, b in zip(asked, row, strict=True))]  # fmt: skip
        else:
            rows = [_found(key, labels, keys, "domain")]
        out.append(np.isin(codes, rows or [_found(key, labels, keys, "domain")]))
    return out


def each_of(design: Sampled, num: Floats, den: Floats | None, inside: Inside) -> Numbers:
    """The numbers of domains that may overlap, domain × variable."""
    each = [design.numbers(num, den, np.where(own, 0, -1), 1) for own in inside]
    return Numbers(*(np.vstack([getattr(one, f.name) for one in each]) for f in fields(Numbers)))


def union_of(design: Sampled, num: Floats, den: Floats | None, inside: Inside) -> Numbers:
    """The numbers of all domains together, one row."""
    return design.numbers(num, den, np.where(np.logical_or.reduce(inside), 0, -1), 1)


def _row(
    design: Sampled, name: str, num: Floats, den: Floats | None, inside: Inside, c: Floats, level: float, rule: Freedom,
    kind: str,
) -> pd.DataFrame:  # fmt: skip
    """One contrast as a table row; no better in quality than the worst of its estimates."""
    estimates, cov = design.joint_of(num, den, inside)
    whole, each = union_of(design, num, den, inside), each_of(design, num, den, inside)
    sure = bool((each.df > 0).all())
    estimate, se = float(c @ estimates.ravel()), float(np.sqrt(max(float(c @ cov @ c), 0.0))) if sure else np.nan
    if rule == "satterthwaite":
        df = contrast_freedom(design, num, den, inside, c, cov, each.df, float(whole.df.min()))
    else:
        df = float(whole.df.min()) if isinstance(rule, str) or not sure else rule
    low, high = intervals.t_interval(np.array(estimate), np.array(se), np.array(df), level)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = float(np.divide(estimate, se))
        deff = float(np.divide(se**2, c**2 @ each.srs_wr.ravel()))
        cv = float(np.divide(se, abs(estimate)))
    return pd.DataFrame({
        "variable": [name], "estimate": [estimate], "se": [se], "ci_low": [float(low)], "ci_high": [float(high)],
        "df": [df], "n": [int(whole.n.min())], "n_psu": [int(whole.n_psu.min())], "n_missing": [int(whole.n_missing.max())],
        "deff": [deff], "cv": [cv], "t": [t], "p_value": [two_sided(t, df)], "method": ["t"],
        "quality": [_worst(design, each, df, share=kind == "proportion", sure=sure)],
    })  # fmt: skip


def contrast_freedom(
    design: Sampled, num: Floats, den: Floats | None, inside: Inside, c: Floats, cov: Floats, each: Floats, union: float,
) -> float:  # fmt: skip
    """Degrees of freedom of a weighted sum of estimates: the smallest of three.

    Parameters
    ----------
    inside : list of bool array
        The records of each domain.
    c : float array
        Weights of the estimates, domains outermost.
    cov : float array
        Covariance of the estimates.
    each : float array
        Degrees of freedom of each estimate.
    union : float
        Units minus strata of all domains together.

    Returns
    -------
    float
        Satterthwaite's number over the strata of the sum's own linearised values (not for replicate weights,
        which do not tell strata apart); Satterthwaite's over the estimates, each with its own degrees of
        freedom; `union`.

    Notes
    -----
    Satterthwaite (1946), Welch (1947). A domain with few units that carries most of the variance decides:
    three towns against forty have about 2 degrees of freedom, not 32.
    """
    own = c**2 * np.diag(cov)
    found = [union]
    used, free = own > 0, each.ravel()
    if used.any():  # 0 where an estimate that varies has none
        found.append(float(own.sum() ** 2 / (own[used] ** 2 / free[used]).sum()) if (free[used] > 0).all() else 0.0)
    if not hasattr(design, "made"):
        found.append(design.contrast_df(num, den, inside, c[None, :]))
    return float(np.nanmin(found))


def _worst(design: Sampled, each: Numbers, df: float, *, share: bool, sure: bool) -> str:
    """The worst word among the estimates, few answers first; caution where the contrast itself has few degrees of freedom."""
    if ((each.n > 0) & (each.n < design.rules.min_n)).any():
        return SUPPRESSED
    if not sure:
        return NOT_ESTIMABLE
    own = words(each.estimate, np.sqrt(each.variance), each.n, each.df, rules=design.rules, share=share).ravel()
    order = (OK, CAUTION, SUPPRESSED, NOT_ESTIMABLE)
    return order[max(*(order.index(word) for word in own), int(df < design.rules.warn_df), 0)]


def two_sided(t: float, df: float) -> float:
    """P value of a t statistic; missing without degrees of freedom."""
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), df)) if df > 0 else np.nan
