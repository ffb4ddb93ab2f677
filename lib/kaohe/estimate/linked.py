"""One suppressed table for everything: estimates of counties, cities, helper cities and the province together.

Domains add up: the counties of a city, the cities of the province, the villages that a helper city
is paired with. With the weights known, a mean times its weight is a sum, so a withheld county can
be had from its city and its neighbours. `protect_estimates` withholds what else is needed, once, for
the whole build; `check_protected` attacks the published table as a stranger would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.errors import DisclosureError
from kaohe.design.structure import Floats
from kaohe.estimate.indicators import Indicators
from kaohe.estimate.protect import Flags, Sums, exposed, protect
from kaohe.estimate.totals import sums

LEVEL = {"county": 0, "city": 1, "helper": 1, "province": 2}
INHERENT = 0.5  # of the interval that the totals of the level above leave open, this much must remain


@dataclass(frozen=True)
class Parts:
    """The smallest pieces of all domains of one unit: villages of one county paired with one helper city.

    Attributes
    ----------
    unit : str
    atoms : DataFrame
        city, county, helper_city; one row an atom.
    indicators : list of str
    top, size : float array, atom × indicator
        Weighted numerators and denominators of those who answered.
    share : bool array, indicator
        No part can be more than its whole.
    negative : bool array, indicator
        Values below 0 occur.
    """

    unit: str
    atoms: pd.DataFrame
    indicators: list[str]
    top: Floats
    size: Floats
    share: Flags
    negative: Flags


def parts_of(unit: str, frame: pd.DataFrame, weight: Floats, found: Indicators) -> Parts:
    """The pieces of a sample's domains.

    Parameters
    ----------
    unit : {"household", "village"}
    frame : DataFrame
        city, county, helper_city of each record.
    weight : float array
    found : Indicators
        Of the same records.
    """
    keys = frame[["city", "county", "helper_city"]].astype(str)
    grouped = keys.groupby(list(keys.columns), sort=True)
    codes = grouped.ngroup().to_numpy(dtype=np.int64)
    atoms = keys.drop_duplicates().sort_values(list(keys.columns), ignore_index=True)
    known = ~(np.isnan(found.num) | np.isnan(found.den)) & (weight > 0)[:, None]
    num, den = np.where(known, found.num, 0.0), np.where(known, found.den, 0.0)
    share = np.array([q.is_share for q in found.questions], dtype=bool)
    return Parts(
        unit, atoms, found.names, sums(codes, len(atoms), num * weight[:, None]),
        sums(codes, len(atoms), den * weight[:, None]),
        np.asarray(share & (num >= 0).all(axis=0) & (num <= den).all(axis=0), dtype=np.bool_),
        np.asarray((num < 0).any(axis=0), dtype=np.bool_),
    )  # fmt: skip


@dataclass
class Linked:
    """The sums of each question that has something withheld, made once and used by protection and check.

    Attributes
    ----------
    frame : DataFrame
        unit, domain_type, domain, indicator, estimate (unsuppressed), n, private (bool: withheld
        for the respondents' sake), rough (bool: withheld for its error).
    parts : list of Parts
    disclosure : mapping
        protection (households), protection_amount (share of the value).
    """

    frame: pd.DataFrame
    parts: list[Parts]
    disclosure: Mapping[str, Any]
    made: dict[tuple[str, str], tuple[pd.DataFrame, Sums]] = field(default_factory=dict)

    def systems(self, wanted: pd.Series) -> Iterator[tuple[pd.DataFrame, Sums]]:
        """Rows and sums of each question with a wanted row; rows without answers are left out."""
        for part in self.parts:
            own = self.frame[(self.frame["unit"] == part.unit) & (self.frame["n"] > 0)]
            concerned = set(own.loc[wanted[own.index], "indicator"])
            for k, indicator in enumerate(part.indicators):
                if indicator not in concerned:
                    continue
                key = (part.unit, indicator)
                if key not in self.made:
                    rows = own[own["indicator"] == indicator]
                    self.made[key] = rows, _sums(rows, part, k, self.disclosure)
                yield self.made[key]


def protect_estimates(linked: Linked, questions: Mapping[str, Question]) -> pd.Series:
    """Estimates to withhold beside those withheld for their own sake.

    Parameters
    ----------
    linked : Linked
    questions : mapping
        The codebook, for sums and quotients of questions.

    Returns
    -------
    Series of bool
    """
    frame = linked.frame
    extra = pd.Series(False, index=frame.index)
    families = families_of(questions)
    while True:
        before = int(extra.sum())
        for rows, sums_of in linked.systems(frame["private"] | extra):
            primary = (rows["private"] | extra[rows.index] | rows["rough"]).to_numpy()
            extra[rows.index] |= protect(sums_of, primary) & ~primary
        _relatives(frame, extra, families)
        if int(extra.sum()) == before:
            return extra


def check_protected(published: pd.DataFrame, linked: Linked) -> None:
    """Attack the table that is about to be written; nothing withheld may be found.

    Parameters
    ----------
    published : DataFrame
        The rows of ``linked.frame`` with the withheld estimates missing.
    linked : Linked

    Raises
    ------
    DisclosureError
        K370 naming the first estimate that is shown or follows from others.
    """
    private = linked.frame["private"] & (linked.frame["n"] > 0)
    gone = published["estimate"].isna()
    bad = published[private & ~gone]
    for rows, sums_of in linked.systems(private):
        hidden = gone[rows.index].to_numpy()
        bare = exposed(sums_of, hidden)
        bad = pd.concat([bad, rows[bare]])
    if len(bad):
        first = bad.iloc[0]
        raise DisclosureError(
            "K370", "A withheld estimate can be worked out from what is shown",
            where=f"estimates › {first['indicator']} of {first['domain']}", got=f"{len(bad)} such estimates",
            expected="no interval of a withheld value narrower than disclosure.toml asks",
            remedy="nothing was written; raise min_households or report it",
        )  # fmt: skip


def _sums(rows: pd.DataFrame, part: Parts, k: int, disclosure: Mapping[str, Any]) -> Sums:
    atoms = part.atoms
    columns = {"city": "city", "county": "county", "helper": "helper_city"}
    member = np.array([
        np.ones(len(atoms), dtype=bool) if kind == "province" else (atoms[columns[kind]] == domain).to_numpy()
        for kind, domain in zip(rows["domain_type"], rows["domain"], strict=True)
    ])  # fmt: skip
    top, size = part.top[:, k], part.size[:, k]
    n = rows["n"].to_numpy(float)
    value, whole = member @ top, member @ size
    if part.share[k]:
        need = whole * np.minimum(float(disclosure["protection"]), n) / n
    else:
        level = np.abs(value) / np.where(whole > 0, whole, np.inf)
        need = float(disclosure["protection_amount"]) * np.maximum(level, np.abs(top.sum()) / max(size.sum(), 1e-300))
        need = need * whole
    private = rows["private"].to_numpy()
    levels = rows["domain_type"].map(LEVEL).to_numpy(dtype=np.int64)
    return Sums(
        member, top, np.full(len(atoms), -np.inf if part.negative[k] else 0.0),
        size if part.share[k] else np.full(len(atoms), np.inf),
        n + 1e6 * levels, np.where(private, need, 0.0), levels, INHERENT,
    )  # fmt: skip


def families_of(questions: Mapping[str, Question]) -> list[tuple[str, ...]]:
    """Questions of which one follows from the others in any domain: sums, and quotients of two means."""
    estimated = {q.id for q in questions.values() if q.stat != "none"}
    found: list[tuple[str, ...]] = []
    for q in questions.values():
        if not q.derive:
            continue
        function, arguments = q.formula()
        if function == "sum":
            found.append((q.id, *arguments))
        elif function == "copy" and q.stat == "ratio":
            found.append((q.id, arguments[0], q.denominator))
        elif function == "divide" and q.persons == arguments[1]:
            found.append((q.id, *arguments))
    return [f for f in found if estimated >= set(f)]


def _relatives(frame: pd.DataFrame, extra: pd.Series, families: list[tuple[str, ...]]) -> None:
    """Where one member of a family is withheld for the respondents' sake, withhold a second."""
    answered = frame["n"] > 0
    hidden = frame["private"] | extra
    for family in families:
        mine = frame[frame["indicator"].isin(family) & answered]
        for _, rows in mine.groupby(["unit", "domain_type", "domain"], sort=True):
            gone = hidden[rows.index]
            if int(gone.sum()) == 1 and not rows["rough"].any():
                extra[rows.loc[~gone, "estimate"].abs().idxmin()] = True
