"""Calibration what-ifs: other margins, distances, bounds or trimming, and what they do to weights and estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.adjust import calibrate_to, rake_to
from kaohe.design.calibrate import Calibration
from kaohe.design.diagnose import effective_size, kish_deff
from kaohe.design.structure import Floats
from kaohe.design.trim import trim
from kaohe.estimate.survey import Design

WEIGHT = "w_trial"
ROUNDS = 50
CLOSE = 1e-6
METHODS = ("raking", "linear", "logit")


@dataclass(frozen=True)
class Trial:
    """One way to calibrate.

    Attributes
    ----------
    margins : str or sequence of str
        Columns whose register counts are met, kept as a tuple; empty for no calibration.
    method : {"raking", "linear", "logit"}
    bounds : (low, high), optional
        Limits of g = weight after over weight before.
    cap : float, optional
        Weights above so many times the median of their part are cut, the excess shared out, and
        calibrated anew in the same way until both hold; refused (K319) where the weights then leave `bounds`.

    Raises
    ------
    InputRefused
        K335 for margins that are no names.

    Examples
    --------
    >>> kaohe.Trial(["county", "register_hh_kind"], bounds=(0.5, 2.0)).method
    'raking'
    """

    margins: str | Sequence[str]
    method: str = "raking"
    bounds: tuple[float, float] | None = None
    cap: float | None = None

    def __post_init__(self) -> None:
        named = (self.margins,) if isinstance(self.margins, str) else self.margins
        if not isinstance(named, Sequence | set | frozenset) or not all(isinstance(m, str) for m in named):
            raise _not_tried(
                "margins", repr(self.margins)[:60], "names of margins, such as ['county', 'register_hh_kind']"
            )
        object.__setattr__(self, "margins", tuple(named))


@dataclass(frozen=True)
class Trials:
    """What each trial did.

    Attributes
    ----------
    weights : DataFrame
        One row a trial: trial, n, sum_weights, cv, deff_kish, n_eff (Kish, all parts together), n_eff_parts
        (sum over the parts), g_min, g_max, at_bounds, capped, worst (largest relative distance to any known
        total, met or not), refused (empty, or the code of what stands against it), part (where it was met first), why (the
        message).
    estimates : DataFrame
        trial, then the columns of the estimate; only of trials that were not refused.
    frames : dict of str to DataFrame
        The records with the trial's weight in ``w_trial``.
    """

    weights: pd.DataFrame
    estimates: pd.DataFrame
    frames: dict[str, pd.DataFrame] = field(repr=False)


Totals = Mapping[str, Mapping[str, Mapping[object, float]]]
MakeDesign = Callable[[pd.DataFrame, str, Calibration | None], Design]


def try_calibrations(
    frame: pd.DataFrame, totals: Totals, trials: Mapping[str, Trial], *, weight: str, partition: str, design: MakeDesign,
    estimate: Callable[[Design], pd.DataFrame],
) -> Trials:  # fmt: skip
    """Calibrate in several ways, side by side.

    Parameters
    ----------
    frame : DataFrame
        One row a record, with `weight` (before calibration), `partition` and the margins' columns.
    totals : mapping of part to margin to level to count
    trials : mapping of name to Trial
        The first is what the others are seen against.
    weight, partition : str
        Columns of the weight before, and of the parts that are calibrated apart.
    design : callable
        Frame, weight column, calibration record → Design.
    estimate : callable
        Design → table of estimates, the same rows for each.

    Returns
    -------
    Trials
        A trial whose totals cannot be met, or not within its bounds or with its cap, is said in `refused` and `why`, and
        left out of the estimates.

    Raises
    ------
    InputRefused
        K335 for no trials, what is no `Trial`, an unknown margin or method, a cap that is no number.

    Notes
    -----
    Deville & Särndal (1992) for distances and bounds; Kish (1992) for n_eff = (Σw)²/Σw². Cutting the largest
    weights lowers the variance and adds a bias that no table here can show (Potter 1990).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 4, "c": "x", "k": list("aabb"), "y": [1.0, 2, 3, 4]})
    >>> made = try_calibrations(
    ...     f, {"x": {"k": {"a": 10, "b": 30}}}, {"none": Trial(()), "raked": Trial(("k",))}, weight="w", partition="c",
    ...     design=lambda frame, w, record: Design(frame, weight=w, calibration=record), estimate=lambda d: d.mean("y"))
    >>> made.weights[["trial", "n_eff", "g_min", "g_max", "worst"]].round(3).values.tolist()
    [['none', 4.0, 1.0, 1.0, 1.0], ['raked', 3.2, 0.5, 1.5, 0.0]]
    >>> made.estimates[["trial", "estimate"]].values.tolist()
    [['none', 2.5], ['raked', 3.0]]
    """
    known = sorted({m for part in totals.values() for m in part})
    _check(trials, known)
    if not callable(estimate):
        raise _not_tried(
            "estimate", type(estimate).__name__, "a function of a design, such as lambda d: d.mean('poor')"
        )
    rows, tables, frames = [], [], {}
    for name, trial in trials.items():
        w, capped, stop, part = _weights(frame, totals, trial, weight, partition)
        if stop is not None:
            rows.append({"trial": name, "n": len(frame), "refused": stop.code, "part": part, "why": _why(stop)})
            continue
        made = frame.assign(**{WEIGHT: w})
        record = (
            Calibration(weight, tuple(trial.margins), partition=partition, method=trial.method, bounds=trial.bounds)
            if trial.margins
            else None
        )
        tables.append(estimate(design(made, WEIGHT, record)).assign(trial=name))
        frames[name] = made
        rows.append(
            {
                "trial": name,
                **_diagnose(made, totals, trial, weight, partition, capped),
                "refused": "",
                "part": "",
                "why": "",
            }
        )
    columns = [
        "trial",
        "n",
        "sum_weights",
        "cv",
        "deff_kish",
        "n_eff",
        "n_eff_parts",
        "g_min",
        "g_max",
        "at_bounds",
        "capped",
        "worst",
        "refused",
        "part",
        "why",
    ]
    estimates = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"trial": []})
    return Trials(
        pd.DataFrame(rows).reindex(columns=columns),
        estimates[["trial", *[c for c in estimates if c != "trial"]]],
        frames,
    )


def _check(trials: Mapping[str, Trial], known: Sequence[str]) -> None:
    """Refuse what is no trial, and names that no trial can have."""
    if not isinstance(trials, Mapping) or not trials:
        raise _not_tried("", "no trial", f"a mapping of names to kaohe.Trial, of margins among {', '.join(known)}")
    for name, trial in trials.items():
        if not isinstance(trial, Trial):
            raise _not_tried(str(name), repr(trial)[:60], "a kaohe.Trial, such as kaohe.Trial('county')")
        if trial.method not in METHODS:
            raise _not_tried(str(name), f"method {trial.method!r}"[:60], f"one of {', '.join(METHODS)}")
        if trial.cap is not None and not isinstance(trial.cap, int | float | np.number):
            raise _not_tried(str(name), f"cap {trial.cap!r}"[:60], "a number of medians, such as 3")
    unknown = dict.fromkeys(m for t in trials.values() for m in t.margins if m not in known)
    if unknown:
        raise _not_tried("", ", ".join(unknown), f"margins among {', '.join(known)}")


def _not_tried(where: str, got: str, expected: str) -> InputRefused:
    return InputRefused("K335", "A calibration cannot be tried", where=where, got=got, expected=expected)


def _why(stop: InputRefused) -> str:
    """A refusal in one line: what is wrong, what was found, what would do."""
    parts = (stop.title, stop.got, f"expected {stop.expected}" if stop.expected else "")
    return "; ".join(p for p in parts if p)


def _weights(
    frame: pd.DataFrame, totals: Totals, trial: Trial, weight: str, partition: str
) -> tuple[Floats, int, InputRefused | None, str]:
    """The trial's weights, how many were cut, and a refusal with its part."""
    out = frame[weight].to_numpy(float, copy=True)
    capped = 0
    for part, rows in frame.groupby(partition, sort=True).indices.items() if trial.margins else ():
        own, wanted = frame.iloc[rows], {m: totals[str(part)][m] for m in trial.margins}
        try:
            w = _calibrated(own, wanted, trial, weight)
            if trial.cap is not None:
                w, cut = _capped(own, wanted, trial, weight, w, str(part))
                capped += cut
        except InputRefused as error:
            return out, 0, error, str(part)
        out[rows] = w
    return out, capped, None, ""


