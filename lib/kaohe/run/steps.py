"""The steps behind the commands: each calls its room and says in a line or two how it went."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaohe.base.errors import EXIT_OK, EXIT_REFUSED, InputRefused
from kaohe.base.plan import Plan
from kaohe.run.asked import BatchResult, Folders, Options, Selection
from kaohe.run.batch import class_of, find_notebooks, run_batch, select
from kaohe.run.records import write_tables

if TYPE_CHECKING:
    from kaohe.base.ledger import Finding

Say = Callable[[str], None]


def is_empty(raw: Path) -> bool:
    """True when a raw folder is missing or holds nothing but its README."""
    return not raw.is_dir() or all(p.name == "README.md" or p.name.startswith(".") for p in raw.iterdir())


def demo(out: Path, seed: int, households: int, plan: Plan, say: Say) -> None:
    """Write the demonstration (see `kaohe.run.demo.make_demo`)."""
    from kaohe.run.demo import make_demo

    start = time.monotonic()
    made = make_demo(out, seed=seed, households=households, plan=plan)
    say(
        f"demonstration: {made['files']} files in {out}, {made['households']:,} households in the register, "
        f"{made['selected']:,} in the sample, {made['faults']} faults planted ({time.monotonic() - start:.0f} s)"
    )


def clean(
    raw: Path, processed: Path, plan: Plan, say: Say, *,
    accept_changed: bool = False, key_file: Path | None = None, new_key: bool = False,
) -> int:  # fmt: skip
    """Clean (see `kaohe.clean.run.clean_all`); 2 when files were refused, otherwise 0."""
    from kaohe.clean.codes import describe
    from kaohe.clean.returns import write_returns
    from kaohe.clean.run import clean_all

    start = time.monotonic()
    done = clean_all(raw, processed, plan, accept_changed=accept_changed, key_file=key_file, new_key=new_key)
    if done.new_key:
        say(f"clean: made the key of the pseudonyms: {done.new_key} (keep a copy in a safe place, never with the data)")
    counts = ", ".join(f"{n} {action}" for action, n in sorted(done.counts.items()))
    say(f"clean: {done.files} files, {sum(done.rows.values()):,} rows; findings: {counts or 'none'}"
        f" ({time.monotonic() - start:.0f} s)")  # fmt: skip
    for finding in done.refusals:
        say(describe(finding))
    write_returns(processed, plan)
    return EXIT_REFUSED if done.refused else EXIT_OK


def forms(
    raw: Path, out: Path, plan: Plan, wanted: Sequence[str], kinds: Sequence[str], say: Say, *,
    blank: bool = False, overwrite: bool = False,
) -> int:  # fmt: skip
    """Write blank forms (see `kaohe.clean.forms_out`); 2 when a file of the register or sample was refused."""
    from kaohe.clean.codes import describe
    from kaohe.clean.form_roll import Roll, blank_list, forms_for, read_roll
    from kaohe.clean.forms_out import write_forms

    refusals: Sequence[Finding] = ()
    if blank:
        entries = blank_list(plan, kinds)
    else:
        roll: Roll = read_roll(raw, plan)
        entries, refusals = forms_for(roll, plan, wanted, kinds), roll.refusals
    done = write_forms(out, entries, plan, raw=raw, overwrite=overwrite)
    say(f"forms: {len(done.written)} written, {len(done.unchanged)} unchanged, {len(done.kept)} kept in {out}")
    for path in done.kept:
        say(f"kept, it holds entries (--overwrite replaces it): {path}")
    for finding in refusals:
        say(describe(finding))
    return EXIT_REFUSED if refusals else EXIT_OK


def audit(raw: Path, processed: Path, outputs: Path, plan: Plan, logs: Sequence[Path], say: Say) -> None:
    """Scan everything written (see `kaohe.publish.sweep`). Raises DisclosureError K851 with the places."""
    from kaohe.publish.sweep import refuse_hits, sweep

    start = time.monotonic()
    done = sweep(processed, outputs, raw, plan, logs=tuple(logs))
    refuse_hits(done)
    say(f"{done.summary()}; nothing found ({time.monotonic() - start:.0f} s)")


def build_time() -> datetime:
    """The time written into a build: SOURCE_DATE_EPOCH where it is set, so that a build can be repeated byte by byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)


def build(processed: Path, plan: Plan, force: bool, say: Say) -> None:
    """Build (see `kaohe.run.build.build_all`)."""
    from kaohe.run.build import build_all

    start = time.monotonic()
    done = build_all(processed, plan, now=build_time(), force=force)
    if done.unchanged:
        say("build: nothing has changed")
    else:
        say(f"build: {len(done.tables)} tables in {done.folder} ({time.monotonic() - start:.0f} s)")


