"""The survey of a build as a statistician opens it: households and villages with their designs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.files import read_parquet
from kaohe.base.places import PROVINCE, level_of, parent_code
from kaohe.base.plan import Plan, load_plan
from kaohe.design.calibrate import Calibration
from kaohe.design.explain import explain_weight
from kaohe.estimate.arguments import Columns
from kaohe.estimate.domains import Where
from kaohe.estimate.questions import question_against_rest, question_estimates
from kaohe.estimate.samples import household_design, village_design
from kaohe.estimate.survey import Design
from kaohe.estimate.trials import Trial, Trials, try_calibrations
from kaohe.grade.graders import gradings
from kaohe.plot.context import Context
from kaohe.plot.estimate_cells import about
from kaohe.plot.estimate_table import EstimateTable
from kaohe.publish import codebook
from kaohe.publish.asked_quality import Withheld, rest_hidden, with_quality, withheld_of
from kaohe.publish.bench import BenchDesign
from kaohe.publish.bench_tables import Totals, register_totals, villages_asked
from kaohe.publish.built import ENV_PLAN, build_info, find_build, named_table


@dataclass(frozen=True, repr=False)
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

    @classmethod
    def of(cls, households: pd.DataFrame, plan: Plan, design: BenchDesign) -> Workbench:
        """A workbench over a frame and a design of one's own, without a folder; tables of a build are refused.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "city": ["440200000000"] * 4, "house_safe": [1.0, 1, 1, 0]})
        >>> s = Workbench.of(f, load_plan(), BenchDesign(f, weight="w"))
        >>> s.question("house_safe", by="city")[["city", "estimate"]].values.tolist()
        [['440200000000', 0.75]]
        """
        made = cls(Path(os.devnull), plan)
        made.__dict__["households"] = households
        made.__dict__["places"] = {}
        made.__dict__["source"] = ""
        made.__dict__["design"] = design.named(made.name, **codebook.told(plan, "household", ""))
        return made

    def __repr__(self) -> str:
        return (
            f"<Workbench: {self.plan.meta['year']}, {self.folder}. questions(), question(id, by=), households, villages, "
            "design, village_design, plan, what_if(), gradings(), table(name), clean(name), explain_weight(household)>"
        )

    @cached_property
    def households(self) -> pd.DataFrame:
        """One row a responding household of the drawn sample: weights with their factors, answers, derived variables."""
        return read_parquet(self.folder / "sample.parquet")

    @cached_property
    def villages(self) -> pd.DataFrame:
        """One row a drawn village whose form came in: weights with their factors, answers, derived variables."""
        return villages_asked(self.clean, self.plan)

    @cached_property
    def design(self) -> BenchDesign:
        """The household design: strata, units, sizes of all stages, calibration (see `household_design`).

        Its estimates are DataFrames that show official names and draw themselves:
        ``s.design.mean("income_per_head", by="county").chart()``.
        """
        return self._dressed(household_design(self.households, self.plan), "household")

    @cached_property
    def village_design(self) -> BenchDesign:
        """The village design: towns, then villages, with sizes."""
        return self._dressed(village_design(self.villages), "village")

    def _dressed(self, design: Design, table: str) -> BenchDesign:
        """The design with the codebook's words and the plan's floor of answers."""
        made = BenchDesign.of(design).named(self.name, **codebook.told(self.plan, table, self.source))
        floor = self.plan.disclosure["min_households" if table == "household" else "min_villages"]
        made.rules = replace(made.rules, min_n=int(floor))
        return made

    @cached_property
    def withheld(self) -> Withheld:
        """What this build withholds: (kind of domain, domain, question)."""
        return withheld_of(self.folder)

    @cached_property
    def places(self) -> dict[str, str]:
        """Names of towns and villages by code, from the register of places."""
        path = self.folder.parent / "clean" / "places.parquet"
        if not path.is_file():
            return {}
        frame = read_parquet(path)
        return dict(zip(frame["place"].astype(str), frame["name"].astype(str), strict=True))

    def name(self, code: str) -> str:
        """Name of a place by its code, towns and villages with those above them; the code itself where there is none."""
        own = self.places.get(code)
        if own is None or not code.isdigit() or level_of(code) not in {"town", "village"}:
            return own or self.plan.gazetteer.name(code)
        return f"{self.name(parent_code(code, 'county' if level_of(code) == 'town' else 'town'))}{own}"

    @cached_property
    def source(self) -> str:
        """What stands under charts: where the numbers come from, and that they are invented where they are."""
        said = ("专项调查（抽样户加权估计）", f"{self.plan.meta['year']}年", build_info(self.folder).banner)
        return "，".join(t for t in said if t)

    @cached_property
    def ctx(self) -> Context:
        """The province as the charts and tables of the reports take it: ``charts.response_bars(s.table("response"), s.ctx)``."""
        info = build_info(self.folder)
        return Context(
            object=PROVINCE, name="全省", kind="province", class_id="", class_label="", n_class=0, year=int(self.plan.meta["year"]),
            origin=info.origin, source_note=info.banner, plan=self.plan,
        )  # fmt: skip

    def questions(self, text: str = "", *, table: str = "household") -> pd.DataFrame:
        """The codebook: id, topic, label, type, stat, unit, direction, applies; `text` looks for a word in id, topic and label.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0, 1.0], "house_safe": [1.0, 0.0]})
        >>> s = Workbench.of(f, load_plan(), BenchDesign(f, weight="w"))
        >>> s.questions("住房安全")[["id", "stat"]].values.tolist()
        [['house_safe', 'proportion'], ['house_grade', 'proportion']]
        """
        return codebook.listed(self.plan, text, table)

    def question(
        self, id: str, *, by: Columns | None = None, where: Where = None, margins: bool = False, rest: bool = False,
        level: float = 0.95, design: BenchDesign | None = None,
    ) -> EstimateTable:  # fmt: skip
        """A codebook question as the reports estimate it: its own statistic, persons, and those to whom it applies.

        Parameters
        ----------
        id : str
            Of `questions`; village questions are estimated over villages.
        by, where, margins, level
            As `kaohe.estimate.Design.mean`.
        rest : bool
            With a test of each domain against all the others together (see `BenchDesign.against_rest`).
        design : BenchDesign, optional
            Another of the same records, such as a trial's.

        Returns
        -------
        EstimateTable
            By city, county, helper city and for the province the published numbers and words of quality. In other
            domains, and with `where`, floors, small groups and dominance hold, and nothing is hidden besides.

        Raises
        ------
        InputRefused
            K336 for an id that the codebook does not have, or that is not estimated; K337 for a condition that no
            record meets; K338 for a design that counts persons already; K409 for `rest` without two domains.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "hh_size": [1.0, 3, 2, 2], "poor": [1.0, 0, 0, 1]})
        >>> s = Workbench.of(f, load_plan(), BenchDesign(f, weight="w"))
        >>> float(s.question("poor")["estimate"][0])   # persons below the line of all persons
        0.375
        """
        q = codebook.estimated(self.plan, id)
        if design is None:
            design = self.design if q.table == "household" else self.village_design
        design.once(q.persons)
        if rest:
            found = question_against_rest(design, q, self.plan.questions, by=by or [], where=where, level=level)
        else:
            found = question_estimates(design, q, self.plan.questions, by=by, where=where, margins=margins, level=level)
        made = with_quality(found, design, q, self.plan, self.withheld, by=by, where=where, margins=margins)
        found = rest_hidden(made, design.rules.min_n) if rest else made
        return design.dress(found, by=by, level=level, all_shares=q.is_share, published=True)

    def what_if(
        self, trials: Mapping[str, Trial], estimate: Callable[[BenchDesign], pd.DataFrame] | None = None
    ) -> Trials:
        """Other calibrations to the register totals, side by side (see `kaohe.estimate.trials.try_calibrations`).

        Parameters
        ----------
        trials : mapping of name to Trial
            Margins by their names in the sample: county, register_hh_kind, size_group.
        estimate : callable, optional
            Design → table, such as ``lambda d: s.question("poor", design=d)``; by default income per head.

        Returns
        -------
        Trials
            ``.weights`` and ``.estimates``; draw with ``charts.trial_dots``.
        """
        ask: Any = estimate or (lambda d: self.question("income_per_head", design=d))
        made = try_calibrations(
            self.design.frame, self.totals, trials, weight="w_nonresponse", partition="city", design=self._reweighted, estimate=ask,
        )  # fmt: skip
        said = {k: v for k, v in about(ask(self.design)).items() if k in {"all_shares", "note", "published"}}
        return Trials(made.weights, self.design.dress(made.estimates, **said), made.frames)

    def _reweighted(self, frame: pd.DataFrame, weight: str, record: Calibration | None) -> BenchDesign:
        return self.design.reweighted(frame, weight, record)

    @cached_property
    def totals(self) -> Totals:
        """Register totals by city, margin (as the sample names it) and level."""
        return register_totals(self.table("calibration"))

    def gradings(self) -> pd.DataFrame:
        """Each item of each target as graded by itself, by the cross-assessment and by the field forms (see `gradings`)."""
        return gradings(self.table("self_compare"), self.table("evidence"), self.plan)

    def table(self, name: str) -> pd.DataFrame:
        """A built table by name, such as ``response`` or ``calibration``.

        Raises
        ------
        InputRefused
            K101 for a missing file, K102 for a damaged one.
        """
        return named_table(self.folder, name)

    def clean(self, name: str) -> pd.DataFrame:
        """A clean table by name, such as ``doubles`` or ``grades``; K101 and K102 as `table`."""
        return named_table(self.folder.parent / "clean", name)

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
        ``.households``, ``.villages``, ``.design``, ``.village_design``, ``.plan``, ``.questions()``,
        ``.question(id)``, ``.what_if(trials)``, ``.gradings()``, ``.table(name)``, ``.clean(name)``.

    Raises
    ------
    InputRefused
        K804 without built tables; K140 and on for a plan that cannot be read.
    """
    folder = str(plan) or os.environ.get(ENV_PLAN, "")
    return Workbench(find_build(processed), load_plan(folder or None))
