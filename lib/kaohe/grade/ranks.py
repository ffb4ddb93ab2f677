"""Competition ranks with ties, and bands where a ladder would claim more than the scores can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kaohe.base.errors import KaoheError
from kaohe.grade.frames import score_series

TOLERANCE = 1e-9


def rank_array(scores: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """Competition ranks along the last axis.

    Parameters
    ----------
    scores : array
        One score a target, best highest; NaN where there is none. Leading axes are scenarios.
    tolerance : float
        Scores that differ by no more than this are equal.

    Returns
    -------
    array of float
        1 + number of scores that are greater by more than `tolerance`; NaN where there is no score.
    """
    scores = np.asarray(scores, dtype="float64")
    if scores.size == 0:
        return scores.copy()
    flat = scores.reshape(-1, scores.shape[-1])
    out = np.full(flat.shape, np.nan)
    for row, line in enumerate(flat):
        known = ~np.isnan(line)
        ordered = np.sort(line[known])
        out[row, known] = 1 + len(ordered) - np.searchsorted(ordered, line[known] + tolerance, side="right")
    return out.reshape(scores.shape)


def ranks(
    scores: pd.Series | pd.DataFrame | Mapping[str, float] | Sequence[float] | np.ndarray, tolerance: float = TOLERANCE
) -> pd.DataFrame:
    """Ranks of targets.

    Parameters
    ----------
    scores : Series or DataFrame
        Score by target (a dict, list or array will do), best highest; NaN for a target that is not ranked. Of a frame the column
        `composite` is ranked, within each `class_id` where it has that column.
    tolerance : float
        Scores within it are tied.

    Returns
    -------
    DataFrame
        Same index: rank (1 + number of scores greater by more than `tolerance`, NaN without a
        score), tied (shares its rank) and n_ranked.

    Raises
    ------
    KaoheError
        K432 for scores that are no numbers, or a frame without the column `composite`.

    Notes
    -----
    Standard competition ranking (1, 1, 3).

    Examples
    --------
    >>> ranks(pd.Series({"a": 90.0, "b": 80.0, "c": 90.0}))["rank"].tolist()
    [1.0, 3.0, 1.0]
    >>> ranks(pd.DataFrame({"composite": [90.0, 80.0, 95.0], "class_id": ["x", "x", "y"]}))["rank"].tolist()
    [1.0, 2.0, 1.0]
    """
    if isinstance(scores, pd.DataFrame):
        if "composite" not in scores.columns:
            raise KaoheError(
                "K432", "A frame given to the grading cannot be used", where="scores",
                got=f"columns {', '.join(map(str, scores.columns))}", expected="composite, and class_id for several classes",
            )  # fmt: skip
        of = scores["class_id"] if "class_id" in scores.columns else pd.Series("", index=scores.index)
        own = scores["composite"].reset_index(drop=True)
        parts = [ranks(part, tolerance) for _, part in own.groupby(of.to_numpy(), dropna=False)]
        return pd.concat([ranks(own.head(0)), *parts]).sort_index().set_axis(scores.index)
    scores = score_series(scores)
    values = scores.to_numpy(dtype="float64")
    rank = rank_array(values, tolerance)
    tied = np.array([bool((rank == r).sum() > 1) for r in rank], dtype=bool)
    n = int((~np.isnan(rank)).sum())
    return pd.DataFrame({"rank": rank, "tied": tied, "n_ranked": n}, index=scores.index)


def lower_grade(grade: str, cap: str, order: list[str]) -> str:
    """The lower of a grade and a cap, by `order` from the best down; "" has no say."""
    if not grade or not cap:
        return grade
    return max(grade, cap, key=order.index)


def bands(scores: pd.Series, width: float, tolerance: float = TOLERANCE) -> pd.Series:
    """Bands of scores that lie within `width` of the best one of their band.

    Parameters
    ----------
    scores : Series
        Score by target; NaN for a target that is not ranked.
    width : float
        For units: what one step on one item is worth in the composite, the smallest difference
        that the grades can express.

    Returns
    -------
    Series
        第1档, 第2档, … from the top; "" without a score. Targets in one band are not told apart.
    """
    out = pd.Series("", index=scores.index, dtype="object")
    known = scores.dropna().sort_values(ascending=False, kind="stable")
    band, top = 0, np.inf
    for code, score in known.items():
        if band == 0 or score < top - width - tolerance:
            band, top = band + 1, float(score)
        out[code] = f"第{band}档"
    return out
