"""The survey of a build as a statistician opens it: households and villages with their designs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.plan import Plan, load_plan
from kaohe.design.calibrate import Calibration
from kaohe.estimate.arguments import Columns
from kaohe.estimate.domains import Where
from kaohe.estimate.questions import question_against_rest, question_estimates
from kaohe.estimate.samples import household_design, village_design
from kaohe.estimate.survey import Design
from kaohe.estimate.trials import Trial, Trials, try_calibrations
from kaohe.plot.estimate_cells import about
from kaohe.plot.estimate_table import EstimateTable
from kaohe.publish import codebook
from kaohe.publish.asked_quality import Withheld, rest_hidden, with_quality, withheld_of
from kaohe.publish.bench import BenchDesign
from kaohe.publish.bench_columns import OF_THE_DESIGN, with_more
from kaohe.publish.built import ENV_PLAN, find_build
from kaohe.publish.opened import Opened


@dataclass(frozen=True, repr=False)
class Workbench(Opened):
    """Tables and designs of one build; see `open_survey`. In the examples ``s = kaohe.open()``.

    Attributes
    ----------
    folder : Path
        The folder of built tables.
    plan : Plan
    """

    @classmethod
    def of(cls, households: pd.DataFrame, plan: Plan, design: BenchDesign) -> Workbench:
        """A workbench over a frame and a design of one's own, without a folder; tables of a build are refused.

        Parameters
        ----------
        households : DataFrame
            One row a record.
        plan : Plan
            Whose codebook says what the columns mean.
        design : BenchDesign
            Over the same records.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "city": ["440200000000"] * 4, "house_safe": [1.0, 1, 1, 0]})
        >>> s = Workbench.of(f, load_plan(), BenchDesign(f, weight="w"))
        >>> s.question("house_safe", by="city")[["city", "estimate"]].values.tolist()
        [['440200000000', 0.75]]
        """
        made = cls(Path(os.devnull), plan)
        made.__dict__["_households"] = households
        made.__dict__["places"] = {}
        made.__dict__["source"] = ""
        made.__dict__["design"] = design.named(made.name, **codebook.told(plan, "household", ""))
        return made

    def __repr__(self) -> str:
        return (
            f"<Workbench: {self.plan.meta['year']}, {self.folder}. questions(), question(id, by=), households, with_columns(), villages, "
            "design, village_design, plan, what_if(), gradings(), table(name), clean(name), explain_weight(household)>"
        )

    @cached_property
    def design(self) -> BenchDesign:
        """The household design: strata, units, sizes of all stages, calibration (see `household_design`).

        Its estimates are DataFrames that show official names and draw themselves:
        ``s.design.mean("income_per_head", by="county").chart()``.

        Examples
        --------
        >>> s.design
        <BenchDesign: 40 records, weight weight (sum 2,400), strata: 2, first-stage units: 4, stages: 3, calibrated>
        >>> s.design.mean("income_per_head", by="county")[["county", "estimate"]].round().values.tolist()
        [['440203000000', 10750.0], ['440204000000', 20750.0]]
        """
        return self._dressed(household_design(self._households, self.plan), "household")

    @cached_property
    def village_design(self) -> BenchDesign:
        """The village design: towns, then villages, with sizes.

        Examples
        --------
        >>> s.village_design.mean("v_households")["estimate"].tolist()
        [43.5]
        """
        return self._dressed(village_design(self._villages), "village")

    def with_columns(self, **columns: Any) -> Workbench:
        """A workbench over the same households with more columns, and the same design over them.

        Parameters
        ----------
        **columns
            Name = a Series, an array or a function of `households`, as `pandas.DataFrame.assign` takes them.

        Raises
        ------
        InputRefused
            K339 for a column of the design, or values that are not one for each household.

        Examples
        --------
        >>> mine = s.with_columns(large=lambda f: (f["hh_size"] >= 4).astype(float))
        >>> mine.design.proportion("large")["estimate"].round(3).tolist()
        [0.5]
        """
        frame = with_more(self._households, columns, OF_THE_DESIGN | {self.design.weight})
        design = BenchDesign.of(self.design)
        design.frame = design.frame.assign(**{c: frame[c].set_axis(design.frame.index) for c in columns})
        made = type(self)(self.folder, self.plan)
        made.__dict__.update({**self.__dict__, "_households": frame, "design": design})
        return made

    def _dressed(self, design: Design, table: str) -> BenchDesign:
        """The design with the codebook's words and the plan's floor of answers."""
        made = BenchDesign.of(design).named(self.name, **codebook.told(self.plan, table, self.source))
        floor = self.plan.disclosure["min_households" if table == "household" else "min_villages"]
        made.rules = replace(made.rules, min_n=int(floor))
        return made

    @cached_property
    def withheld(self) -> Withheld:
        """What this build withholds: (kind of domain, domain, question).

        Examples
        --------
        >>> sorted(s.withheld)
        []
        """
        return withheld_of(self.folder)

    def questions(self, text: str = "", *, table: str = "household") -> pd.DataFrame:
        """The questions of a `table` (household or village) of the codebook in which `text` stands: in id, topic or label.

        Returns
        -------
        DataFrame
            One row a question: id, topic, label, type, stat, unit, direction, applies, estimated (whether `question` does).

        Raises
        ------
        InputRefused
            K336 for another table, or what is no text.

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
        level: float | None = None, design: BenchDesign | None = None,
    ) -> EstimateTable:  # fmt: skip
        """A codebook question as the reports estimate it: its own statistic, persons, and those to whom it applies.

        Parameters
        ----------
        id : str
            Of `questions`; village questions are estimated over villages.
        by, where, margins
            As `kaohe.estimate.Design.mean`.
        level : float, optional
            Level of confidence, 0 to 1; without one the plan's, as in the reports.
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
        level = float(self.plan.choices["survey"]["confidence"]) if level is None else level
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

        Examples
        --------
        >>> tried = s.what_if({"base": kaohe.Trial("county"), "none": kaohe.Trial(())})
        >>> tried.estimates[["trial", "estimate"]].round().values.tolist()
        [['base', 16429.0], ['none', 15929.0]]
        """
        ask: Any = estimate or (lambda d: self.question("income_per_head", design=d))
        made = try_calibrations(
            self.design.frame, self.totals, trials, weight="w_nonresponse", partition="city", design=self._reweighted, estimate=ask,
        )  # fmt: skip
        said = {k: v for k, v in about(ask(self.design)).items() if k in {"all_shares", "note", "published"}}
        return Trials(made.weights, self.design.dress(made.estimates, **said), made.frames)

    def _reweighted(self, frame: pd.DataFrame, weight: str, record: Calibration | None) -> BenchDesign:
        return self.design.reweighted(frame, weight, record)


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

    Examples
    --------
    >>> s = kaohe.open()
    >>> s.question("poor", by="county")[["county", "estimate"]].round(3).values.tolist()
    [['440203000000', 0.114], ['440204000000', 0.0]]
    """
    folder = str(plan) or os.environ.get(ENV_PLAN, "")
    return Workbench(find_build(processed), load_plan(folder or None))
