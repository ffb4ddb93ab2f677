"""Agreement of graders beyond chance: kappa of two with its error, by item or team, and Fleiss' kappa of several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from kaohe.base.plan import Plan
from kaohe.clean.agreement import WEIGHTS, kappa_of
from kaohe.estimate.arguments import confidence
from kaohe.estimate.margins import ALL
from kaohe.grade.frames import refuse

UNNAMED = "未注明"


def kappa_error(table: np.ndarray, *, weights: str = "quadratic") -> float:
    """Standard error of the weighted kappa of a square table of counts.

    Parameters
    ----------
    table : array, grade × grade
        Counts, the first grader in rows.
    weights : {"quadratic", "linear", "none"}

    Returns
    -------
    float
        NaN without pairs or where chance agreement is complete.

    Notes
    -----
    Fleiss, Cohen & Everitt (1969), for large samples, not under the hypothesis of chance: with agreements
    v = 1 − d, n(1 − e)² V = Σ p [v − (v̄ᵢ. + v̄.ⱼ)(1 − κ)]² − [κ − e(1 − κ)]². Grades of one form are not
    independent of one another, so that the error is rather too small.

    Examples
    --------
    >>> round(kappa_error(np.array([[20, 5], [10, 15]])), 4)
    0.127
    """
    found = kappa_of(table, weights=weights)
    if not found.n or not found.expected > 0:
        return float("nan")
    k = len(table)
    steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    power = WEIGHTS[weights]
    v = 1 - ((steps > 0).astype(float) if power == 0 else (steps / (k - 1)) ** power)
    p = table / found.n
    row, col = p.sum(axis=1), p.sum(axis=0)
    chance, kappa = 1 - found.expected, found.kappa
    near = (v @ col)[:, None] + (row @ v)[None, :]
    spread = float((p * (v - near * (1 - kappa)) ** 2).sum()) - (kappa - chance * (1 - kappa)) ** 2
    return float(np.sqrt(max(spread, 0.0) / found.n)) / found.expected


def cross_table(pairs: pd.DataFrame, first: str, second: str, levels: Sequence[str]) -> pd.DataFrame:
    """Counts of pairs of grades, `first` in rows; all levels, in order.

    Parameters
    ----------
    pairs : DataFrame
        One row a thing that was graded twice.
    first, second, levels : str, str, sequence of str
        Columns of grades; all grades in order.

    Raises
    ------
    KaoheError
        K432 for a missing column or a grade that is not among `levels`.

    Examples
    --------
    >>> f = pd.DataFrame({"a": ["好", "好", "一般"], "b": ["好", "一般", "一般"]})
    >>> cross_table(f, "a", "b", ["好", "一般"]).to_numpy().tolist()
    [[1, 1], [0, 1]]
    """
    _check(pairs, (first, second), levels)
    both = pairs[pairs[first].isin(levels) & pairs[second].isin(levels)]
    counts = both.groupby([first, second]).size()
    table = [[int(counts.get((a, b), 0)) for b in levels] for a in levels]
    return pd.DataFrame(table, index=pd.Index(levels, name=first), columns=pd.Index(levels, name=second))


def _check(grades: pd.DataFrame, columns: Sequence[str], levels: Sequence[str]) -> None:
    """Refuse a missing column and a grade that is none of `levels`; an empty cell is not graded."""
    for column in columns:
        if column not in grades.columns:
            raise refuse("pairs", f"no column {column}", ", ".join(columns))
        unknown = sorted(set(grades[column].dropna().astype(str)) - set(levels) - {""})
        if unknown:
            raise refuse(f"pairs › {column}", unknown[0], ", ".join(levels))


def agreement_by(
    pairs: pd.DataFrame, first: str, second: str, plan: Plan, *, by: str | Sequence[str] = (), weights: str = "quadratic",
    level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Agreement of two gradings of the same things, for each level of some columns and for all.

    Parameters
    ----------
    pairs : DataFrame
        One row a thing graded twice: two columns of grades, and those of `by`. A row without one of the
        grades is left out and counted.
    first, second : str
        Columns of the grades, such as self_grade and index_grade.
    plan : Plan
        Its grades in order.
    by : str or list of str
        Such as item and name, or team. Rows without a level are a group of their own, marked 未注明.
    weights : {"quadratic", "linear", "none"}
        See `kaohe.clean.agreement.weighted_kappa`.
    level : float
        Confidence of the intervals.

    Returns
    -------
    DataFrame
        The columns of `by`, n (pairs), n_missing (rows without one of the grades), same (share with the same grade), higher and lower
        (shares where the first is the better or the worse grade), steps (mean difference, the first minus the
        second, in grades), weights and level (as given), kappa, se, ci_low, ci_high (within −1 and 1; empty
        without variety). Least kappa first; all together last, marked 合计.

    Raises
    ------
    KaoheError
        K432 for a missing column, an unknown grade or unknown weights, K412 for a level.

    Notes
    -----
    Cohen (1968); errors by Fleiss, Cohen & Everitt (1969). Kappa is low where nearly all grades are the
    same one, however often the graders agree (Feinstein & Cicchetti 1990): read it beside `same`.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> f = pd.DataFrame({"item": [1, 1, 2, 2], "a": ["好", "较好", "好", "好"], "b": ["好", "一般", "较好", "较好"]})
    >>> agreement_by(f, "a", "b", load_plan(), by="item")[["item", "n", "same", "higher", "steps"]].values.tolist()
    [[2, 2, 0.0, 1.0, 1.0], [1, 2, 0.5, 0.5, 0.5], ['合计', 4, 0.25, 0.75, 0.75]]
    """
    names = [by] if isinstance(by, str) else list(by)
    for column in names:
        if column not in pairs.columns:
            raise refuse("pairs", f"no column {column}", ", ".join(names))
    if weights not in WEIGHTS:
        raise refuse("weights", weights, ", ".join(WEIGHTS))
    level = confidence(level)
    named = pairs.assign(**{c: pairs[c].mask(pairs[c] == "") for c in names})
    groups = named.groupby(names, sort=True, dropna=False) if names else []
    rows = [
        {**dict(zip(names, key, strict=True)), **_agreement(part, first, second, plan.grades, weights, level)} for key, part in groups
    ]  # fmt: skip
    out = pd.DataFrame(rows)
    if len(out):
        out = out.sort_values(["kappa", "same", *names], na_position="first", ignore_index=True)
        out = out.astype(dict.fromkeys(names, object)).fillna(dict.fromkeys(names, UNNAMED))
    whole = pd.DataFrame(
        [{**dict.fromkeys(names, ALL), **_agreement(pairs, first, second, plan.grades, weights, level)}]
    )
    return pd.concat([out, whole], ignore_index=True) if len(out) else whole


