"""Withheld estimates looked for where they must not be: values in built tables, numbers on pages and in exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.estimate.indicators import build_indicators
from kaohe.estimate.others import PROBS
from kaohe.estimate.quality import SUPPRESSED
from kaohe.plot import marks, numbers
from kaohe.publish.pieces import rows_of

VALUES = {
    "estimates": ("estimate", "se", "ci_low", "ci_high", "deff", "cv"), "key_survey": ("value",),
    "income": (*PROBS, "share_below", "share_low", "share_high"), "survey_items": ("estimate", "score", "contribution"),
}  # fmt: skip
COLUMNS = {"city": "city", "county": "county", "helper": "helper_city"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Withheld:
    """One withheld estimate and how its number would be written.

    Attributes
    ----------
    domain, name, indicator, label : str
    value : float
        Worked out anew from the sample; kept in memory only.
    texts : frozenset of str
    """

    domain: str
    name: str
    indicator: str
    label: str
    value: float
    texts: frozenset[str]


def values_in_tables(build: Path) -> Iterator[tuple[str, str]]:
    """Rows of built tables that are marked withheld and hold a value: (table and row, what)."""
    for table, columns in VALUES.items():
        path = build / f"{table}.parquet"
        if not path.is_file():
            continue
        frame = pd.read_parquet(path)
        if "quality" not in frame.columns:
            continue
        hidden = frame[frame["quality"] == SUPPRESSED]
        for column in columns:
            for row in hidden.index[hidden[column].notna()] if column in hidden.columns else ():
                yield f"build/{table}.parquet › column {column} row {int(row) + 1}", "a value of a withheld estimate"


def withheld_estimates(build: Path, plan: Plan) -> list[Withheld]:
    """The withheld household estimates with their values, worked out from the sample."""
    sample_path, estimates_path = build / "sample.parquet", build / "estimates.parquet"
    if not sample_path.is_file() or not estimates_path.is_file():
        return []
    estimates = pd.read_parquet(estimates_path)
    hidden = estimates[(estimates["quality"] == SUPPRESSED) & (estimates["unit"] == "household") & (estimates["n"] > 0)]
    sample = pd.read_parquet(sample_path)
    if not len(hidden) or not len(sample):
        return []
    found = build_indicators(sample, "household", plan)
    weight = sample["weight"].to_numpy(float)
    place = {name: k for k, name in enumerate(found.names)}
    out = []
    for row in hidden.to_dict("records"):
        k = place.get(str(row["indicator"]))
        column = COLUMNS.get(str(row["domain_type"]))
        if k is None or column is None:
            continue
        mine = (sample[column] == row["domain"]).to_numpy() & ~np.isnan(found.num[:, k]) & ~np.isnan(found.den[:, k])
        size = float((weight * found.den[:, k])[mine].sum())
        if size:
            value = float((weight * found.num[:, k])[mine].sum()) / size
            unit, share = str(row["measure_unit"]), bool(row["is_share"])
            texts = frozenset({numbers.measure(value, unit, share), marks.plain(value, unit, share)})
            out.append(
                Withheld(str(row["domain"]), str(row["name"]), str(row["indicator"]), str(row["label"]), value, texts)
            )
    return out


def on_pages(files: list[Path], hidden: list[Withheld], targets: dict[str, str]) -> Iterator[tuple[Path, str, str]]:
    """Table rows that hold a withheld number beside its label: (file, row, what).

    Parameters
    ----------
    files : list of Path
        Pages, workbooks and CSV files.
    hidden : list of Withheld
    targets : dict of file stem to target code
        Whose page it is: there the label alone names the estimate.
    """
    by_label: dict[str, list[Withheld]] = {}
    for one in hidden:
        by_label.setdefault(one.label, []).append(one)
        by_label.setdefault(one.indicator, []).append(one)
    for path in files:
        target = targets.get(path.stem, "")
        for number, cells in rows_of(path):
            held = set(cells)
            for cell in held & by_label.keys():
                for one in by_label[cell]:
                    if (target == one.domain or {one.domain, one.name} & held) and _says(cells, cell, one):
                        yield path, f"table row {number}", f"the withheld estimate {one.indicator} of {one.domain}"


def _says(cells: list[str], label: str, one: Withheld) -> bool:
    """True when the first number after the label is the withheld one, as shown or in full."""
    rest = [c for c in cells[cells.index(label) + 1 :] if c and (_NUMBER.search(c) or c == numbers.SUPPRESSED)]
    for cell in rest[:1] if one.domain not in cells else rest:
        if cell in one.texts:
            return True
        if _NUMBER.fullmatch(cell) and len(cell.strip("-0.")) > 4 and np.isclose(float(cell), one.value, rtol=1e-9):
            return True
    return False
