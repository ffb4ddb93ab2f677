"""Selection of a fixed number of units with given unequal chances and the largest entropy.

Conditional Poisson sampling: of all designs of fixed size with these chances of inclusion the one
that is most random. Every pair has a positive joint probability, known exactly.
Sources: Hájek (1964); Chen, Dempster & Liu (1994); Tillé (2006), section 5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kaohe.design.draw import faults

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_TOLERANCE = 1e-13
_ROUNDS = 5000
_DIGITS = 1e3


def chances_of(odds: Floats, n: int) -> Floats:
    """Chances of inclusion when n units are drawn with working odds (Tillé 2006, chapter 5)."""
    psi, lost = np.zeros(len(odds)), np.ones(len(odds))
    for k in range(1, n + 1):
        part, left = odds * (1 - psi), 1 - psi
        psi = k * part / part.sum()
        lost = 1 + lost * psi / np.maximum(left, 1e-300)  # how often a rounding error of 1 − ψ is multiplied
    if lost.max(initial=0.0) < _DIGITS and np.all(psi <= 1):
        return psi
    # chances near 1 make 1 − ψ lose its digits round by round: then from sums of positive terms
    before, behind = _log_sums(odds[::-1], n)[::-1], _log_sums(odds, n)
    without = np.logaddexp.reduce(before[:-1, :n] + behind[1:, n - 1 :: -1], axis=1)
    return np.asarray(np.exp(np.log(odds) + without - behind[0, n]))


def working_odds(p: Floats) -> Floats:
    """Odds of independent draws which, given that n units were drawn, have chances `p`.

    Parameters
    ----------
    p : float array
        Chances above 0 and below 1 with a whole sum n.

    Raises
    ------
    InputRefused
        K922 when they are not, or cannot be met.
    """
    n = round(float(p.sum()))
    if np.any((p <= 0) | (p >= 1)) or abs(float(p.sum()) - n) > 1e-9 * max(1, n):
        raise faults.bad_choice(
            "inclusion probabilities", np.round(p, 4).tolist(), "above 0, below 1, with a whole sum"
        )
    odds, step, before = p / (1 - p), 1.0, np.inf
    for _ in range(_ROUNDS):
        psi = chances_of(odds, n)
        gap = float(np.max(np.abs(psi - p)))
        if gap < _TOLERANCE:
            break
        # where two units hold most of a place, a whole step goes as far beyond as it was short: then half of it
        step, before = 0.5 if gap > before / 2 else step, gap
        odds = odds * ((p / (1 - p)) / (psi / (1 - psi))) ** step
        odds = odds / np.exp(np.mean(np.log(odds)))
    if not np.max(np.abs(chances_of(odds, n) - p)) <= 1e-9:
        raise faults.bad_choice("inclusion probabilities", np.round(p, 6).tolist(), "chances that are not extreme")
    return np.asarray(odds, dtype=float)


def _log_sums(odds: Floats, n: int) -> Floats:
    """Log e_k of the odds from position i on: array (N + 1) × (n + 1), −inf where there are fewer than k."""
    out = np.full((len(odds) + 1, n + 1), -np.inf)
    out[:, 0] = 0.0
    for i in range(len(odds) - 1, -1, -1):
        out[i, 1:] = np.logaddexp(out[i + 1, 1:], np.log(odds[i]) + out[i + 1, :-1])
    return out


def max_entropy(p: Floats, uniforms: Floats) -> Bools:
    """Draw with chances `p`: units one after another, each given how many are still to be drawn.

    Parameters
    ----------
    p : float array of N
        Chances of inclusion with a whole sum; units with 1 are taken.
    uniforms : float array, N or B × N
        Uniform from 0 to 1; B rows draw B samples at once. Unit i of those below 1 is drawn when
        the uniform in its place is below w_i e(k − 1; i + 1 …) / e(k; i …): w the working odds, k
        the number still to be drawn, e(k; i …) the sum over all sets of k of the units from i on
        of the products of their odds.

    Returns
    -------
    bool array, N or B × N

    Notes
    -----
    The sequential draw: Chen, Dempster & Liu (1994); Chen & Liu (1997); Tillé (2006), chapter 5.
    """
    u = np.atleast_2d(uniforms)
    out = np.broadcast_to(p >= 1, u.shape).copy()
    open_ = np.flatnonzero((p > 0) & (p < 1))
    if len(open_):
        odds = working_odds(p[open_])
        n = round(float(p[open_].sum()))
        logs = _log_sums(odds, n)
        left = np.full(len(u), n)
        for i, unit in enumerate(open_):
            chance = np.zeros(n + 1)
            with np.errstate(invalid="ignore"):
                chance[1:] = np.exp(np.log(odds[i]) + logs[i + 1, :-1] - logs[i, 1:])
            hit = (u[:, unit] < np.nan_to_num(chance)[left]) & (left > 0)
            out[:, unit] = hit
            left = left - hit
    return np.asarray(out if uniforms.ndim == 2 else out[0], dtype=np.bool_)


def joint_probabilities(p: Floats) -> Floats:
    """Chances that two units are drawn together, exactly; `p` are their own chances, as `max_entropy` takes them, and the diagonal.

    Notes
    -----
    p_ij = p_i · P(j drawn | i drawn); given i, the rest is a draw of n − 1 with the same odds.
    Chen, Dempster & Liu (1994); Tillé (2006), chapter 5.

    Examples
    --------
    >>> joint_probabilities(np.array([0.5, 0.75, 0.75])).round(6).tolist()
    [[0.5, 0.25, 0.25], [0.25, 0.75, 0.5], [0.25, 0.5, 0.75]]
    """
    out = np.outer(p, p)
    open_ = np.flatnonzero((p > 0) & (p < 1))
    if len(open_):
        odds, n = working_odds(p[open_]), round(float(p[open_].sum()))
        for i, unit in enumerate(open_):
            others = np.delete(np.arange(len(open_)), i)
            out[unit, open_[others]] = p[unit] * chances_of(odds[others], n - 1)
        out[np.ix_(open_, open_)] = (out[np.ix_(open_, open_)] + out[np.ix_(open_, open_)].T) / 2
    np.fill_diagonal(out, p)
    return np.asarray(out, dtype=float)
