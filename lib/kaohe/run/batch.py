"""Every report that is asked for and not fresh: made in parallel, put in place one by one, listed in the index."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

import kaohe
from kaohe.base.errors import EXIT_DISCLOSURE, EXIT_OK, EXIT_SOME_FAILED, InputRefused, nearest
from kaohe.base.files import locked, read_parquet, sha256_text, sweep, write_text
from kaohe.base.plan import Plan
from kaohe.publish.manifest import (
    DONE,
    FAILED,
    Entry,
    Manifest,
    inputs_of,
    read_manifest,
    state_of,
    write_manifest,
)  # fmt: skip
from kaohe.publish.parts import PartDigests
from kaohe.publish.report import BuildInfo, build_info, check_tables, find_build
from kaohe.publish.reports import TIMEOUT, ReportId, notebook_of, read_reports, refuse_missing, resolve, targets_of
from kaohe.run.job import Job, JobResult
from kaohe.run.listing import write_index
from kaohe.run.pool import run_jobs
from kaohe.run.progress import BatchProgress

SAVE_EVERY = 2.0


@dataclass(frozen=True)
class Folders:
    """Where things are."""

    processed: Path
    outputs: Path
    notebooks: Path


@dataclass(frozen=True)
class Selection:
    """Which reports; everything empty means all."""

    targets: Sequence[str] = ()
    classes: Sequence[str] = ()
    notebooks: Sequence[str] = ()
    only_failed: bool = False

    @property
    def everything(self) -> bool:
        """True when nothing is left out."""
        return not (self.targets or self.classes or self.notebooks or self.only_failed)


@dataclass(frozen=True)
class Options:
    """How; `executor` is `kaohe.run.pool.run_jobs` or another function of the same arguments."""

    force: bool = False
    jobs: int = 0
    edition: str = "leadership"
    timeout: float = TIMEOUT
    warm: bool = True
    plan: str = ""
    executor: Callable[..., None] = run_jobs


@dataclass
class BatchResult:
    """How it went: slugs made, failed (with exit code) and skipped, what else to say, and the seconds it took."""

    made: list[str] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0, 3 when a report failed, 4 when one of them would have leaked."""
        if EXIT_DISCLOSURE in self.failed.values():
            return EXIT_DISCLOSURE
        return EXIT_SOME_FAILED if self.failed else EXIT_OK


