"""Whether two categories go together: Pearson's test with the correction of Rao and Scott."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kaohe.design.structure import Floats, Ints
from kaohe.estimate.linear import ONE

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled


def rao_scott(design: Sampled, name: str, codes: Ints, n_domains: int) -> pd.DataFrame:
    """Pearson's X² of a category by domain, second-order corrected, as an F statistic.

    Parameters
    ----------
    codes : int array
        Domain of each row, negative for none; records without an answer are left to no cell.

    Returns
    -------
    DataFrame
        variable, domains, kind, statistic (X² for the number of records), f, df_1, df_2, p_value.

    Notes
    -----
    Rao & Scott (1984); F = X²/tr(Δ) with tr(Δ)²/tr(Δ²) and d·tr(Δ)²/tr(Δ²) degrees of freedom, d
    the units minus strata, as R survey's svychisq(statistic = "F").
    """
    from scipy import stats

    level_codes, levels = pd.factorize(design.frame[name], sort=True)
    rows, cols = n_domains, len(levels)
    inside = (codes >= 0) & (level_codes >= 0)
    cell = np.where(inside, codes * cols + level_codes, -1)
    answers: Floats = np.where(
        inside[:, None], (cell[:, None] == np.arange(rows * cols)[None, :]).astype(float), np.nan
    )
    union = np.where(inside, 0, -1).astype(np.int64)
    numbers = design.numbers(answers, ONE, union, 1)
    p, n, df = numbers.estimate[0], float(numbers.n[0, 0]), float(numbers.df[0, 0])
    v = design.covariance_of(answers, ONE, inside)
    table = p.reshape(rows, cols)
    expected = table.sum(axis=1, keepdims=True) @ table.sum(axis=0, keepdims=True)
    chi = n * float(((table - expected) ** 2 / expected).sum())
    row, col = np.divmod(np.arange(rows * cols), cols)
    main = np.column_stack([np.ones(len(p)), *[row == r for r in range(1, rows)], *[col == c for c in range(1, cols)]])
    both = np.column_stack([(row == r) & (col == c) for r in range(1, rows) for c in range(1, cols)]).astype(float)
    rest = both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
    inverse = np.diag(np.divide(1, p, out=np.zeros_like(p), where=p > 0))
    delta = np.linalg.solve(rest.T @ (inverse / n) @ rest, rest.T @ inverse @ v @ inverse @ rest)
    trace = float(np.trace(delta))
    df_1 = trace**2 / float(np.trace(delta @ delta))
    f = chi / trace
    return pd.DataFrame({
        "variable": [name], "domains": [rows], "kind": ["rao_scott"], "statistic": [chi], "f": [f], "df_1": [df_1],
        "df_2": [df_1 * df], "p_value": [float(stats.f.sf(f, df_1, df_1 * df)) if df > 0 else np.nan],
    })  # fmt: skip
