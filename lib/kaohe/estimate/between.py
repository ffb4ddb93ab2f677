"""Covariances between domains: estimates of two domains that share strata or calibrated weights are not independent.

Towns of one county serve villages of several helper cities, and calibration ties the weights of a
whole city together; what two domains share enters the variance of their difference.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.design.structure import Ints
from kaohe.estimate.indicators import Indicators
from kaohe.estimate.sampled import Sampled

COLUMNS = ["domain_type", "domain", "other", "a", "b", "cov"]


def between_domains(
    design: Sampled, scored: Indicators, codes: Ints, names: list[str], kind: str, estimates: pd.DataFrame
) -> pd.DataFrame:
    """Covariances of the scored questions between different domains of one type.

    Parameters
    ----------
    design : Design
    scored : Indicators
        The questions that carry weight in the survey score.
    codes : int array
        Domain of each row, negative for none.
    names : list of str
        Codes of the domains.
    kind : str
        Domain type, as city or helper.
    estimates : DataFrame
        domain_type, domain, indicator, se: an estimate without an error has no covariance.

    Returns
    -------
    DataFrame
        domain_type, domain, other (both orders), a (in domain), b (in other), cov; pairs of domains
        without any covariance are left out.

    Notes
    -----
    Linearised scores of each domain, 0 outside it (residuals where weights were calibrated), and
    their covariance over the whole design (Särndal, Swensson & Wretman 1992, sec. 5.4).
    """
    matrix = design.joint(scored.num, scored.den, codes, len(names))[1]
    known = estimates.loc[estimates["se"].notna() & (estimates["domain_type"] == kind), ["domain", "indicator"]]
    sure = set(known.itertuples(index=False, name=None))
    size, ids = len(scored.names), scored.names
    rows = []
    for d, domain in enumerate(names):
        for e, other in enumerate(names):
            block = matrix[d * size : (d + 1) * size, e * size : (e + 1) * size]
            if d == e or not (np.nan_to_num(block) != 0).any():
                continue
            rows += [
                (kind, domain, other, a, b, block[i, j])
                for i, a in enumerate(ids)
                for j, b in enumerate(ids)
                if (domain, a) in sure and (other, b) in sure
            ]
    return pd.DataFrame(rows, columns=COLUMNS)
