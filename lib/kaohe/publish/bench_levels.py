"""Levels of the columns that make domains: in the order of the codebook, and 是 and 否 for 1 and 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kaohe.estimate.margins import ALL

YES_NO = {str(v): t for t, values in (("是", (1, 1.0, True)), ("否", (0, 0.0, False))) for v in values}


def in_order(frame: pd.DataFrame, by: Sequence[str], orders: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Rows with levels as the codebook lists them, of domains and of a category's shares; all others as they stand.

    Parameters
    ----------
    frame : DataFrame
        One row a domain and variable, domains outermost; a table without estimates stays as it is.
    by : list of str
    orders : mapping of column to its levels

    Examples
    --------
    >>> f = pd.DataFrame({"k": ["不满意", "满意", "合计"], "estimate": [1, 2, 3]})
    >>> in_order(f, ["k"], {"k": ("满意", "不满意")})["k"].tolist()
    ['满意', '不满意', '合计']
    >>> f = pd.DataFrame({"variable": ["sat=不满意", "sat=满意", "v"], "estimate": [1, 2, 3]})
    >>> in_order(f, [], {"sat": ("满意", "不满意")})["variable"].tolist()
    ['sat=满意', 'sat=不满意', 'v']
    """
    shares = frame["variable"].astype(str).str.partition("=") if "variable" in frame.columns else pd.DataFrame()
    listed = bool(len(shares)) and bool((shares[0].isin(list(orders)) & (shares[1] == "=")).any())
    if "estimate" not in frame.columns or not (listed or any(c in orders for c in by)):
        return frame
    ranks = [_rank(frame[c], orders.get(c, ())) for c in by]
    if listed:
        ranks.append(_rank(shares[0], ()))
        ranks.append(
            sum(_rank(shares[2], orders[q]).where(shares[0] == q, 0) for q in shares[0].unique() if q in orders)
        )
    whole = [sum((frame[c] == ALL).astype(int) for c in by)] if by else []
    keys = pd.concat([*whole, *ranks], axis=1)
    keys.columns, keys.index = range(keys.shape[1]), range(len(frame))
    return frame.iloc[keys.sort_values(list(keys.columns), kind="stable").index].reset_index(drop=True)


def _rank(column: pd.Series, listed: Sequence[str]) -> pd.Series:
    """Place of each cell among the levels listed, then as the others come."""
    known = {v: k for k, v in enumerate(listed)}
    rest = {v: len(known) + k for k, v in enumerate(v for v in column.unique() if v not in known)}
    return column.astype(object).map(known | rest).astype(int)
