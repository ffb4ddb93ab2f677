"""The command `kaohe`. Arguments in, messages and exit codes out; the work is done elsewhere."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

import kaohe
from kaohe.base.errors import EXIT_OK, KaoheError
from kaohe.run import options as opt
from kaohe.run import pdf, plans, status
from kaohe.run.draw.cli import draw
from kaohe.run.faults import INTERRUPTED, TERMINATED, Stopped, code_of, record, unusable
from kaohe.run.options import chosen_plan, say, say_error
from kaohe.run.records import register

EXIT_CODES = (
    "Exit codes: 0 done; 1 a fault of the suite; 2 input refused; 3 some reports failed, the others are done; "
    "4 something that must not leave; 5 another run holds the folder; 130 or 143 stopped, the same command goes on."
)
app = typer.Typer(
    name="kaohe",
    help="Analysis suite for the assessment of poverty-alleviation effectiveness (扶贫开发工作成效考核).",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the raw files.")] = opt.RAW,
    seed: opt.Seed = 2020,
    households: opt.Households = 400_000,
    plan: opt.PlanFolder = "",
) -> None:
    """Write the demonstration's raw files, as an office would hold them, and its answer key."""
    from kaohe.run import steps

    steps.demo(out, seed, households, chosen_plan(plan), say)


@app.command()
def forms(
    places: Annotated[
        list[str] | None, typer.Argument(help="Targets, counties, or place codes; none: all.", show_default=False)
    ] = None,
    form: Annotated[
        list[str] | None, typer.Option("--form", help="Only this form (village, …), index or field.")
    ] = None,
    blank: Annotated[bool, typer.Option("--blank", help="One empty workbook of each form, for no place.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace forms that hold entries, too.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder of the blank forms.")] = opt.FORMS,
    raw: opt.Raw = opt.RAW,
    plan: opt.PlanFolder = "",
) -> None:
    """Write blank index tables and field forms to fill in, one file for each target and sample place."""
    from kaohe.run import steps

    code = steps.forms(raw, out, chosen_plan(plan), places or (), form or (), say, blank=blank, overwrite=overwrite)
    raise typer.Exit(code)


@app.command()
def clean(
    raw: opt.Raw = opt.RAW,
    processed: opt.Processed = opt.PROCESSED,
    plan: opt.PlanFolder = "",
    accept_changed: opt.Accept = False,
    key: opt.KeyFile = None,
    new_key: opt.NewKey = False,
) -> None:
    """Clean the raw files: typed tables, and what was set aside with the reason."""
    from kaohe.run import steps

    code = steps.clean(
        raw, processed, chosen_plan(plan), say, accept_changed=accept_changed, key_file=key, new_key=new_key
    )
    raise typer.Exit(code)


@app.command()
def build(
    processed: opt.Processed = opt.PROCESSED,
    plan: opt.PlanFolder = "",
    force: opt.Force = False,
    scenario: Annotated[
        Path | None,
        typer.Option("--scenario", help="A file of other choices: shown beside the base, never in its place."),
    ] = None,
) -> None:
    """Compute weights, estimates, grades, composite and ranks for the whole province."""
    from kaohe.run import steps

    if scenario is None:
        steps.build(processed, chosen_plan(plan), force, say)
    else:
        steps.scenario(processed, chosen_plan(plan), scenario, say)


@app.command(epilog=EXIT_CODES)
def run(
    targets: opt.TargetNames = None,
    classes: opt.Classes = None,
    notebook: opt.NotebookNames = None,
    only_failed: Annotated[bool, typer.Option("--only-failed", help="Only those that failed last time.")] = False,
    force: opt.Force = False,
    jobs: opt.Jobs = 0,
    edition: opt.Edition = opt.EditionName.leadership,
    timeout: opt.Timeout = 120.0,
    memory: opt.Memory = 0,
    cold: opt.Cold = False,
    scheduler: opt.Scheduler = "",
    cluster: opt.Cluster = 0,
    since: opt.Since = None,
    own: opt.Own = False,
    events: opt.Events = False,
    processed: opt.Processed = opt.PROCESSED,
    outputs: opt.Outputs = opt.OUTPUTS,
    notebooks: opt.Notebooks = None,
    plan: opt.PlanFolder = "",
) -> None:
    """Make the reports that are not fresh, and the index."""
    from kaohe.run import steps
    from kaohe.run.asked import Options, Selection

    selection = Selection(targets or (), classes or (), notebook or (), only_failed)
    place = steps.executor(scheduler, cluster)
    moment = steps.past(since) if since else None
    options = Options(
        force,
        jobs,
        edition.value,
        timeout,
        not cold,
        since=moment,
        events=events,
        own=own,
        memory=memory,
        **place,
    )
    raise typer.Exit(steps.run(processed, outputs, notebooks, chosen_plan(plan), selection, options, say))


