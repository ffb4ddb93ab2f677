"""A folder of processed data in which the examples of docstrings run: invented tables, a sample of 40 households."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.check import conform
from kaohe.base.files import write_parquet
from support.built_frames import make_built

CITY, COUNTIES = "440200000000", ("440203000000", "440204000000")
KINDS = ("已退出相对贫困户", "未退出相对贫困户", "一般农户")


def sample() -> pd.DataFrame:
    """Two counties of a city, two towns in each, two villages in each town, five households in each village."""
    rows = []
    for c, county in enumerate(COUNTIES):
        for t in range(2):
            town = f"{county[:6]}{100 + t}000"
            for v in range(2):
                for h in range(5):
                    k = len(rows)
                    rows.append({
                        "household": f"{county[:6]}H{k:04d}", "village": f"{town[:9]}20{v}", "town": town, "county": county, "city": CITY,
                        "stratum": county, "psu": town, "hh_kind": KINDS[h % 3], "register_hh_kind": KINDS[h % 3], "size_group": "3-4人",
                        "n_towns": 4.0, "m_towns": 2.0, "n_villages": 8.0, "m_villages": 2.0, "n_households": 30.0, "m_households": 5.0,
                        "f_county": 1.0, "f_town": 2.0, "f_village": 4.0, "f_household": 6.0, "w_design": 48.0, "nr_class": "全市",
                        "f_nonresponse": 1.25, "w_nonresponse": 60.0, "f_calibration": (0.9, 1.1)[c], "weight": (54.0, 66.0)[c],
                        "hh_size": float(2 + k % 4), "income_per_head": 6000.0 + 500 * k, "poor": float(k in (0, 5, 13)),
                        "house_safe": float(k not in (3, 16)), "guarantees": float(k % 6 > 0), "sat_work": float(k % 5 > 0),
                    })  # fmt: skip
    return pd.DataFrame(rows)


def calibration(households: pd.DataFrame) -> pd.DataFrame:
    """What the weights of the sample were raked to."""
    rows = []
    for margin, column in (("county", "county"), ("hh_kind", "register_hh_kind")):
        for level, part in households.groupby(column, sort=True):
            rows.append({
                "city": CITY, "margin": margin, "level": level, "level_name": level, "n": len(part), "target": part["weight"].sum(),
                "before": part["w_nonresponse"].sum(), "after": part["weight"].sum(), "g_min": 0.9, "g_max": 1.1, "iterations": 2,
            })  # fmt: skip
    return conform("calibration", pd.DataFrame(rows))


def write_small_build(folder: Path) -> Path:
    """Write built and clean tables below a folder, as `kaohe build` leaves them; the folder."""
    build, clean = folder / "build", folder / "clean"
    build.mkdir(parents=True)
    clean.mkdir()
    households = sample()
    tables = make_built(1) | {"calibration": calibration(households)}
    tables["weights"] = conform("weights", households[BUILT["weights"].names])
    for name, frame in tables.items():
        write_parquet(build / f"{name}.parquet", frame)
    write_parquet(build / "sample.parquet", households)
    villages = households.drop_duplicates("village")
    sizes = {"n_counties": 2.0, "m_counties": 2.0, "n_towns": 4.0, "m_towns": 2.0, "n_villages": 8.0, "m_villages": 2.0}
    listed = pd.DataFrame(
        {"village": villages["village"], "selection": "抽样", **sizes, "n_households": 30.0, "m_households": 5.0}
    )
    write_parquet(clean / "sample_villages.parquet", listed)
    write_parquet(
        clean / "villages.parquet", pd.DataFrame({"village": villages["village"], "v_households": np.arange(40.0, 48)})
    )
    paired = pd.DataFrame({"village": villages["village"], "helper_city": "440100000000"})
    write_parquet(clean / "pairing.parquet", paired)
    places = [(villages["town"].iloc[0], "示范镇"), (villages["village"].iloc[0], "示范村")]
    write_parquet(clean / "places.parquet", pd.DataFrame(places, columns=["place", "name"]))
    (build / "build.json").write_text(
        json.dumps({"origin": "demo", "time": "2020-12-28T02:05:00+00:00"}), encoding="utf-8"
    )
    return folder
