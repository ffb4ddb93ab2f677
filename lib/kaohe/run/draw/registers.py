"""The registers of a draw: read from files, made for the demonstration, or taken from an earlier draw's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file
from kaohe.base.frames import FRAMES
from kaohe.base.plan import Plan
from kaohe.clean.frames import read_frame
from kaohe.design.draw import faults
from kaohe.design.faults import few
from kaohe.run.draw.output import FRAMES as FOLDER
from kaohe.run.draw.output import Folder


@dataclass
class Registers:
    """Registers by name, where each came from with its hash, and whether they are invented."""

    tables: dict[str, pd.DataFrame]
    sources: list[tuple[str, str, str]] = field(default_factory=list)
    synthetic: bool = False

    def get(self, name: str) -> pd.DataFrame | None:
        """A register, or None."""
        return self.tables.get(name)


def read_registers(files: dict[str, Path | None], plan: Plan, *, demo: bool) -> Registers:
    """Read the files that are given; with `demo` make what is not.

    Raises
    ------
    InputRefused
        K910 without a register of villages, or for a file that cannot be used.
    """
    out = Registers({})
    if demo:
        from kaohe.run.draw.demo import HOUSEHOLDS, SEED, demo_registers

        out = Registers(demo_registers(plan), [("演示抽样框", f"种子 {SEED}，{HOUSEHOLDS} 户", "")], True)
    for name, path in files.items():
        if path is not None:
            out.tables[name] = read_frame(path, name, plan)
            out.sources.append((FRAMES[name].label, path.name, sha256_file(path)))
            out.synthetic |= path.with_name("演示数据.txt").is_file()
    if "frame_villages" not in out.tables:
        raise InputRefused(
            "K910", "The register cannot be used for a draw", got="no register of villages",
            expected="a file with 村代码 and 登记户数", remedy="name it with --villages, or try with --demo",
        )  # fmt: skip
    return out


def put_demo(folder: Folder, registers: Registers) -> None:
    """Write the demonstration's registers beside the draw, as examples of what an office gives."""
    for name, frame in registers.tables.items():
        folder.table(f"{FOLDER}/{FRAMES[name].label}.csv", frame, FRAMES[name])
    folder.put(f"{FOLDER}/演示数据.txt", "本文件夹的抽样框为演示数据（虚构）。\n".encode())


def found_in(sample: Path, name: str) -> Path | None:
    """The register that a demonstration draw left in its folder."""
    path = sample / FOLDER / f"{FRAMES[name].label}.csv"
    return path if path.is_file() else None


def only_cities(frame: pd.DataFrame, names: list[str], plan: Plan) -> pd.DataFrame:
    """Villages of some cities.

    Raises
    ------
    InputRefused
        K915 for a city that the register does not have.
    """
    if not names:
        return frame
    codes = city_codes(names, frame, plan)
    return frame[frame["village"].str[:4].isin({c[:4] for c in codes})]


def check_places(
    frame: pd.DataFrame, villages: pd.DataFrame, households: pd.DataFrame | None, plan: Plan, *, named: bool
) -> None:
    """Refuse registers with places that no sample of this plan can have.

    Parameters
    ----------
    frame : DataFrame
        What is drawn from: `villages` of the cities asked for, with county and city.
    households : DataFrame, optional
        The register of households; each of its villages must be in `villages`.
    named : bool
        Cities were named: others than those with a poverty task may then be drawn.

    Raises
    ------
    InputRefused
        K910 for an unknown county, a city without a task, or households of unknown villages.
    """
    known = {p.code for p in plan.divisions}
    strange = sorted(set(frame["county"]) - known)
    if strange:
        raise faults.bad_register("register of villages", few(strange), "counties of the plan's divisions.csv")
    tasks = set(plan.classes["city14"].members)
    other = sorted(set(frame["city"]) - tasks)
    if other and not named:
        raise faults.bad_register(
            "register of villages", few(plan.gazetteer.name(c) for c in other), "cities with a poverty task",
            "take them out, or name the cities to draw with --city",
        )  # fmt: skip
    if households is not None:
        lost = sorted(set(households["village"].astype(str)) - set(villages["village"].astype(str)))
        if lost:
            raise faults.bad_register("register of households", few(lost), "villages of the register of villages")


def city_codes(names: list[str], frame: pd.DataFrame, plan: Plan) -> list[str]:
    """Codes of cities by name or code, among those of a register of villages. Raises K915."""
    there = {str(v)[:4] + "0" * 8 for v in frame["village"]}
    out = []
    for name in names:
        found = [c for c in plan.gazetteer.candidates(name, "city") if c in there]
        if len(found) != 1:
            raise faults.unknown("city", name, sorted(plan.gazetteer.name(c) for c in there))
        out.append(found[0])
    return out