def _calibrated(own: pd.DataFrame, wanted: Mapping[str, Mapping[object, float]], trial: Trial, weight: str) -> Floats:
    if trial.method == "raking" and trial.bounds is None:
        made = rake_to(own, wanted, weight=weight, into="(trial)")
    else:
        made = calibrate_to(own, wanted, weight=weight, method=trial.method, bounds=trial.bounds, into="(trial)")
    return np.asarray(made.frame[made.weight].to_numpy(float, copy=True))


def _capped(
    own: pd.DataFrame, wanted: Mapping[str, Mapping[object, float]], trial: Trial, weight: str, w: Floats, part: str
) -> tuple[Floats, int]:
    """Weights cut and calibrated in turn until none is above the cap and all totals are met, within the trial's bounds."""
    upper = float(trial.cap or 0) * float(np.median(w))
    cut = int((w > upper * (1 + CLOSE)).sum())
    for _ in range(ROUNDS):
        if (w <= upper * (1 + CLOSE)).all():
            break
        w = _calibrated(own.assign(**{"(w)": trim(w, upper=upper).weights}), wanted, trial, "(w)")
    else:
        raise _apart(
            part, f"{int((w > upper).sum())} weights above the cap", "a cap within which the totals can be met"
        )
    low, high = trial.bounds or (-np.inf, np.inf)
    g = np.divide(w, own[weight].to_numpy(float), out=np.ones_like(w), where=own[weight].to_numpy(float) > 0)
    outside = int(((g < low * (1 - CLOSE)) | (g > high * (1 + CLOSE))).sum())
    if outside:
        raise _apart(
            part, f"{outside} weights outside {low:g} to {high:g} times those before", "wider bounds, or a higher cap"
        )
    return w, cut


