"""`kaohe draw sample`: from registers to lists for the field, with chances, expected errors and a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.design.draw import faults
from kaohe.design.draw.expected import PROVINCE, expected_errors
from kaohe.design.draw.planning import Planning
from kaohe.design.draw.precision import Steps, count_kinds, county_steps
from kaohe.design.draw.sample import Drawn, Sizes, counties_of, draw_sample, parse_rule, with_places
from kaohe.design.draw.sizes import plan_towns
from kaohe.run.draw.output import RECORD, writing
from kaohe.run.draw.registers import Registers, check_places, city_codes, only_cities, put_demo
from kaohe.run.draw.sample_books import city_book, design_book
from kaohe.run.draw.sample_words import sample_record
from kaohe.run.steps import Say

_PLANNING = ("icc_town", "icc_village", "cost_town", "cost_village", "cost_household")


@dataclass(frozen=True)
class Asked:
    """What was asked for; None stands for the plan's choice.

    Attributes
    ----------
    seed : str
    towns : int, optional
        In all.
    se : float, optional
        Wanted standard error of every city; `se_city` of single ones by name.
    budget : float
    neyman : bool
        Share the towns out by the column 预计比例 of the register.
    cities : list of str
        Only these.
    """

    seed: str
    towns: int | None = None
    se: float | None = None
    se_city: Mapping[str, float] = field(default_factory=dict)
    budget: float = 0.0
    neyman: bool = False
    cities: list[str] = field(default_factory=list)
    scheme: str = ""
    rule: str = ""
    villages_per_town: int = 0
    households_per_village: int = 0


@dataclass(frozen=True)
class Result:
    """A planned and drawn sample with what is expected of it."""

    asked: Asked
    sizes: Sizes
    planning: Planning
    plan_by_county: pd.DataFrame
    drawn: Drawn
    errors: pd.DataFrame
    level: float = 0.95

    @property
    def half_width(self) -> str:
        """What the half width of the intervals is called, with their level."""
        return f"{100 * self.level:g}%区间半宽"


def draw_choices(plan: Plan) -> Mapping[str, Any]:
    """The plan's choices of the draw; the packaged plan's where a plan folder has none."""
    from kaohe.base.plan import load_plan

    found: Mapping[str, Any] = plan.choices.get("draw") or load_plan().choices["draw"]
    return found


def settings(asked: Asked, plan: Plan) -> tuple[Sizes, Planning]:
    """Sizes and planning values from the plan's choices and what was asked for. Raises K922."""
    choice = draw_choices(plan)
    sizes = Sizes(
        villages=asked.villages_per_town or int(choice["villages_per_town"]),
        households=asked.households_per_village or int(choice["households_per_village"]),
        rule=parse_rule(asked.rule or str(choice["household_rule"])), scheme=asked.scheme or str(choice["scheme"]),
    )  # fmt: skip
    return sizes, Planning(float(choice["planned_share"]), **{k: float(choice[k]) for k in _PLANNING})


def make_sample(asked: Asked, registers: Registers, plan: Plan) -> Result:
    """Plan and draw; nothing is written.

    Raises
    ------
    InputRefused
        K910 to K915, K920 to K922.
    """
    sizes, planning = settings(asked, plan)
    villages, listed = registers.tables["frame_villages"], registers.get("frame_households")
    frame = with_places(only_cities(villages, asked.cities, plan))
    check_places(frame, villages, listed, plan, named=bool(asked.cities))
    kinds = count_kinds(listed) if listed is not None and sizes.rule else None
    steps = county_steps(frame, sizes, planning, kinds)
    by_county = _plan(asked, frame, steps, sizes, planning, plan)
    towns = {str(c): int(n) for c, n in zip(by_county["county"], by_county["towns"], strict=True)}
    drawn = draw_sample(frame[["village", "n_households"]], towns, asked.seed, sizes, listed)
    level = float(plan.choices["survey"]["confidence"])
    errors = expected_errors(_persons(drawn), frame, planning, level=level)
    return Result(asked, sizes, planning, by_county, drawn, errors, level)


def _plan(
    asked: Asked, frame: pd.DataFrame, steps: Mapping[str, Steps], sizes: Sizes, planning: Planning, plan: Plan
) -> pd.DataFrame:
    strata = counties_of(frame)
    names = {str(c): plan.gazetteer.name(str(c)) for c in strata["city"]}
    share_out = partial(plan_towns, sizes=sizes, planning=planning, steps=steps, budget=asked.budget, names=names)
    if asked.se is not None or asked.se_city:
        if asked.towns is not None or asked.neyman:
            raise faults.bad_choice("allocation", "a precision and a number of towns", "one of them")
        special = dict(zip(city_codes(list(asked.se_city), frame, plan), asked.se_city.values(), strict=True))
        if asked.se is not None:
            special = dict.fromkeys(sorted(set(strata["city"])), asked.se) | special
        return share_out(strata, wanted_se=special)
    average = float(draw_choices(plan)["towns_per_county"])
    room = int(strata["n_towns"].sum())
    total = asked.towns if asked.towns is not None else min(round(average * len(strata)), room)
    if not asked.neyman:
        return share_out(strata, total=total)
    if "share" not in frame.columns or frame["share"].isna().any():
        raise faults.bad_choice("预计比例", "missing", "a share from 0 to 1 for every village")
    weighed = (frame["share"] * frame["n_households"]).groupby(frame["county"]).sum()
    share = strata["county"].map(weighed) / strata["n_households"]
    return share_out(strata.assign(share=share), total=total, neyman="share")


