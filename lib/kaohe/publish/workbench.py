"""The survey of a build as a statistician opens it: households and villages with their designs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kaohe.base.files import read_parquet
from kaohe.base.plan import Plan, load_plan
from kaohe.design.explain import explain_weight
from kaohe.estimate.build import household_design, village_design, village_sample
from kaohe.estimate.derive import derive
from kaohe.estimate.survey import Design
from kaohe.publish.built import find_build
from kaohe.publish.report import ENV_PLAN


@dataclass(frozen=True)
class Workbench:
    """Tables and designs of one build; see `open_survey`.

    Attributes
    ----------
    folder : Path
        The folder of built tables.
    plan : Plan
    """

    folder: Path
    plan: Plan

    @cached_property
    def households(self) -> pd.DataFrame:
        """One row a responding household of the drawn sample: weights with their factors, answers, derived variables."""
        return read_parquet(self.folder / "sample.parquet")

    @cached_property
    def villages(self) -> pd.DataFrame:
        """One row a drawn village whose form came in: weights with their factors, answers, derived variables."""
        clean = self.folder.parent / "clean"
        tables = {n: read_parquet(clean / f"{n}.parquet") for n in ("sample_villages", "villages", "pairing")}
        forms = derive(tables["villages"], self.plan.questions, self.plan.poverty_line)
        paired = tables["pairing"].dropna(subset="helper_city")
        helper = dict(zip(paired["village"], paired["helper_city"], strict=True))
        return village_sample(
            tables["sample_villages"], forms.drop(columns=["city", "county"], errors="ignore"), helper
        )

    @cached_property
    def design(self) -> Design:
        """The household design: strata, units, sizes of all stages, calibration (see `household_design`)."""
        return household_design(self.households, self.plan)

    @cached_property
    def village_design(self) -> Design:
        """The village design: towns, then villages, with sizes."""
        return village_design(self.villages)

    def table(self, name: str) -> pd.DataFrame:
        """A built table by name, such as ``response`` or ``calibration``.

        Raises
        ------
        InputRefused
            K101 for a missing file, K102 for a damaged one.
        """
        return read_parquet(self.folder / f"{name}.parquet")

    def explain_weight(self, household: str) -> pd.DataFrame:
        """How a household came to its weight (see `kaohe.design.explain_weight`).

        Parameters
        ----------
        household : str
            Number of a sample household.

        Returns
        -------
        DataFrame
            One row a factor, in order.

        Raises
        ------
        InputRefused
            K331, as `kaohe.design.explain_weight`.
        """
        return explain_weight(self.table("weights"), household)


def open_survey(processed: str | Path = "", plan: str | Path = "") -> Workbench:
    """Open the survey of a build; ``kaohe.open`` is this function.

    Parameters
    ----------
    processed : str or Path
        Folder of processed data; empty: KAOHE_PROCESSED, or data/processed here or above.
    plan : str or Path
        Plan folder; empty: KAOHE_PLAN, or the plan of 2020.

    Returns
    -------
    Workbench
        ``.households``, ``.villages``, ``.design``, ``.village_design``, ``.plan``, ``.table(name)``.

    Raises
    ------
    InputRefused
        K804 without built tables; K140 and on for a plan that cannot be read.
    """
    folder = str(plan) or os.environ.get(ENV_PLAN, "")
    return Workbench(find_build(processed), load_plan(folder or None))
