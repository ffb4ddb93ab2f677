"""Every report that is asked for and not fresh: made in parallel, put in place one by one, listed in the index."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

import kaohe
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import PRIVATE_FOLDER, locked, sweep
from kaohe.base.plan import Plan
from kaohe.base.plan_files import find_plan
from kaohe.plot.fonts import font_path
from kaohe.publish.built import build_info, check_tables, find_build
from kaohe.publish.freshness import KNOWN
from kaohe.publish.manifest import Entry
from kaohe.publish.params import check_notebook
from kaohe.publish.reports import ReportId, notebook_of, read_reports, refuse_missing, resolve, targets_of
from kaohe.run.asked import COLD, BatchResult, Folders, Options, Selection
from kaohe.run.faults import code_of, writable
from kaohe.run.job import Job, JobResult
from kaohe.run.keeper import Keeper
from kaohe.run.look import Look, get_ready, write_lists
from kaohe.run.progress import LOG, Begun, Done, Ended, JsonEvents, Lines, Log, Watcher, watched


def run_batch(
    folders: Folders, plan: Plan, selection: Selection, options: Options, *, console: Console | None = None,
    clock: Callable[[], str] | None = None,
) -> BatchResult:  # fmt: skip
    """Make the selected reports that are not fresh, and the index.

    Parameters
    ----------
    folders : Folders
        Built tables, notebooks, and where the outputs go.
    plan : Plan
    selection : Selection
    options : Options
    console : Console, optional
        Where progress is shown.
    clock : callable, optional
        The time as ISO text in UTC, for the manifest and the log.

    Returns
    -------
    BatchResult
        Reports made, failed and skipped, seconds, notes, and the exit code.

    Raises
    ------
    InputRefused
        K801 unknown notebook, K804 no built tables, K808 a table was changed since, K820 to K823 a notebook is missing
        or cannot be run, K130 to K132 a target, K861 a class, K702 or K703 no usable font; nothing is touched then. K862 when the
        outputs cannot be written.
    BusyError
        K501 when another run holds the outputs.
    """
    start = time.monotonic()
    screen = console or Console()
    now = clock or utc_now
    build = find_build(folders.processed)
    info = build_info(build)
    check_tables(info)
    reports = read_reports(build, plan)
    chosen = select(reports, selection, plan)
    for stem in dict.fromkeys(report.notebook.stem for report in chosen):
        refuse_missing(folders.notebooks / f"{stem}.ipynb")
        check_notebook(folders.notebooks / f"{stem}.ipynb", {"target": ""})
    if not (folders.outputs / KNOWN).is_file():
        font_path()
    result = BatchResult()
    with writable(folders.outputs), locked(folders.outputs, "kaohe run"):
        _tidy(folders.outputs)
        look = Look(folders, plan, info, reports)
        todo = _todo(look, chosen, selection, options, result)
        if todo:
            font_path()
        keeper = Keeper(folders.outputs, look.manifest, info.build, partial(look.inputs, edition=options.edition), now)
        watchers: list[Watcher] = [Log(folders.outputs / LOG, now)]
        watchers.append(JsonEvents(sys.stdout) if options.events else Lines(screen))

        lists = threading.Thread(target=get_ready)

        def ended(error: BaseException | None) -> Ended:
            result.seconds = time.monotonic() - start
            result.cut_short = code_of(error) if error is not None else 0
            return Ended(
                len(result.made), len(result.failed), len(result.skipped), len(result.left), round(result.seconds, 3),
                result.exit_code, result.forked, result.ordinary, "; ".join(sorted(result.notes)), result.how,
            )  # fmt: skip

        try:
            with watched(watchers, Begun(len(todo), len(result.skipped), len(result.left)), ended) as tell:

                def arrived(job: Job, done: JobResult) -> None:
                    keeper.keep(job.report, done)
                    _count(result, done)
                    if done.ok:
                        result.made.append(done.slug)
                    else:
                        result.failed[done.slug] = done.exit_code
                    about = (done.slug, job.report.notebook.stem, job.report.target.object, job.report.target.name)
                    tell(Done(*about, done.seconds, done.slowest, done.reason))

                if todo:
                    lists.start()
                    jobs = [_job(r, folders, options, plan) for r in todo]
                    if not options.warm:
                        result.notes.add(COLD)
                    workers = options.jobs or os.cpu_count() or 1
                    options.executor(jobs, workers, arrived, warm=options.warm, on_note=result.notes.add)
        finally:
            if selection.everything:
                keeper.forget({r.slug for r in reports})
            if keeper.manifest != look.manifest:
                keeper.save()
            look.manifest = keeper.manifest
            result.seconds = time.monotonic() - start
            if lists.ident is not None:
                lists.join()
            write_lists(look, reports, plan, result, now())
    return result


def _count(result: BatchResult, done: JobResult) -> None:
    result.forked += done.forked
    result.ordinary += done.ordinary
    if done.why:
        result.notes.add(done.why)


def _todo(
    look: Look, chosen: Sequence[ReportId], selection: Selection, options: Options, result: BatchResult
) -> list[ReportId]:
    """The reports to make; those that are left go into the result."""
    todo = []
    for report in chosen:
        found = look.state(report, options.edition)
        if selection.only_failed and found != "failed":
            continue
        if (
            found == "fresh"
            and not options.force
            and not made_before(look.manifest.entries[report.slug], options.since)
        ):
            result.skipped.append(report.slug)
        elif options.own and found == "stale" and look.change(report, options.edition).only_others:
            result.left.append(report.slug)
        else:
            todo.append(report)
    return todo


def _tidy(outputs: Path) -> None:
    """Make the folders, and remove what a killed run left."""
    for name in ("html", "notebooks", "notebooks/failed"):
        folder = outputs / name
        if name != "notebooks/failed":
            folder.mkdir(parents=True, exist_ok=True)
        if name == "notebooks":
            folder.chmod(PRIVATE_FOLDER)
        sweep(folder)
    sweep(outputs)


def utc_now() -> str:
    """The time in UTC, as ISO text to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def made_before(entry: Entry, moment: datetime | None) -> bool:
    """True when a report was last made before `moment`, or nobody knows when; False without a moment."""
    return moment is not None and (not entry.made or datetime.fromisoformat(entry.made) < moment)