def _apart(part: str, got: str, expected: str) -> InputRefused:
    return InputRefused("K319", "Trimming and calibration do not come together", where=part, got=got, expected=expected)


def _diagnose(
    made: pd.DataFrame, totals: Totals, trial: Trial, weight: str, partition: str, capped: int
) -> dict[str, Any]:
    w, g = made[WEIGHT].to_numpy(float), (made[WEIGHT] / made[weight]).to_numpy(float)
    low, high = trial.bounds or (-np.inf, np.inf)
    parts = [part[WEIGHT].to_numpy(float) for _, part in made.groupby(partition, sort=True)]
    return {
        "n": len(w), "sum_weights": w.sum(), "cv": w.std() / w.mean(), "deff_kish": kish_deff(w), "n_eff": effective_size(w),
        "n_eff_parts": sum(effective_size(p) for p in parts), "g_min": g.min(), "g_max": g.max(),
        "at_bounds": int(((g <= low * (1 + CLOSE)) | (g >= high * (1 - CLOSE))).sum()), "capped": capped,
        "worst": _worst(made, totals, partition),
    }  # fmt: skip


def _worst(made: pd.DataFrame, totals: Totals, partition: str) -> float:
    """Largest relative distance of a weighted count from a known total."""
    found = [0.0]
    margins: Sequence[str] = sorted({m for part in totals.values() for m in part})
    for margin in margins:
        reached = made.groupby([partition, margin])[WEIGHT].sum()
        for part, own in totals.items():
            for level, target in own.get(margin, {}).items():
                if target > 0:
                    found.append(abs(float(reached.get((part, level), 0.0)) / target - 1))
    return max(found)
