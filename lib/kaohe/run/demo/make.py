"""Writes the whole demonstration: a synthetic office's raw folder, and the answer key beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import swapped_folder
from kaohe.base.plan import Plan, load_plan
from kaohe.run.demo.cross_files import CrossFiles, cross_files
from kaohe.run.demo.daily_files import daily_grids
from kaohe.run.demo.faults import Fault, fault_frame
from kaohe.run.demo.grid import Grid
from kaohe.run.demo.judgement import build_quality
from kaohe.run.demo.office_files import office_grids
from kaohe.run.demo.planting import Planter
from kaohe.run.demo.population import Population, population
from kaohe.run.demo.registry_files import object_frame, registry_grids
from kaohe.run.demo.sample import Sample, draw_sample
from kaohe.run.demo.streams import stream
from kaohe.run.demo.survey_files import survey_grids
from kaohe.run.demo.truth import truth

ORIGIN = "origin.toml"
GENERATOR = "kaohe.run.demo 1"
KEPT = ("README.md", ".gitkeep", ".gitignore")


def make_demo(
    out: Path,
    *,
    seed: int = 2020,
    households: int = 400_000,
    sample_seed: int | None = None,
    plan: Plan | None = None,
) -> dict[str, object]:
    """Write every raw input as an office would hold it, and the answer key to ``<out>_answers``.

    Parameters
    ----------
    out : Path
        The raw folder: absent, empty (a README may stand in it) or an earlier demonstration.
    seed : int
        Seed of the population, the forms, the records and the faults.
    households : int
        Register households, 15,000 to 10,000,000.
    sample_seed : int, optional
        Seed of the draw of the sample; `seed` when not given.
    plan : Plan, optional
        The packaged plan when not given.

    Returns
    -------
    dict
        ``folder, answers, seed, sample_seed, households, files, villages, selected, completed, faults``.

    Raises
    ------
    InputRefused
        K901 when `out` holds something that is not a demonstration; K902 for a size out of range.
    """
    out = Path(out)
    check_target(out)
    chosen = plan or load_plan()
    draw = seed if sample_seed is None else sample_seed
    people = population(seed, households, chosen)
    sample = draw_sample(people, draw, chosen)
    grids, cross, faults = raw_files(people, sample, chosen, seed)
    _write_raw(out, grids, cross, _origin(seed, draw, households))
    answers = answers_of(out)
    _write_answers(answers, faults, truth(people, chosen))
    return {
        "folder": out,
        "answers": answers,
        "seed": seed,
        "sample_seed": draw,
        "households": households,
        "files": len(grids) + len(cross.books),
        "villages": len(sample.villages),
        "selected": len(sample.households),
        "completed": len(sample.answers),
        "faults": len(faults),
    }


def raw_files(people: Population, sample: Sample, plan: Plan, seed: int) -> tuple[list[Grid], CrossFiles, list[Fault]]:
    """All raw files in memory with their faults: plain tables, workbooks of forms, the key of faults."""
    counties: dict[str, list[str]] = {}
    for name, parent in people.geography.counties[["name", "parent"]].itertuples(index=False):
        counties.setdefault(plan.gazetteer.name(parent), []).append(name)
    planter = Planter(stream(seed, "faults"), counties)
    quality = build_quality(people, plan, seed)
    register = object_frame(people, plan)
    targets = dict(zip(register["object"], register["name"], strict=True))
    short = {c.short: c.id for c in plan.classes.values()}
    kinds = {o: short[c] for o, c in zip(register["object"], register["class_id"], strict=True)}
    grids = registry_grids(people, plan, planter)
    grids += survey_grids(people, sample, plan, seed, planter)
    cross = cross_files(people, quality, plan, seed, planter)
    grids += daily_grids(quality, targets, kinds, plan, seed, planter)
    grids += office_grids(cross, quality, targets, kinds, plan, seed, planter)
    return grids, cross, [*planter.faults, *cross.faults]


def check_target(out: Path) -> None:
    """Refuse a folder that holds something else than a demonstration, or that cannot be made because a file is in its way.

    Raises
    ------
    InputRefused
        K901.
    """
    whole = _whole(out)
    for place in (whole, *whole.parents, *([answers_of(whole)] if whole.name else [])):
        if os.path.lexists(place) and not place.is_dir():
            raise _refused(
                place, "a file" if place.exists() else "a link to nothing", "choose another folder with --out"
            )
    if not out.is_dir() or (out / ORIGIN).is_file():
        return
    held = sorted(p.name for p in out.iterdir() if p.name not in KEPT)
    if held:
        got = f"{', '.join(held[:3])}{' …' if len(held) > 3 else ''} and no {ORIGIN}"
        raise _refused(out, got, "choose another folder with --out; files of an office are never overwritten")


def answers_of(out: Path) -> Path:
    """The folder of the answer key, beside the raw folder."""
    whole = _whole(out)
    return whole.with_name(f"{whole.name}_answers")


def _whole(out: Path) -> Path:
    return out.absolute()  # links stay as they are named


def _refused(where: Path, got: str, remedy: str) -> InputRefused:
    return InputRefused(
        "K901",
        "The demonstration cannot be written there",
        where=str(where),
        got=got,
        expected="a folder that is absent, empty or an earlier demonstration",
        remedy=remedy,
    )


def _origin(seed: int, sample_seed: int, households: int) -> str:
    return (
        "# Invented data: no person, household, village or unit in this folder exists.\n"
        f'synthetic = true\nseed = {seed}\nsample_seed = {sample_seed}\nhouseholds = {households}\n'
        f'generator = "{GENERATOR}"\n'
    )  # fmt: skip


def _write_raw(out: Path, grids: list[Grid], cross: CrossFiles, origin: str) -> None:
    with swapped_folder(out) as fresh:
        for name in KEPT:
            if (out / name).is_file():
                shutil.copyfile(out / name, fresh / name)
        for grid in grids:
            grid.write(fresh)
        cross.write(fresh)
        (fresh / ORIGIN).write_text(origin, encoding="utf-8")


def _write_answers(answers: Path, faults: list[Fault], values: pd.DataFrame) -> None:
    with swapped_folder(answers) as fresh:
        fault_frame(faults).to_csv(fresh / "faults.csv", index=False, encoding="utf-8", lineterminator="\n")
        values.to_csv(fresh / "truth.csv", index=False, encoding="utf-8", lineterminator="\n", float_format="%.12g")