def run_batch(
    folders: Folders, plan: Plan, selection: Selection, options: Options, *, console: Console | None = None
) -> BatchResult:
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

    Raises
    ------
    InputRefused
        K801 unknown notebook, K804 no built tables, K808 a table was changed since, K820 a notebook is missing, K130, K131 a
        target, K861 a class. Nothing is touched then.
    BusyError
        K501 when another run holds the outputs.
    """
    start = time.monotonic()
    screen = console or Console()
    build = find_build(folders.processed)
    info = build_info(build)
    check_tables(info)
    reports = read_reports(build, plan)
    chosen = select(reports, selection, plan)
    for report in chosen:
        refuse_missing(folders.notebooks / f"{report.notebook.stem}.ipynb")
    result = BatchResult()
    with locked(folders.outputs, "kaohe run"):
        for name in ("html", "notebooks"):
            (folders.outputs / name).mkdir(parents=True, exist_ok=True)
            sweep(folders.outputs / name)
        sweep(folders.outputs)
        manifest = read_manifest(folders.outputs)
        digests = PartDigests(build, targets_of(reports))
        inputs = {
            r.slug: inputs_of(r, folders.notebooks / f"{r.notebook.stem}.ipynb", plan.digest, options.edition)
            for r in reports
        }
        todo = []
        for report in chosen:
            state = state_of(manifest.entries.get(report.slug), inputs[report.slug], digests, folders.outputs)
            if selection.only_failed and state != "failed":
                continue
            if state == "fresh" and not options.force:
                result.skipped.append(report.slug)
            else:
                todo.append(report)
        jobs = [_job(r, folders, options) for r in todo]
        keeper = _Keeper(folders.outputs, manifest, inputs, info)
        try:
            with BatchProgress(len(jobs), screen) as shown:

                def arrived(job: Job, done: JobResult) -> None:
                    keeper.keep(job.report, done)
                    if done.ok:
                        result.made.append(done.slug)
                    else:
                        result.failed[done.slug] = done.exit_code
                    shown.one(f"{job.report.notebook.stem} {job.report.target.name}", done.seconds, done.reason)

                if jobs:
                    options.executor(
                        jobs, options.jobs or os.cpu_count() or 1, arrived, warm=options.warm, on_note=result.notes.add
                    )
        finally:
            if selection.everything:
                keeper.forget({r.slug for r in reports})
            keeper.save()
            states = {
                r.slug: state_of(
                    keeper.manifest.entries.get(r.slug), inputs[r.slug], digests, folders.outputs, check_files=False
                )
                for r in reports
            }
            tables = {n: read_parquet(build / f"{n}.parquet") for n in ("composite", "rank_intervals", "counties")}
            write_index(folders.outputs, reports, states, keeper.manifest, tables, plan, info)
    result.seconds = time.monotonic() - start
    return result


def select(reports: Sequence[ReportId], selection: Selection, plan: Plan) -> list[ReportId]:
    """The reports that are meant, in their own order.

    Raises
    ------
    InputRefused
        K801, K130, K131 or K861.
    """
    chosen = list(reports)
    if selection.notebooks:
        stems = {notebook_of(n).stem for n in selection.notebooks}
        chosen = [r for r in chosen if r.notebook.stem in stems]
    if selection.classes:
        ids = {class_of(c, plan) for c in selection.classes}
        chosen = [r for r in chosen if (r.target.class_id or _city_class(r, plan)) in ids]
    if selection.targets:
        known = targets_of(chosen)
        codes = {resolve(t, known, plan).object for t in selection.targets}
        chosen = [r for r in chosen if r.target.object in codes]
    return chosen


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


def _job(report: ReportId, folders: Folders, options: Options) -> Job:
    return Job(
        report=report,
        notebook_file=folders.notebooks / f"{report.notebook.stem}.ipynb",
        processed=folders.processed,
        plan=options.plan,
        edition=options.edition,
        timeout=options.timeout,
    )


class _Keeper:
    """Puts results in place: files first, then the manifest that says so."""

    def __init__(self, outputs: Path, manifest: Manifest, inputs: dict[str, dict[str, str]], info: BuildInfo) -> None:
        self.outputs, self.manifest, self._inputs, self._info = outputs, manifest, inputs, info
        self._saved = time.monotonic()

    def keep(self, report: ReportId, done: JobResult) -> None:
        kept = self.outputs / "notebooks" / "failed" / f"{report.slug}.ipynb"
        files: dict[str, str] = {}
        if done.ok:
            for name, text in ((f"notebooks/{done.slug}.ipynb", done.notebook), (f"html/{done.slug}.html", done.page)):
                write_text(self.outputs / name, text)
                files[name] = sha256_text(text)
            with suppress(FileNotFoundError):
                kept.unlink()
        elif done.kept:
            write_text(kept, done.kept)
        self.manifest = self.manifest.with_entry(
            Entry(
                slug=report.slug,
                notebook=report.notebook.stem,
                target=report.target.object,
                name=report.target.name,
                state=DONE if done.ok else FAILED,
                inputs=self._inputs[report.slug],
                parts=dict(done.seal.get("tables", {})),
                outputs=files,
                reason=done.reason,
                exit_code=done.exit_code,
                seconds=done.seconds,
                slowest=done.slowest,
                build=self._info.build,
            )
        )
        if time.monotonic() - self._saved >= SAVE_EVERY:
            self.save()

    def forget(self, slugs: set[str]) -> None:
        """Remove the files of reports that there are no more."""
        for slug, entry in self.manifest.entries.items():
            if slug not in slugs:
                for name in entry.outputs:
                    with suppress(FileNotFoundError):
                        (self.outputs / name).unlink()
        self.manifest = self.manifest.only(slugs)

    def save(self) -> None:
        write_manifest(self.outputs, self.manifest)
        self._saved = time.monotonic()
