"""The command `kaohe status`: how many reports are fresh, stale, failed or missing, which, and why."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe.run.options import (
    OUTPUTS,
    PROCESSED,
    Classes,
    NotebookNames,
    Notebooks,
    Outputs,
    PlanFolder,
    Processed,
    TargetNames,
    chosen_plan,
)

if TYPE_CHECKING:
    from kaohe.base.plan import Plan
    from kaohe.publish.reports import ReportId
    from kaohe.run.asked import Selection


class State(StrEnum):
    """How a report stands."""

    fresh = "fresh"
    stale = "stale"
    failed = "failed"
    missing = "missing"


@dataclass(frozen=True)
class Standing:
    """How one report stands, and why where it is stale or failed."""

    report: ReportId
    state: str
    why: str = ""


def register(app: typer.Typer) -> None:
    """Add the command to `kaohe`."""

    @app.command()
    def status(
        targets: TargetNames = None,
        classes: Classes = None,
        notebook: NotebookNames = None,
        state: Annotated[list[State] | None, typer.Option("--state", help="Only reports that stand so.")] = None,
        every: Annotated[bool, typer.Option("--all", help="List each report, fresh ones too.")] = False,
        events: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
        processed: Processed = PROCESSED,
        outputs: Outputs = OUTPUTS,
        notebooks: Notebooks = None,
        plan: PlanFolder = "",
    ) -> None:
        """How many reports are fresh, stale, failed or missing, and which are not fresh."""
        from kaohe.run.asked import Selection

        selection = Selection(targets or (), classes or (), notebook or ())
        found = standings(processed, outputs, notebooks, chosen_plan(plan), selection)
        told = json_lines if events else lines
        for line in told(found, state or (), whole=every or not selection.everything):
            typer.echo(line)


def standings(
    processed: Path, outputs: Path, notebooks: Path | None, plan: Plan, selection: Selection | None = None
) -> list[Standing]:
    """How the selected reports stand, in the order of the index; nothing is written.

    Raises
    ------
    InputRefused
        K804, K807, K808 or K811 for the tables, K820 without notebooks, K801, K130 to K132 or K861 for the selection.
    NotADirectoryError
        When the outputs are a file; the command says K862.
    """
    from kaohe.publish.built import build_info, check_tables, find_build
    from kaohe.publish.reports import read_reports
    from kaohe.run.asked import Folders, Selection
    from kaohe.run.batch import find_notebooks, select
    from kaohe.run.current import check_current
    from kaohe.run.look import Look

    if outputs.exists() and not outputs.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(outputs))
    check_current(processed)
    info = build_info(find_build(processed))
    check_tables(info)
    reports = read_reports(info.folder, plan)
    look = Look(Folders(processed, outputs, find_notebooks(notebooks)), plan, info, reports)
    found = []
    for report in select(reports, selection or Selection(), plan):
        state, why = look.state(report), ""
        if state == State.stale:
            why = look.change(report).text()
        elif state == State.failed:
            why = look.manifest.entries[report.slug].reason
        found.append(Standing(report, state, why))
    return found


def lines(found: Sequence[Standing], states: Iterable[str] = (), *, whole: bool = False) -> list[str]:
    """Counts of all, counts of each notebook, then the reports: those that are not fresh, or those in `states`.

    Parameters
    ----------
    found : sequence of Standing
    states : iterable of str
        List only reports in these.
    whole : bool
        List each report, fresh ones too where no state is named. Otherwise reports of one notebook that all stand alike
        are one line.
    """
    wanted = set(states)
    stems = list(dict.fromkeys(s.report.notebook.stem for s in found))
    said = [", ".join(f"{sum(s.state == state for s in found)} {state}" for state in State)]
    for stem in stems:
        counts = Counter(s.state for s in found if s.report.notebook.stem == stem)
        said.append(f"{stem}\t" + ", ".join(f"{counts[state]} {state}" for state in State if counts[state]))
    for stem in stems:
        ours = [s for s in found if s.report.notebook.stem == stem]
        alike = len({(s.state, s.why) for s in ours}) == 1 and len(ours) > 1
        listed = [s for s in ours if (s.state in wanted if wanted else whole or s.state != State.fresh)]
        if alike and listed and not whole and not wanted:
            said.append(_line(listed[0], f"all {len(ours)}"))
        else:
            said += [_line(s, s.report.target.name) for s in listed]
    return said


def _line(one: Standing, name: str) -> str:
    return "\t".join(p for p in (one.state, one.report.notebook.stem, name, one.why) if p)


def json_lines(found: Sequence[Standing], states: Iterable[str] = (), *, whole: bool = False) -> list[str]:
    """The same for programs: an object of counts, then one for each report, or for each in `states`."""
    wanted = set(states)
    counts = Counter(s.state for s in found)
    objects: list[dict[str, str | int]] = [{"event": "status", **{state.value: counts[state] for state in State}}]
    objects += [
        {"event": "report", "report": s.report.slug, "notebook": s.report.notebook.stem, "target": s.report.target.object,
         "name": s.report.target.name, "state": s.state, "why": s.why}
        for s in found if not wanted or s.state in wanted
    ]  # fmt: skip
    return [json.dumps(o, ensure_ascii=False) for o in objects]