def _persons(drawn: Drawn) -> pd.DataFrame:
    """One row a household to be asked with city, town, village and weight; planned ones without a register."""
    villages = drawn.sample_villages
    if len(drawn.sample_households):
        out = drawn.sample_households[["village", "weight"]]
        return out.merge(villages[["village", "town", "city"]], on="village", validate="m:1")
    weight = villages["n_households"] / (villages["m_households"] * villages["p"])
    out = villages[["city", "town", "village"]].assign(weight=weight)
    return out.loc[out.index.repeat(villages["m_households"].astype(int))].reset_index(drop=True)


def run_sample(
    asked: Asked, registers: Registers, out: Path, plan: Plan, say: Say, *, overwrite: bool = False
) -> Result:
    """Draw, write the folder, and say how it went.

    Raises
    ------
    InputRefused
        K910 to K917, K920 to K922.
    """
    made = make_sample(asked, registers, plan)
    mark = str(plan.meta["mark"]) + ("（演示数据）" if registers.synthetic else "")
    named = _with_names(made, registers, plan)
    with writing(out, overwrite=overwrite) as folder:
        folder.table("sample_villages.csv", made.drawn.sample_villages, RAW["sample_villages"])
        if len(made.drawn.sample_households):
            folder.table("sample_households.csv", made.drawn.sample_households, RAW["sample_households"])
        folder.book("抽样设计与概率.xlsx", design_book(named, plan), title="抽样设计与概率", mark=mark)
        for city, part in named.drawn.sample_villages.groupby("city", sort=True):
            name = plan.gazetteer.name(str(city))
            people = named.drawn.sample_households
            sheets = city_book(part, people[people["village"].isin(set(part["village"]))])
            folder.book(f"抽样名单/{name}.xlsx", sheets, title=f"{name}样本名单", mark=mark)
        if registers.synthetic and any(label == "演示抽样框" for label, _, _ in registers.sources):
            put_demo(folder, registers)
        folder.put(RECORD, sample_record(made, registers, folder.sums, plan).encode())
    for line in said(made, plan):
        say(line)
    say(f"sample: lists, workbooks and protocol in {out}")
    return made


def with_names(frame: pd.DataFrame, register: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Towns or villages with city_name, county_name, town_name and village_name; the code where the register has no name."""
    given = register.set_index("village")
    names = {c: given[c] if c in given.columns else pd.Series(dtype=object) for c in ("name", "town_name")}
    by_town = names["town_name"].groupby(names["town_name"].index.astype(str).str[:9]).first()
    out = frame.assign(
        county_name=[plan.gazetteer.name(c) for c in frame["county"]], city_name=[plan.gazetteer.name(c) for c in frame["city"]],
        town_name=frame["town"].str[:9].map(by_town).fillna(frame["town"]),
    )  # fmt: skip
    if "village" in out:
        out["village_name"] = out["village"].map(names["name"]).fillna(out["village"])
    return out


def _with_names(made: Result, registers: Registers, plan: Plan) -> Result:
    """The result with names of counties, towns and villages in its frames."""
    add = partial(with_names, register=registers.tables["frame_villages"], plan=plan)
    drawn = made.drawn
    villages = add(drawn.sample_villages)
    places = villages[["village", "county_name", "town_name", "village_name"]]
    people = drawn.sample_households.merge(places, on="village", how="left")
    return replace(made, drawn=Drawn(add(drawn.towns), add(drawn.villages), villages, people))


def said(made: Result, plan: Plan) -> list[str]:
    """What was drawn and what is expected of it, one line a city."""
    drawn = made.drawn.sample_villages
    lines = ["city\ttowns\tvillages\thouseholds\tse\thalf width\tp of a village, lowest to highest"]
    for row in made.errors.itertuples(index=False):
        part = drawn if row.domain == PROVINCE else drawn[drawn["city"] == row.domain]
        name = "all" if row.domain == PROVINCE else plan.gazetteer.name(str(row.domain))
        lines.append(
            f"{name}\t{row.n_towns}\t{row.n_villages}\t{row.n}\t{row.se:.4f}\t{row.half_width:.4f}"
            f"\t{part['p'].min():.4f} to {part['p'].max():.4f}"
        )
    cost = made.drawn.towns["drawn"].sum() * made.planning.town_cost(made.sizes)
    lines.append(
        f"standard errors are those expected of a share of {made.planning.share:g}; cost about {cost:,.0f} yuan"
    )
    if extra := int(made.plan_by_county["extra"].sum()):
        lines.append(f"{extra} of the towns were added where one taken with certainty left a single place")
    if made.sizes.rule and not len(made.drawn.sample_households):
        lines.append("without a register of households kinds are unknown: standard errors are those of equal chances")
    return lines
