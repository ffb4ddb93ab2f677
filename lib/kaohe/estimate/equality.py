"""Tests that a variable is distributed alike in all domains: Wald's for means, Rao and Scott's for categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.columns import is_number
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Freedom, df_kind, domains_of
from kaohe.estimate.association import domain_names, f_tail, no_test, rao_scott
from kaohe.estimate.degrees import joint_freedom
from kaohe.estimate.linear import ONE, ROUNDING
from kaohe.estimate.margins import complete_levels, mark_of, subsets

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled


def equality_table(
    design: Sampled, variables: list[str], by: Any, where: Any, df: Freedom, margins: bool | str
) -> pd.DataFrame:
    """One test a variable, and with margins also over fewer columns of `by`; see `Design.test`."""
    rule, columns = df_kind(df), domains_of(by)
    if mark_of(design, columns, margins) is None:
        return pd.concat([_test(design, name, by, where, rule) for name in variables], ignore_index=True)
    inside, parts = complete_levels(design, columns, where), []
    for kept in subsets(columns):
        if kept != columns and (not kept or len(design.domains(kept, inside)[1]) < 2):
            continue
        table = pd.concat([_test(design, name, kept, inside, rule) for name in variables], ignore_index=True)
        table.insert(0, "by", ", ".join(kept))
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _test(design: Sampled, name: str, by: Any, where: Any, rule: Freedom) -> pd.DataFrame:
    """Wald test that a mean is the same in every domain, or Rao–Scott test for a category."""
    codes, domains = design.domains(by, where)
    k = len(domains)
    if k < 2:
        raise InputRefused("K409", "A test needs two domains", got=f"{k} in column {by}", expected="two or more")
    if name in design.frame.columns and not is_number(design.frame[name]):
        return rao_scott(design, name, codes, domains, rule)
    return _equal_means(design, name, codes, domains, rule)


def _equal_means(design: Sampled, name: str, codes: Ints, domains: pd.DataFrame, rule: Freedom) -> pd.DataFrame:
    """Wald test that a mean is the same in every domain."""
    k = len(domains)
    values = design.values([name], inside=codes >= 0)
    each = design.numbers(values, ONE, codes, k)
    for wrong, what in (
        (each.n == 0, "without answers"),
        (np.isnan(each.variance), "with one unit, so without a variance"),
    ):
        if wrong.any():
            raise no_test(name, f"domains {what}: {domain_names(domains, wrong[:, 0])}", "leave them out with where=")
    estimates, cov = design.joint(values, ONE, codes, k)
    matrix = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
    difference = matrix @ estimates.ravel()
    spread = matrix @ cov @ matrix.T
    size = np.sqrt(np.diag(spread))
    flat = size <= ROUNDING * np.abs(estimates).max()
    if flat.any() or np.linalg.matrix_rank(spread / np.outer(size, size), hermitian=True) < k - 1:
        raise no_test(name, "estimates without a variance of their own: the variable does not vary", "another variable")
    df = _freedom(design, values, codes, matrix, cov, each.df[:, 0], rule)
    rest = df - (k - 1) + 1
    if rest <= 0:
        raise no_test(name, f"{df:g} degrees of freedom for {k} domains", "fewer domains")
    chi = float(difference @ np.linalg.solve(spread, difference))
    f = chi / (k - 1) * (rest / df if np.isfinite(df) else 1.0)
    return pd.DataFrame({
        "variable": [name], "domains": [k], "kind": ["wald"], "statistic": [chi], "f": [f], "df_1": [float(k - 1)],
        "df_2": [rest], "p_value": [f_tail(f, k - 1, rest)],
    })  # fmt: skip


def _freedom(
    design: Sampled, values: Floats, codes: Ints, matrix: Floats, cov: Floats, each: Floats, rule: Freedom
) -> float:
    """Degrees of freedom of the differences together: as of one difference (`kaohe.estimate.contrast.contrast_freedom`)."""
    if not isinstance(rule, str):
        return rule
    union = float(design.numbers(values, ONE, np.where(codes >= 0, 0, -1), 1).df[0, 0])
    if rule == "units":
        return union
    own = np.einsum("d,id,jd->dij", np.diag(cov), matrix, matrix)
    found = [union, joint_freedom(own, each)]
    if not hasattr(design, "made"):
        found.append(design.contrast_df(values, ONE, [codes == d for d in range(len(each))], matrix))
    return float(np.nanmin(found))
