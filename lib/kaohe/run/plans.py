"""The commands about plan folders: `kaohe plan new`, `kaohe plan check`, `kaohe plan migrate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from kaohe.base.errors import EXIT_OK, EXIT_REFUSED

HOME = Path("plans")
Say = Callable[[str], None]


def register(app: typer.Typer, say: Say) -> None:
    """Add the group `plan` to `kaohe`."""
    group = typer.Typer(help="A plan folder: begin a new year's, check it, bring an old one up to date.")
    app.add_typer(group, name="plan", no_args_is_help=True)

    @group.command()
    def new(
        year: Annotated[int, typer.Argument(help="The year assessed, as 2021.")],
        source: Annotated[str, typer.Option("--from", help="A plan folder, or the year of a packaged plan.")] = "2020",
        out: Annotated[Path | None, typer.Option("--out", help="The folder to make; plans/YEAR if not given.")] = None,
    ) -> None:
        """Begin a new year's plan folder from an earlier one, and say what is to be edited."""
        from kaohe.base.plan_new import new_plan

        home = out or HOME / str(year)
        waiting = new_plan(year, source, home)
        say(f"plan: {home} made from {source}; {len(waiting)} lines are marked # EDIT:")
        for line in waiting:
            say(f"  {line}")
        say(f"corrections.csv and conversions.csv begin empty. Then: kaohe plan check {home}")

    @group.command()
    def check(
        folder: Annotated[str, typer.Argument(help="A plan folder, or the year of a packaged plan.")] = "2020",
    ) -> None:
        """Check a whole plan folder and list what is still to be edited; 2 when there is anything."""
        raise typer.Exit(check_plan(folder, say))

    @group.command()
    def migrate(
        folder: Annotated[Path, typer.Argument(help="A plan folder of an earlier version; it stays as it is.")],
        out: Annotated[Path, typer.Argument(help="The folder to make.")],
    ) -> None:
        """Write a plan folder of an earlier version as one of this version, and say what was added."""
        from kaohe.base.plan_new import is_current, migrate_plan

        if is_current(folder):
            say(f"plan: {folder} is of this version already; nothing to migrate, {out} is not made")
            return
        added = migrate_plan(folder, out)
        say(f"plan: {out} made from {folder}; {len(added)} additions, to be looked through:")
        for line in added:
            say(f"  {line}")


def check_plan(folder: str, say: Say) -> int:
    """Read every file of a plan folder as the steps do, its scenarios too; what it holds is said in two lines.

    Parameters
    ----------
    folder : str
        A plan folder, or the year of a packaged plan.
    say : callable
        Takes one line.

    Returns
    -------
    int
        0, or 2 when lines marked ``# EDIT`` are left.

    Raises
    ------
    InputRefused
        K140 to K163, or the code of a scenario or correction: the first fault, with file, key, value and what would be
        right.
    """
    from kaohe.base.plan import load_plan
    from kaohe.base.plan_files import read_text
    from kaohe.base.plan_schema import FILES, marks
    from kaohe.base.scenario import read_scenario
    from kaohe.clean.corrections import read_corrections

    plan = load_plan(folder, draft=True)
    counted = [
        f"{len(plan.classes)} classes", f"{len(plan.forms)} forms with {sum(len(f.items) for f in plan.forms.values())} items",
        f"{len(plan.questions)} questions", f"{len(plan.choices)} tables of choices", f"{len(plan.divisions)} places",
        f"{len(plan.aliases)} other names", f"{len(plan.conversions)} conversions", f"{len(read_corrections(plan))} corrections",
        f"{len([read_scenario(p, plan) for p in sorted(plan.folder.glob('scenarios/*.toml'))])} scenarios",
    ]  # fmt: skip
    say(f"plan {plan.meta['id']} of {plan.meta['year']}: {', '.join(counted)}")
    waiting = [m for name in FILES for m in marks(name, read_text(plan.folder / name))]
    for place, what in waiting:
        say(f"  to edit  {place}: {what}")
    say(f"{len(waiting)} lines are still to be edited; every other command refuses the plan" if waiting
        else f"nothing to mend; fingerprint {plan.digest[:12]}")  # fmt: skip
    return EXIT_REFUSED if waiting else EXIT_OK
