"""`kaohe pdf`: the finished pages of an output folder as PDF, each printed again only when it is another page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe.base.errors import EXIT_OK, EXIT_SOME_FAILED, InputRefused, KaoheError
from kaohe.base.plan import Plan
from kaohe.run import options as opt
from kaohe.run.asked import Selection

if TYPE_CHECKING:
    from kaohe.publish.manifest import Entry, Manifest
    from kaohe.publish.reports import ReportId
    from kaohe.run.pdf_shelf import Shelf

GIVE_UP = 3
LISTED = 10
TIMEOUT = 60.0
Say = Callable[[str], None]


@dataclass
class Printed:
    """How it went, by slug; `failed` and `large` hold the message, `absent` why there is no page to print.

    `left` are those not tried because the browser had failed several times in a row.
    """

    made: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: dict[str, KaoheError] = field(default_factory=dict)
    large: dict[str, KaoheError] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or 3 when a page is not there, was not printed, or became too large a PDF."""
        return EXIT_SOME_FAILED if self.failed or self.large or self.absent or self.left else EXIT_OK


def register(app: typer.Typer, exit_codes: str) -> None:
    """Add the command to `kaohe`."""

    @app.command(epilog=exit_codes)
    def pdf(
        targets: Annotated[list[str] | None, typer.Argument(help="Names or codes.", show_default=False)] = None,
        classes: Annotated[
            list[str] | None, typer.Option("--class", help="Only this class (city14, 任务市, …).")
        ] = None,
        notebook: Annotated[list[str] | None, typer.Option("--notebook", help="Only this notebook (40_city).")] = None,
        everything: Annotated[bool, typer.Option("--all", help="Every report.")] = False,
        force: opt.Force = False,
        timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one page.")] = TIMEOUT,
        processed: opt.Processed = opt.PROCESSED,
        outputs: opt.Outputs = opt.OUTPUTS,
        plan: opt.PlanFolder = "",
    ) -> None:
        """Print finished pages as PDF into outputs/pdf, with Chromium, Chrome or Edge."""
        selection = Selection(targets or (), classes or (), notebook or ())
        if selection.everything and not everything:
            raise InputRefused(
                "K885", "Nothing is named to print", remedy="name targets, --class or --notebook, or say --all"
            )
        chosen = opt.chosen_plan(plan)
        done = print_reports(processed, outputs, chosen, selection, opt.say, force=force, timeout=timeout)
        raise typer.Exit(done.exit_code)


def print_reports(
    processed: Path, outputs: Path, plan: Plan, selection: Selection, say: Say, *,
    force: bool = False, timeout: float = TIMEOUT,
) -> Printed:  # fmt: skip
    """Print the finished pages of the selected reports that are not printed yet, one after another.

    Parameters
    ----------
    processed : Path
        Its built tables say which reports there are.
    outputs : Path
        Folder of the pages (`html/`) and of the PDFs (`pdf/`).
    plan : Plan
    selection : Selection
    say : callable
        Takes one line a page, then how it went.
    force : bool
        Also pages that are printed already and have not changed.
    timeout : float
        Seconds for one page.

    Returns
    -------
    Printed
        What was printed, left alone, not there, failed or too large, and the exit code.

    Raises
    ------
    InputRefused
        K801, K130, K131, K861 as for a run, K804 no built tables, K880 no browser, K881 no finished page among
        those selected, K860 an unreadable manifest, K862 when the outputs cannot be written.
    BusyError
        K501 when another run holds the outputs.
    """
    from kaohe.base.files import locked, sweep
    from kaohe.publish.built import find_build
    from kaohe.publish.manifest import NAME, read_manifest
    from kaohe.publish.reports import read_reports
    from kaohe.run.batch import select
    from kaohe.run.faults import writable
    from kaohe.run.pdf_shelf import FOLDER, Shelf

    start = time.monotonic()
    reports = read_reports(find_build(processed), plan)
    chosen = select(reports, selection, plan)
    if not (outputs / NAME).is_file():
        raise _no_pages(outputs, "no report was made yet")
    with writable(outputs), locked(outputs, "kaohe pdf"):
        done = Printed()
        pages = _pages(outputs, read_manifest(outputs), chosen, done)
        if not pages:
            raise _no_pages(outputs, _listed(done.absent))
        sweep(outputs / FOLDER)
        shelf = Shelf(outputs)
        if selection.everything:
            shelf.keep_only({r.slug for r in reports})
            shelf.save()
        todo = {r: page for r, page in pages.items() if force or not shelf.holds(r.slug, page)}
        for report in (r for r in pages if r not in todo):
            _unchanged(report, shelf.size_of(report.slug), done, say)
        if todo:
            _print_all(outputs, todo, shelf, done, say, timeout)
    for line in said_of(done, outputs, time.monotonic() - start):
        say(line)
    return done


