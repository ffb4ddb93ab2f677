"""Who is ahead of whom: the pairs of a class in the order of ranks, and which of them are told apart."""

from __future__ import annotations

import pandas as pd

from kaohe.plot.labels import records
from kaohe.plot.numbers import half_up, is_missing
from kaohe.plot.output import Context


def ranked_pairs(
    pair_probabilities: pd.DataFrame, composite: pd.DataFrame
) -> tuple[list[str], dict[tuple[str, str], float]]:
    """The targets that are compared, by rank, and the probability that the first of a pair is ahead.

    Parameters
    ----------
    pair_probabilities, composite : DataFrame
        Built tables of these names, rows of one class.

    Returns
    -------
    order : list of str
        Codes by rank, then by code; who is in no pair is left out.
    chances : dict of (object, other) to probability
        Both ways round.
    """
    chances = {
        (str(r["object"]), str(r["other"])): float(r["p_above"])
        for r in records(pair_probabilities)
        if not is_missing(r["p_above"])
    }
    rank = {str(r["object"]): float(r["rank"]) for r in records(composite) if not is_missing(r["rank"])}
    known = {code for pair in chances for code in pair}
    return sorted((c for c in rank if c in known), key=lambda c: (rank[c], c)), chances


def in_order(order: list[str], chances: dict[tuple[str, str], float]) -> list[tuple[str, str]]:
    """The pairs that have a probability, the one that ranks higher first."""
    return [(a, b) for i, a in enumerate(order) for b in order[i + 1 :] if (a, b) in chances]


def told_apart(p: float, ctx: Context) -> bool:
    """True when a probability, at the precision it is printed with, reaches the plan's level."""
    return float(half_up(p, 2)) >= float(ctx.plan.choices["uncertainty"]["level"])