@app.command("all", epilog=EXIT_CODES)
def all_(
    demo: Annotated[bool, typer.Option("--demo", help="Make the demonstration when there are no raw files.")] = False,
    seed: opt.Seed = 2020,
    households: opt.Households = 400_000,
    force: opt.Force = False,
    jobs: opt.Jobs = 0,
    edition: opt.Edition = opt.EditionName.leadership,
    timeout: opt.Timeout = 120.0,
    cold: opt.Cold = False,
    accept_changed: opt.Accept = False,
    raw: opt.Raw = opt.RAW,
    processed: opt.Processed = opt.PROCESSED,
    outputs: opt.Outputs = opt.OUTPUTS,
    notebooks: opt.Notebooks = None,
    plan: opt.PlanFolder = "",
) -> None:
    """Every step: demonstration (when asked for), clean, build, run."""
    from kaohe.run import steps
    from kaohe.run.asked import Options, Selection

    chosen = chosen_plan(plan)
    if demo and steps.is_empty(raw):
        steps.demo(raw, seed, households, chosen, say)
    cleaned = steps.clean(raw, processed, chosen, say, accept_changed=accept_changed)
    steps.build(processed, chosen, force, say)
    options = Options(force, jobs, edition.value, timeout, not cold)
    published = steps.run(processed, outputs, notebooks, chosen, Selection(), options, say)
    raise typer.Exit(published or cleaned)


@app.command()
def targets(
    processed: opt.Processed = opt.PROCESSED,
    plan: opt.PlanFolder = "",
    classes: opt.Classes = None,
) -> None:
    """List what can be named: code, name, class and reports."""
    from kaohe.run import steps

    for line in steps.targets(processed, chosen_plan(plan), classes or []):
        typer.echo(line)


@app.command()
def audit(
    raw: opt.Raw = opt.RAW,
    processed: opt.Processed = opt.PROCESSED,
    outputs: opt.Outputs = opt.OUTPUTS,
    logs: Annotated[list[Path] | None, typer.Option("--log", help="A log or folder to scan too.")] = None,
    plan: opt.PlanFolder = "",
) -> None:
    """Scan everything written for personal data and withheld values; 4 when any is found."""
    from kaohe.run import steps

    steps.audit(raw, processed, outputs, chosen_plan(plan), logs or [], say)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"kaohe {kaohe.__version__}")


status.register(app)
register(app)
pdf.register(app, EXIT_CODES)
app.add_typer(draw, name="draw")
plans.register(app, say)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns and exits with its code.

    A refusal is one message; a fault of the suite is one line, with the details in the file it names.
    """
    if arguments is None:
        _enter_utf8()
    _use_utf8()
    signal.signal(signal.SIGTERM, _terminated)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)
    try:
        code = app(args=arguments, standalone_mode=False)
        return _exit(int(code) if isinstance(code, int) else EXIT_OK)
    except KaoheError as error:
        say_error(error.message())
        return _exit(error.exit_code)
    except typer.Exit as error:
        return _exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort, Stopped) as error:
        sys.unraisablehook = lambda _: None  # files that were open are closed in any order now
        say_error("stopped; what was finished is kept, the same command goes on")
        return _exit(INTERRUPTED if isinstance(error, typer.Abort) else code_of(error))
    except Exception as error:
        refused = unusable(error)
        if refused is not None:
            say_error(refused.message())
            return _exit(refused.exit_code)
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # click's own messages about usage
            say_error(error.format_message())
            return _exit(int(error.exit_code))
        say_error(f"kaohe: unexpected fault: {record(error)}")
        return _exit(code_of(error))


def _terminated(*_: object) -> None:
    raise Stopped(TERMINATED)


def _interrupted(*_: object) -> None:
    raise Stopped(INTERRUPTED)


def _exit(code: int) -> int:
    if code:
        sys.exit(code)
    return code


def _enter_utf8() -> None:
    """Start again in UTF-8 mode where the locale would read Chinese file names as something else."""
    if os.name == "posix" and sys.getfilesystemencoding().lower() != "utf-8":
        again = [sys.executable, "-X", "utf8", "-P", "-m", "kaohe.run.cli", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONUTF8": "1"})


def _use_utf8() -> None:
    """Messages name Chinese places whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    main()
