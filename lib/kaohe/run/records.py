"""Commands about single records and files: check, returns, trace, and the tables for readers."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe.base.errors import EXIT_OK, EXIT_REFUSED
from kaohe.base.plan import Plan
from kaohe.run.options import OUTPUTS, PROCESSED, RAW, Outputs, PlanFolder, Processed, Raw, chosen_plan, say

if TYPE_CHECKING:
    from kaohe.clean.check import Checked
    from kaohe.clean.context import Context
    from kaohe.run.steps import Say

_HERE = {
    "row set aside (see quarantine.parquet)": "this row would be set aside",
    "file not used; the others are": "this file would not be used",
    "repaired by rule": "would be repaired by rule",
}


def register(app: typer.Typer) -> None:
    """Add the commands to `kaohe`."""

    @app.command()
    def check(
        files: Annotated[list[Path], typer.Argument(help="Files to look at before they are sent.")],
        table: Annotated[
            str, typer.Option("--table", help="Which table they are; told by their content if not given.")
        ] = "",
        problems_only: Annotated[bool, typer.Option("--problems-only", help="Leave out repairs and remarks.")] = False,
        raw: Raw = RAW,
        processed: Processed = PROCESSED,
        plan: PlanFolder = "",
    ) -> None:
        """Check single files as `kaohe clean` would, and write nothing; 2 when something is to be mended."""
        raise typer.Exit(check_files(files, table, problems_only, raw, processed, chosen_plan(plan), say))

    @app.command()
    def returns(
        by: Annotated[str, typer.Option("--by", help="all, sender (one workbook each besides) or file.")] = "all",
        processed: Processed = PROCESSED,
        plan: PlanFolder = "",
    ) -> None:
        """Write 问题数据清单.xlsx for sending back, one a sender with --by sender."""
        from kaohe.clean.returns import write_returns

        made = write_returns(processed, chosen_plan(plan), by=by)
        say(f"returns: {len(made)} workbooks in {processed / 'returns'}")

    @app.command()
    def trace(
        table: Annotated[str, typer.Argument(help="A clean table, forms or grades (name or Chinese label).")],
        key: Annotated[list[str], typer.Argument(help="Its key; for grades FORM_KEY[.ITEM].")],
        raw: Raw = RAW,
        processed: Processed = PROCESSED,
        outputs: Outputs = OUTPUTS,
        plan: PlanFolder = "",
    ) -> None:
        """Print the way of one record, from the cells it was typed in to the pages it ends in."""
        from kaohe.run.trace import Places
        from kaohe.run.trace import trace as follow

        for line in follow(table, "/".join(key), Places(raw, processed, outputs), chosen_plan(plan)):
            say(line)

    @app.command()
    def tables(
        force: Annotated[bool, typer.Option("--force", help="Write what is fresh, too.")] = False,
        processed: Processed = PROCESSED,
        outputs: Outputs = OUTPUTS,
        plan: PlanFolder = "",
    ) -> None:
        """Write outputs/tables: workbooks and CSV of the built tables, for readers."""
        write_tables(processed, outputs, chosen_plan(plan), say, force=force)

    @app.command()
    def kernel() -> None:
        """Make the prepared kernel `kaohe` known to JupyterLab; it opens at once."""
        from kaohe.publish.forks import available
        from kaohe.publish.sandbox import install_kernel

        typer.echo(f"kernel: {install_kernel()}")
        if not available():
            typer.echo("this system cannot fork prepared kernels: it starts the ordinary way")


def write_tables(
    processed: Path, outputs: Path, plan: Plan, say: Say, *, force: bool = False, only: Collection[str] | None = None
) -> None:
    """Write the tables for readers (see `kaohe.publish.tables_out.write_tables`) under the lock of the outputs.

    Raises
    ------
    InputRefused
        K804 no build, K805 another plan, K808 a changed table, K811 stale tables, K862 not writable.
    DisclosureError
        K364.
    """
    from kaohe.base.files import locked
    from kaohe.publish.built import build_info, check_plan, check_tables, find_build
    from kaohe.publish.tables_state import FOLDER, untouched
    from kaohe.run.current import check_current
    from kaohe.run.faults import writable

    start = time.monotonic()
    check_current(processed)
    info = build_info(find_build(processed))
    check_plan(info, plan)
    check_tables(info)
    if not force and only is None and (same := untouched(outputs, info, plan)):
        say(f"tables: 0 written, {same} unchanged; see {outputs / FOLDER} ({time.monotonic() - start:.0f} s)")
        return
    from kaohe.publish.tables_out import said
    from kaohe.publish.tables_out import write_tables as write

    with writable(outputs), locked(outputs, "kaohe tables"):
        done = write(outputs, info, plan, force=force, only=only)
    say(f"{said(done)} ({time.monotonic() - start:.0f} s)")


def check_files(
    files: Sequence[Path], table: str, problems_only: bool, raw: Path, processed: Path, plan: Plan, say: Say
) -> int:
    """Check files and say what was found; 2 when something is to be mended, otherwise 0."""
    from kaohe.clean.check import check_files as check

    done, context = check(files, plan, raw, processed, table=table)
    for one in done:
        for line in told(one, problems_only):
            say(line)
    say(against(context, sum(c.unchecked for c in done)))
    return EXIT_REFUSED if any(c.wrong for c in done) else EXIT_OK


def told(one: Checked, problems_only: bool = False) -> list[str]:
    """What was found in a file: each finding as a message, then a line of counts."""
    from kaohe.clean.check import LABELS
    from kaohe.clean.codes import describe

    if one.message:
        return [one.message, f"{one.file}: not checked"]
    mend = one.to_mend
    lines = []
    for found in mend if problems_only else one.findings:
        text = describe(found)
        for said, here in _HERE.items():
            text = text.replace(f"done      {said}", f"done      {here}")
        lines.append(text)
    others = {
        action: sum(f.action == action for f in one.findings if f not in mend) for action in ("normalise", "note")
    }
    verdict = f"{len(mend)} to mend" if mend else "nothing to mend"
    return [
        *lines,
        f"{one.file}: {LABELS.get(one.table, 'no table')}; {one.read} rows read = {one.used} used + {one.aside} set aside + "
        f"{one.declared} header, title, total or note + {one.blank} blank; {verdict}, {others['normalise']} repaired, "
        f"{others['note']} noted",
    ]


def against(context: Context, unchecked: int) -> str:
    """Which register the files were held against, and what nobody could look up."""
    from kaohe.clean.check import LABELS

    lacking = "、".join(LABELS[t] for t in context.absent)
    if not context.found:
        rows = f" ({unchecked} rows could not be used for lack of it)" if unchecked else ""
        return (
            "not checked: villages, towns and units against the register, sample numbers against the sample lists: neither "
            f"data/raw nor data/processed/clean holds a register{rows}"
        )
    where = {"raw": "the raw files in", "clean": "the clean tables in", "given": "the files given; nothing else in"}
    return f"checked against {where[context.source]} {context.folder}" + (f"; not there: {lacking}" if lacking else "")