def scenario(processed: Path, plan: Plan, file: Path, say: Say) -> None:
    """Build a scenario beside the base (see `kaohe.run.scenario.build_scenario`) and show what changes."""
    from kaohe.base.scenario import read_scenario
    from kaohe.run.scenario import build_scenario
    from kaohe.run.scenario_lines import scenario_lines

    start = time.monotonic()
    home, tried = build_scenario(processed, plan, read_scenario(file, plan), now=build_time())
    for line in scenario_lines(tried, plan):
        say(line)
    say(f"scenario: {len(tried.tables) + 3} tables in {home} ({time.monotonic() - start:.0f} s)")


def run(
    processed: Path, outputs: Path, notebooks: Path | None, plan: Plan,
    selection: Selection, options: Options, say: Say,
) -> int:  # fmt: skip
    """Make reports (see `kaohe.run.batch.run_batch`); returns the exit code."""
    from kaohe.run.current import check_current

    check_current(processed)
    folders = Folders(processed, outputs, find_notebooks(notebooks))
    done = run_batch(folders, plan, selection, options)
    tell = (lambda _: None) if options.events else say
    for line in said_of(done, outputs):
        tell(line)
    only = None if selection.everything else _linked(processed, outputs, plan, selection)
    if only is None or only:
        write_tables(processed, outputs, plan, tell, only=only)
    return done.exit_code


def executor(scheduler: str, cluster: int) -> dict[str, Any]:
    """Where reports are made, as arguments of `Options`: processes of this machine, or a Dask cluster."""
    if not scheduler and not cluster:
        return {}
    from kaohe.run.cluster import on_cluster

    return {"executor": on_cluster(scheduler, cluster)}


def past(moment: datetime) -> datetime:
    """A moment in this machine's time zone.

    Raises
    ------
    InputRefused
        K874 when it lies ahead: nothing could be made after it, and each run would make everything again.
    """
    here, now = moment.astimezone(), datetime.now().astimezone()
    if here > now:
        raise InputRefused(
            "K874",
            "This moment has not come",
            where="--since",
            got=f"{here:%Y-%m-%dT%H:%M:%S}",
            expected=f"a time before now, {now:%Y-%m-%dT%H:%M:%S}",
        )
    return here


def _linked(processed: Path, outputs: Path, plan: Plan, selection: Selection) -> set[str]:
    """The files of tables that the pages of a selection link to: they are made with their pages."""
    from kaohe.publish.built import find_build
    from kaohe.publish.downloads import linked_files
    from kaohe.publish.reports import read_reports

    chosen = select(read_reports(find_build(processed), plan), selection, plan)
    pages = [outputs / "html" / f"{r.slug}.html" for r in chosen]
    return linked_files(p.read_text(encoding="utf-8") for p in pages if p.is_file())


def said_of(done: BatchResult, outputs: Path) -> list[str]:
    """How a batch went, in lines."""
    lines = [
        f"run: {len(done.made)} made, {len(done.failed)} failed, {len(done.skipped)} unchanged"
        f" ({done.seconds:.0f} s); open {outputs / 'html' / 'index.html'}"
    ]
    lines.append(f"how it went: {outputs / 'html' / 'run-summary.html'} and {outputs / 'kaohe-run.log'}")
    if done.kernels():
        lines.append(done.kernels())
    if done.left:
        lines.append(
            f"left, for only what is compared with has changed: {len(done.left)}; `kaohe run` makes them, `kaohe status` names them"
        )
    if done.failed:
        failed = outputs / "notebooks" / "failed"
        kept = any((failed / f"{slug}.ipynb").is_file() for slug in done.failed)
        where = f"the notebooks at their failing cells are in {failed}; " if kept else ""
        lines.append(f"{where}`kaohe run --only-failed` tries the reports that failed again")
    return lines


def targets(processed: Path, plan: Plan, classes: Sequence[str]) -> list[str]:
    """One line a target: code, name, class, notebooks."""
    from kaohe.publish.built import find_build
    from kaohe.publish.reports import read_reports, targets_of

    reports = read_reports(find_build(processed), plan)
    wanted = {class_of(c, plan) for c in classes}
    lines = []
    for target in targets_of(reports):
        if wanted and target.class_id not in wanted:
            continue
        stems = " ".join(r.notebook.stem for r in reports if r.target == target)
        lines.append(f"{target.object}\t{target.name}\t{target.class_id or target.kind}\t{stems}")
    return lines