def select(reports: Sequence[ReportId], selection: Selection, plan: Plan) -> list[ReportId]:
    """The reports that are meant, in their own order.

    Raises
    ------
    InputRefused
        K801, K130, K131, K132 or K861.
    """
    chosen = list(reports)
    if selection.reports:
        wanted = set(selection.reports)
        chosen = [r for r in chosen if (r.notebook.stem, r.target.object) in wanted]
    if selection.notebooks:
        stems = {notebook_of(n).stem for n in selection.notebooks}
        chosen = [r for r in chosen if r.notebook.stem in stems]
    if selection.classes:
        ids = {class_of(c, plan) for c in selection.classes}
        chosen = [r for r in chosen if (r.target.class_id or _city_class(r, plan)) in ids]
    if selection.targets:
        codes = {_wanted(t, chosen, reports, plan) for t in selection.targets}
        chosen = [r for r in chosen if r.target.object in codes]
    return chosen


def _wanted(text: str, chosen: list[ReportId], reports: Sequence[ReportId], plan: Plan) -> str:
    """The code of a target among the reports chosen. Raises K130, K131, or K132 for one that the filters leave out."""
    try:
        return resolve(text, targets_of(chosen), plan).object
    except InputRefused as unknown:
        if unknown.code != "K131":
            raise
        try:
            target = resolve(text, targets_of(list(reports)), plan)
        except InputRefused:
            raise unknown from None
    stems = ", ".join(r.notebook.stem for r in reports if r.target == target)
    raise InputRefused(
        "K132",
        "The filters leave this target out",
        got=f"{target.name} ({target.object}), of {target.class_id or target.city or target.kind}, with {stems}",
        expected="a target that --class and --notebook leave in",
        remedy="leave the target out, or the filter",
    )


def class_of(text: str, plan: Plan) -> str:
    """The id of a class given by id, short name, name or label.

    Raises
    ------
    InputRefused
        K861.
    """
    for cls in plan.classes.values():
        if text.strip() in {cls.id, cls.short, cls.name, cls.label}:
            return cls.id
    raise InputRefused(
        "K861",
        "Unknown class",
        got=text,
        expected="one of " + ", ".join(nearest(text, [f"{c.id} ({c.short})" for c in plan.classes.values()])),
        remedy="`kaohe targets` lists classes and targets",
    )


def find_notebooks(given: Path | None = None) -> Path:
    """The folder of the numbered notebooks: given, or found from the working folder upward, or beside the library.

    Raises
    ------
    InputRefused
        K820 when there is none.
    """
    here = Path.cwd()
    beside = Path(kaohe.__file__).resolve().parents[2]
    places = [given] if given else [*(f / "notebooks" for f in (here, *here.parents)), beside / "notebooks"]
    for place in places:
        if (place / "40_city.ipynb").is_file():
            return place
    raise InputRefused(
        "K820",
        "The notebooks are not there",
        where=str(places[0]),
        expected="a folder with 40_city.ipynb and the others",
        remedy="run from the project's folder, or name the folder with --notebooks",
    )


def _city_class(report: ReportId, plan: Plan) -> str:
    cls = plan.city_class(report.target.city) if report.target.city else None
    return cls.id if cls else ""


def _job(report: ReportId, folders: Folders, options: Options, plan: Plan) -> Job:
    packaged = plan.folder == find_plan()
    return Job(
        report=report,
        notebook_file=folders.notebooks / f"{report.notebook.stem}.ipynb",
        processed=folders.processed,
        plan="" if packaged else str(plan.folder),
        edition=options.edition,
        timeout=options.timeout,
        memory=options.memory,
    )