def _agreement(
    part: pd.DataFrame, first: str, second: str, levels: Sequence[str], weights: str, level: float
) -> dict[str, float | int | str]:
    table = cross_table(part, first, second, levels).to_numpy()
    found, n = kappa_of(table, weights=weights), int(table.sum())
    gap = np.subtract.outer(np.arange(len(levels)), np.arange(len(levels)))  # rows below columns: the first is worse
    shares = table / n if n else np.full(table.shape, np.nan)
    se = kappa_error(table, weights=weights) if not np.isnan(found.kappa) else np.nan
    half = float(ndtri(0.5 + level / 2)) * se
    return {
        "n": n, "n_missing": len(part) - n, "same": found.same, "higher": float(shares[gap < 0].sum()),
        "lower": float(shares[gap > 0].sum()), "steps": float(-(shares * gap).sum()) + 0.0, "weights": weights, "level": level, "kappa": found.kappa, "se": se,
        "ci_low": max(found.kappa - half, -1.0), "ci_high": min(found.kappa + half, 1.0),
    }  # fmt: skip


def fleiss_kappa(counts: np.ndarray) -> float:
    """Agreement of several graders beyond chance, grades without order.

    Parameters
    ----------
    counts : array, thing × grade
        How many graders gave each grade; at least two graders, equally many for each thing.

    Returns
    -------
    float
        NaN where all gave one grade only.

    Raises
    ------
    KaoheError
        K432 for unequal numbers of graders.

    Notes
    -----
    Fleiss (1971): κ = (P̄ − P̄ₑ)/(1 − P̄ₑ).

    Examples
    --------
    >>> round(fleiss_kappa(np.array([[3, 0], [2, 1], [0, 3]])), 4)
    0.55
    """
    raters = counts.sum(axis=1)
    if not len(counts) or raters.min() < 2 or raters.max() != raters.min():
        raise refuse(
            "graders", f"{', '.join(str(int(r)) for r in np.unique(raters)[:4])} graders", "one number of 2 or more"
        )
    m = float(raters[0])
    agree = ((counts**2).sum(axis=1) - m) / (m * (m - 1))
    p = counts.sum(axis=0) / counts.sum()
    chance = float((p**2).sum())
    return float((agree.mean() - chance) / (1 - chance)) if chance < 1 else float("nan")


def several_graders(grades: pd.DataFrame, columns: Sequence[str], plan: Plan, *, level: float = 0.95) -> pd.DataFrame:
    """Kappa of all of some columns of grades (Fleiss 1971), and of each two of them (Cohen 1960).

    Parameters
    ----------
    grades : DataFrame
        One row a thing, one column a grader; only rows graded by all are used.
    columns : list of str
        Two or more.
    plan : Plan
        Its grades.
    level : float
        Confidence of the intervals.

    Returns
    -------
    DataFrame
        graders (names joined by ／), n (rows graded by all), n_missing (the other rows), same, kappa (not
        weighted), se (Cohen's only), ci_low, ci_high.

    Raises
    ------
    KaoheError
        K432 for fewer than two columns, a missing one, or an unknown grade; K412 for a level.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> f = pd.DataFrame({"a": ["好", "好", "一般"], "b": ["好", "较好", "一般"], "c": ["好", "好", "较差"]})
    >>> several_graders(f, ["a", "b", "c"], load_plan())[["graders", "n", "kappa"]].round(3).values.tolist()[0]
    ['a／b／c', 3, 0.28]
    """
    if len(columns) < 2:
        raise refuse("graders", f"columns {', '.join(columns) or '—'}", "two or more columns of grades")
    _check(grades, columns, plan.grades)
    level = confidence(level)
    both = grades[grades[list(columns)].isin(plan.grades).all(axis=1)]
    counts = np.column_stack([(both[list(columns)] == g).sum(axis=1) for g in plan.grades]).astype(float)
    same = float((counts.max(axis=1) == len(columns)).mean()) if len(both) else np.nan
    kappa = fleiss_kappa(counts) if len(both) else np.nan
    missing = len(grades) - len(both)
    none = dict.fromkeys(("se", "ci_low", "ci_high"), np.nan)
    rows = [{"graders": "／".join(columns), "n": len(both), "n_missing": missing, "same": same, "kappa": kappa, **none}]
    for a, b in combinations(columns, 2):
        own = _agreement(both, a, b, plan.grades, "none", level)
        shown = {k: own[k] for k in ("n", "same", "kappa", "se", "ci_low", "ci_high")}
        rows.append({"graders": f"{a}／{b}", **shown, "n_missing": missing})
    return pd.DataFrame(rows)
