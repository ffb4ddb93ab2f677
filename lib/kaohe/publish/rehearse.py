"""One report made beforehand and thrown away, so that what is measured, looked up or compiled once is there for all.

The first report of a process costs half as much again as the next one: widths of characters, indexes of
tables, patterns, code that is only imported when used. Forked kernels inherit all of it.
"""

from __future__ import annotations

from pathlib import Path

from kaohe.plot import charts, tables, words
from kaohe.publish.report import Report, open_report


def rehearse(processed: Path) -> None:
    """Make the parts of one unit's report."""
    job: Report = open_report("50_unit", "", processed)
    ctx = job.ctx
    items = job.own("item_grades")
    for made in (
        job, words.conclusions_unit(job), words.cards_unit(job), words.gaps(job),
        charts.unit_grades(items, ctx), tables.grades(items, ctx),
        tables.evidence(job.own("evidence"), ctx), charts.unit_bands(job.peers("composite"), ctx),
        tables.streams(job.own("streams"), ctx), charts.waterfall(job.own("contributions"), ctx),
        tables.lost_points(job.own("lost_points"), ctx), tables.way_up(job.own("way_up"), ctx),
        tables.caps(job.own("caps"), ctx), tables.decisions(job.own("decisions_log"), ctx),
        charts.daily_deductions(job.own("daily_sources"), ctx), tables.daily(job.own("daily_items"), ctx),
        tables.problems(job.own("rectify"), ctx), words.self_report(job),
        tables.self_compare(job.own("self_compare"), ctx), tables.completeness(job.own("completeness"), ctx),
        words.method(ctx), tables.choices(ctx), job.seal(),
    ):  # fmt: skip
        made._repr_mimebundle_()
