"""One report made beforehand and thrown away, so that what is measured, looked up or compiled once is there for all.

The first report of a process costs half as much again as the next one: widths of characters, indexes of
tables, patterns, code that is only imported when used. Forked kernels inherit all of it.
"""

from __future__ import annotations

from pathlib import Path

from kaohe.plot import charts, sections, tables, words
from kaohe.publish.report import Report, open_report


def rehearse(processed: Path, plan: str = "") -> None:
    """Make the parts of one unit's report, call by call as notebooks/50_unit.ipynb does.

    Parameters
    ----------
    processed : Path
        A folder of built tables.
    plan : str
        The folder of the plan they were built under; empty for the packaged one.

    Notes
    -----
    The notebook itself is not run: whoever may edit it has no code in the process that all kernels come from.
    """
    job: Report = open_report("50_unit", "", processed, plan)
    for made in (
        job, words.conclusions_unit(job), words.cards_unit(job), words.gaps(job),
        *sections.own_grades(job.own("item_grades"), job.ctx), tables.evidence(job.own("evidence"), job.ctx),
        charts.band_place(job.peers("composite"), job.ctx), *sections.why(job),
        tables.caps(job.own("caps"), job.ctx), tables.decisions(job.own("decisions_log"), job.ctx),
        charts.daily_deductions(job.own("daily_sources"), job.ctx), tables.daily(job.own("daily_items"), job.ctx),
        tables.problems(job.own("rectify"), job.ctx), *sections.own_report(job),
        tables.completeness(job.own("completeness"), job.ctx), words.method(job.ctx), tables.choices(job.ctx), job.seal(),
    ):  # fmt: skip
        made._repr_mimebundle_()
