"""Tables that the workbench makes of clean and built ones: villages with their answers, register totals."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.estimate.derive import derive
from kaohe.estimate.samples import village_sample

REGISTER = {"hh_kind": "register_hh_kind"}  # a margin of the register → its column in the sample
Totals = dict[str, dict[str, dict[object, float]]]


def villages_asked(clean: Callable[[str], pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """One row a drawn village whose form came in: weights with their factors, answers, derived variables, helper_city."""
    tables = {n: clean(n) for n in ("sample_villages", "villages", "pairing")}
    forms = derive(tables["villages"], plan.questions, plan.poverty_line)
    paired = tables["pairing"].dropna(subset="helper_city")
    helper = dict(zip(paired["village"], paired["helper_city"], strict=True))
    return village_sample(tables["sample_villages"], forms.drop(columns=["city", "county"], errors="ignore"), helper)


def register_totals(calibration: pd.DataFrame) -> Totals:
    """Register totals by city, margin (as the sample names it) and level, from the built table ``calibration``."""
    out: Totals = {}
    for r in calibration.to_dict("records"):
        margin = REGISTER.get(str(r["margin"]), str(r["margin"]))
        out.setdefault(str(r["city"]), {}).setdefault(margin, {})[r["level"]] = float(r["target"])
    return out
