"""The commands `kaohe draw sample`, `key` and `teams`. Arguments in; the work is done beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kaohe.run.options import PlanFolder, chosen_plan, say

OUT = Path("outputs/draw")
SAMPLE = OUT / "sample"
Seed = Annotated[str, typer.Option("--seed", help="The public text that all chance comes from.", show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a draw that is there.")]
Villages = Annotated[Path | None, typer.Option("--villages", help="Register of villages: 村代码, 登记户数.")]
Households = Annotated[
    Path | None, typer.Option("--households", help="Register of households: 户编号, 村代码, 登记户类型, 登记人口.")
]
Out = typer.Option("--out", help="Folder to write; absent, empty, or an earlier draw.")
draw = typer.Typer(
    help="Draw the survey's sample, choose its 重点调查 supplement, draw the cross-assessment's teams.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip


@draw.command()
def sample(
    seed: Seed,
    villages: Villages = None,
    households: Households = None,
    demo: Annotated[bool, typer.Option("--demo", help="Use a small synthetic register.")] = False,
    city: Annotated[list[str] | None, typer.Option("--city", help="Only this city; may be repeated.")] = None,
    towns: Annotated[
        int | None, typer.Option("--towns", min=1, help="Towns in all, in proportion to households.")
    ] = None,
    neyman: Annotated[bool, typer.Option("--neyman", help="Share towns out by the column 预计比例 as well.")] = False,
    se: Annotated[
        float | None, typer.Option("--se", help="Fewest towns for this standard error in each city, as 0.03.")
    ] = None,
    se_city: Annotated[
        list[str] | None, typer.Option("--se-city", help="The same for one city, as 韶关市=0.02; may be repeated.")
    ] = None,
    budget: Annotated[
        float, typer.Option("--budget", min=0, help="With --se: yuan that must not be exceeded; 0: no limit.")
    ] = 0.0,
    scheme: Annotated[str, typer.Option("--scheme", help="entropy or systematic; empty: the plan's choice.")] = "",
    rule: Annotated[
        str, typer.Option("--rule", help="Households: equal, or by kind as 5:3:2; empty: the plan's choice.")
    ] = "",
    villages_per_town: Annotated[
        int, typer.Option("--villages-per-town", min=0, help="Villages of each drawn town; 0: the plan's choice.")
    ] = 0,
    households_per_village: Annotated[
        int, typer.Option("--households-per-village", min=0, help="Households of each village; 0: the plan's choice.")
    ] = 0,
    out: Annotated[Path, Out] = SAMPLE,
    overwrite: Overwrite = False,
    plan: PlanFolder = "",
) -> None:
    """Draw towns, villages and households by register size; lists, chances, expected errors, protocol."""
    from kaohe.run.draw.output import check_target
    from kaohe.run.draw.registers import read_registers
    from kaohe.run.draw.sample import Asked, run_sample

    chosen = chosen_plan(plan)
    check_target(out, overwrite=overwrite)
    asked = Asked(
        seed, towns, se, _by_city(se_city or []), budget, neyman, city or [], scheme, rule, villages_per_town,
        households_per_village,
    )  # fmt: skip
    registers = read_registers({"frame_villages": villages, "frame_households": households}, chosen, demo=demo)
    run_sample(asked, registers, out, chosen, say, overwrite=overwrite)


@draw.command()
def key(
    seed: Seed,
    risks: Annotated[Path | None, typer.Option("--risks", help="List of risks: 村代码, 风险分.")] = None,
    villages: Villages = None,
    households: Households = None,
    drawn: Annotated[Path, typer.Option("--sample", help="Folder of the drawn sample.")] = SAMPLE,
    per_city: Annotated[
        int, typer.Option("--per-city", min=0, help="Villages of each city; 0: the plan's choice.")
    ] = 0,
    out: Annotated[Path, Out] = OUT / "key",
    overwrite: Overwrite = False,
    plan: PlanFolder = "",
) -> None:
    """Choose the 重点调查 villages by risk among those not drawn; no chance, no weight."""
    from kaohe.run.draw.key import Asked, run_key
    from kaohe.run.draw.output import check_target
    from kaohe.run.draw.registers import found_in, read_registers

    chosen = chosen_plan(plan)
    check_target(out, overwrite=overwrite)
    given = {"frame_villages": villages, "frame_households": households, "risks": risks}
    files = {name: path or found_in(drawn, name) for name, path in given.items()}
    run_key(
        Asked(seed, per_city, drawn), read_registers(files, chosen, demo=False), out, chosen, say, overwrite=overwrite
    )


@draw.command()
def teams(
    seed: Seed,
    exclude: Annotated[
        Path | None, typer.Option("--exclude", help="Pairs that must not meet: 组长单位, 考核市.")
    ] = None,
    mutual: Annotated[bool, typer.Option("--mutual", help="Permit two teams to go to each other's city.")] = False,
    out: Annotated[Path, Out] = OUT / "teams",
    overwrite: Overwrite = False,
    plan: PlanFolder = "",
) -> None:
    """Draw which team goes to which city, none to its own, with a protocol that anybody can repeat."""
    from kaohe.run.draw.output import check_target
    from kaohe.run.draw.teams import Asked, run_teams

    chosen = chosen_plan(plan)
    check_target(out, overwrite=overwrite)
    run_teams(Asked(seed, exclude, mutual), out, chosen, say, overwrite=overwrite)


def _by_city(given: list[str]) -> dict[str, float]:
    """``韶关市=0.02`` as name and number. Raises K922."""
    from kaohe.design.draw import faults

    out = {}
    for text in given:
        name, _, number = text.partition("=")
        try:
            out[name.strip()] = float(number)
        except ValueError:
            raise faults.bad_choice("--se-city", text, "a city and a number, as 韶关市=0.02") from None
    return out