def said_of(done: Printed, outputs: Path, seconds: float) -> list[str]:
    """How it went, in lines; what to do about each kind of failure stands at the end."""
    counts = [
        f"{len(done.made)} printed", f"{len(done.failed)} failed", f"{len(done.unchanged)} unchanged",
        *([f"{len(done.large)} too large"] if done.large else []),
        *([f"{len(done.left)} not tried"] if done.left else []),
        *([f"{len(done.absent)} without a finished page"] if done.absent else []),
    ]  # fmt: skip
    lines = [f"pdf: {', '.join(counts)} ({seconds:.0f} s); see {outputs / 'pdf'}"]
    kinds = {e.code: e for e in [*done.failed.values(), *done.large.values()]}
    lines += [f"{code} {e.title}: {e.remedy}" for code, e in sorted(kinds.items())]
    if done.left:
        lines.append(f"the browser failed {GIVE_UP} times in a row: the pages after that were not tried")
    if done.absent:
        lines.append(_no_pages(outputs, _listed(done.absent)).message())
    return lines


def _pages(outputs: Path, manifest: Manifest, chosen: Sequence[ReportId], done: Printed) -> dict[ReportId, str]:
    """SHA-256 of the finished pages; why the others cannot be printed goes into `done`."""
    from kaohe.base.files import sha256_file

    pages = {}
    for report in chosen:
        entry, path = manifest.entries.get(report.slug), _page(outputs, report)
        why = _unfinished(entry, path)
        if entry is None or why:
            done.absent[report.slug] = why
            continue
        digest = sha256_file(path)
        if digest == entry.outputs.get(f"html/{report.slug}.html"):
            pages[report] = digest
        else:
            done.absent[report.slug] = "changed since it was made"
    return pages


def _unfinished(entry: Entry | None, path: Path) -> str:
    from kaohe.publish.manifest import DONE

    if entry is not None and entry.state != DONE:
        return "failed"
    return "" if entry is not None and path.is_file() else "not made"


def _print_all(outputs: Path, todo: dict[ReportId, str], shelf: Shelf, done: Printed, say: Say, timeout: float) -> None:
    """Print page after page; each PDF is put in place whole, and noted, before the next one."""
    from kaohe.publish.pdf import PrintFailed, find_browser, print_page, too_large

    browser = find_browser()
    in_a_row = 0
    for number, (report, page) in enumerate(todo.items(), start=1):
        slug = report.slug
        if in_a_row == GIVE_UP:
            shelf.drop_other(slug, page)
            done.left.append(slug)
            continue
        head = f"{number}/{len(todo)} {slug} {report.target.name}"
        start = time.monotonic()
        try:
            data = print_page(_page(outputs, report).read_text(encoding="utf-8"), browser, timeout=timeout)
        except PrintFailed as error:
            in_a_row += 1
            done.failed[slug] = error
            shelf.drop_other(slug, page)
            say(f"{head}: failed: {error.code} {error.title} ({error.got})")
            continue
        in_a_row = 0
        shelf.put(slug, page, data)
        done.made.append(slug)
        large = too_large(len(data))
        if large:
            done.large[slug] = large
        say(f"{head}: {_size(len(data))}, {time.monotonic() - start:.1f} s{_mark(large)}")
    shelf.save()


def _unchanged(report: ReportId, size: int, done: Printed, say: Say) -> None:
    """A PDF that is left alone; that it is too large is said each time."""
    from kaohe.publish.pdf import too_large

    done.unchanged.append(report.slug)
    large = too_large(size)
    if large:
        done.large[report.slug] = large
        say(f"unchanged {report.slug} {report.target.name}: {_size(size)}{_mark(large)}")


def _page(outputs: Path, report: ReportId) -> Path:
    return outputs / "html" / f"{report.slug}.html"


def _size(size: int) -> str:
    return f"{size / 1000:,.0f} kB"


def _mark(large: KaoheError | None) -> str:
    return f": {large.code} {large.title}" if large else ""


def _listed(absent: dict[str, str]) -> str:
    said = [f"{slug} ({why})" for slug, why in list(absent.items())[:LISTED]]
    return ", ".join([*said, *([f"and {len(absent) - LISTED} more"] if len(absent) > LISTED else [])])


def _no_pages(outputs: Path, got: str) -> InputRefused:
    return InputRefused(
        "K881",
        "A page that is to be printed is not finished",
        where=str(outputs / "html"),
        got=got,
        expected="pages as `kaohe run` made them",
        remedy="`kaohe run` with the same names, then `kaohe pdf` again; `kaohe status` says which are missing or failed",
    )
