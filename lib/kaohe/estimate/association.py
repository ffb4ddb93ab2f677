"""Whether two categories go together: Pearson's test with the correction of Rao and Scott."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.columns import levels_of
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Freedom
from kaohe.estimate.linear import ONE

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled


def no_test(name: str, got: str, remedy: str) -> InputRefused:
    """A test that these data do not allow."""
    return InputRefused(
        "K417", "A test cannot be made", where=f"variable {name}", got=got,
        expected="answers that vary in every domain, in units enough", remedy=remedy,
    )  # fmt: skip


def domain_names(domains: pd.DataFrame, chosen: npt.NDArray[np.bool_]) -> str:
    """The names of some domains, for messages."""
    return faults.few("·".join(str(v) for v in row) for row in domains[chosen].itertuples(index=False, name=None))


def f_tail(f: float, above: float, below: float) -> float:
    """Chance of an F statistic as large; with infinitely many degrees of freedom below it is chi-squared over those above."""
    from scipy import stats

    return float(stats.f.sf(f, above, below) if np.isfinite(below) else stats.chi2.sf(f * above, above))


def rao_scott(design: Sampled, name: str, codes: Ints, domains: pd.DataFrame, rule: Freedom = "units") -> pd.DataFrame:
    """Pearson's X² of a category by domain, second-order corrected, as an F statistic.

    Parameters
    ----------
    codes : int array
        Domain of each row, negative for none; records without an answer are left to no cell.
    domains : DataFrame
        One row a domain, for messages.
    rule : str or float
        A number stands for the units minus strata.

    Returns
    -------
    DataFrame
        variable, domains, kind, statistic (X² for the number of records), f, df_1, df_2, p_value.

    Raises
    ------
    InputRefused
        K417 for a domain without answers, one level only, or no degree of freedom.

    Notes
    -----
    Rao & Scott (1984); F = X²/tr(Δ) with tr(Δ)²/tr(Δ²) and d·tr(Δ)²/tr(Δ²) degrees of freedom, d
    the units minus strata, as R survey's svychisq(statistic = "F").
    """
    counted = (codes >= 0) & design.frame[name].notna().to_numpy() & (design.w > 0)
    level_codes = np.full(len(codes), -1, dtype=np.int64)
    level_codes[counted], levels = levels_of(design.frame[name][counted], "variables")
    rows, cols = len(domains), len(levels)
    lacking = np.bincount(codes[counted], minlength=rows) == 0
    if lacking.any():
        raise no_test(name, f"domains without answers: {domain_names(domains, lacking)}", "leave them out with where=")
    if cols < 2:
        raise no_test(name, f"one level: {faults.few(levels)}", "a category with two levels or more")
    inside = level_codes >= 0
    cell = np.where(inside, codes * cols + level_codes, -1)
    answers: Floats = np.where(
        inside[:, None], (cell[:, None] == np.arange(rows * cols)[None, :]).astype(float), np.nan
    )
    union = np.where(inside, 0, -1).astype(np.int64)
    numbers = design.numbers(answers, ONE, union, 1)
    if not numbers.df[0, 0] > 0:
        raise no_test(name, f"{numbers.df[0, 0]:g} degrees of freedom", "a domain with more units")
    p, n, df = numbers.estimate[0], float(numbers.n[0, 0]), float(numbers.df[0, 0]) if isinstance(rule, str) else rule
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
        "df_2": [df_1 * df], "p_value": [f_tail(f, df_1, df_1 * df)],
    })  # fmt: skip
