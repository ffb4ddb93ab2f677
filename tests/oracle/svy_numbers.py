"""Numbers of the Python package svy 0.35 on the generated sample, as JSON: python svy_numbers.py OUT.

Runs in an environment of its own with svy and polars (`make test-oracle`), never in the suite's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import svy

DATA = Path(__file__).parent.parent / "reference" / "survey_more" / "sample.csv"
KINDS = {"exited": 19000.0, "general": 27000.0, "poor": 13000.0}
CITIES = {"A": 26000.0, "B": 15000.0, "C": 18000.0}


def rows(estimate: Any) -> list[dict[str, Any]]:
    """The table of an estimate, one dict a row."""
    return estimate.to_polars().to_dicts()


def main() -> None:
    x = pl.read_csv(DATA, null_values="")
    one = svy.Sample(x, svy.Design(stratum="county", psu="town", wgt="w"))
    two = svy.Sample(
        x, svy.Design(stratum="county", psu="town", ssu="village", wgt="w", pop_size=svy.PopSize("N1", "N2"))
    )
    e, out = one.estimation, {}
    out["mean"], out["mean_by_kind"] = rows(e.mean("income")), rows(e.mean("income", by="kind"))
    out["mean_by_city"] = rows(e.mean("size", by="city"))
    out["total"], out["total_by_kind"] = rows(e.total("size")), rows(e.total("size", by="kind"))
    out["ratio"], out["ratio_by_city"] = rows(e.ratio("jobs", "labour")), rows(e.ratio("jobs", "labour", by="city"))
    for method in ("logit", "korn-graubard", "wilson"):
        out[f"share_{method}"] = rows(e.prop("safe", ci_method=method))
    out["median"] = rows(e.median("income"))
    out["two_stage_mean"], out["two_stage_total"] = (
        rows(two.estimation.mean("income")),
        rows(two.estimation.total("size")),
    )
    raked = svy.Sample(x, svy.Design(stratum="county", psu="town", wgt="w")).weighting.rake(
        controls={"kind": KINDS, "city": CITIES}, tol=1e-12, max_iter=1000
    )
    out["raked"] = raked.data["rk_wgt"].to_list()
    linear = svy.Sample(x, svy.Design(stratum="county", psu="town", wgt="w")).weighting.poststratify(
        KINDS, cells="kind"
    )
    out["post"] = linear.data["ps_wgt"].to_list()
    out["post_mean"] = rows(linear.estimation.mean("income"))
    trimmed = svy.Sample(x, svy.Design(stratum="county", psu="town", wgt="w")).weighting.trim(
        upper=400.0, max_iter=1000, tol=1e-12
    )
    out["trimmed"] = trimmed.data["trim_wgt"].to_list()
    jack = svy.Sample(x, svy.Design(stratum="county", psu="town", wgt="w")).weighting.create_jk_wgts()
    out["jackknife"] = rows(jack.estimation.mean("income", method="replication"))
    Path(sys.argv[1]).write_text(json.dumps(out), encoding="utf-8")


if __name__ == "__main__":
    main()
