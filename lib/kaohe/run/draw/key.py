"""`kaohe draw key`: the 重点调查 supplement by risk, kept apart from the drawn sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file
from kaohe.base.plan import Plan
from kaohe.base.tables import OUTCOMES, RAW
from kaohe.design.draw.key import choose_key, key_households
from kaohe.design.draw.sample import Sizes, parse_rule
from kaohe.run.draw import words
from kaohe.run.draw.output import RECORD, writing
from kaohe.run.draw.registers import Registers
from kaohe.run.draw.sample import draw_choices, with_names
from kaohe.run.draw.sample_books import HOUSEHOLD, VILLAGE, sheet
from kaohe.run.steps import Say

LISTS = ("sample_villages", "sample_households")


@dataclass(frozen=True)
class Asked:
    """The public text for households, villages of each city (0: the plan's choice), and the folder of the drawn sample."""

    seed: str
    per_city: int
    sample: Path


def read_lists(folder: Path) -> dict[str, pd.DataFrame]:
    """The lists that `kaohe draw sample` wrote, as text by contract column.

    Raises
    ------
    InputRefused
        K910 without a list of drawn villages.
    """
    out = {}
    for name in LISTS:
        path = folder / f"{name}.csv"
        if path.is_file():
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            out[name] = frame.rename(columns={c.label: c.name for c in RAW[name].columns})
    if LISTS[0] not in out:
        raise InputRefused(
            "K910", "The register cannot be used for a draw", where=str(folder), got="no sample_villages.csv",
            expected="the folder of `kaohe draw sample`: what was drawn is left out of the choice",
            remedy="draw the sample first, or name its folder with --sample",
        )  # fmt: skip
    return out


def run_key(
    asked: Asked, registers: Registers, out: Path, plan: Plan, say: Say, *, overwrite: bool = False
) -> pd.DataFrame:
    """Choose and write the supplement.

    Raises
    ------
    InputRefused
        K910 to K912, K916, K917, K920, K922, K923.
    """
    choice = draw_choices(plan)
    lists, risks = read_lists(asked.sample), registers.get("risks")
    if risks is None:
        raise InputRefused(
            "K910", "The register cannot be used for a draw", got="no list of risks", expected="a file with 村代码 and 风险分",
            remedy="name it with --risks",
        )  # fmt: skip
    sizes = Sizes(households=int(choice["households_per_village"]), rule=parse_rule(str(choice["household_rule"])))
    per_city = asked.per_city or int(choice["key_villages_per_city"])
    frame = registers.tables["frame_villages"]
    chosen = choose_key(frame, risks, per_city, drawn=set(lists[LISTS[0]]["village"]))
    chosen["m_households"] = chosen["n_households"].clip(upper=sizes.households)
    people = registers.get("frame_households")
    homes = key_households(chosen, people, asked.seed, sizes) if people is not None else None
    mark = str(plan.meta["mark"]) + ("（演示数据）" if registers.synthetic else "")
    named = _named(chosen, frame, risks, plan)
    with writing(out, overwrite=overwrite) as folder:
        sheets = [sheet("重点调查村", (
            *VILLAGE, ("n_households", "登记户数", "whole", 10.0), ("m_households", "调查户数", "whole", 10.0),
            ("risk", "风险分", "general", 10.0), ("rank", "市内位次", "whole", 10.0), ("reason", "选定理由", "text", 30.0),
        ), named)]  # fmt: skip
        if homes is not None:
            places = named[["village", "county_name", "town_name", "village_name"]]
            sheets.append(sheet("重点调查户", HOUSEHOLD, homes.merge(places, on="village"), OUTCOMES))
        folder.book("重点调查名单.xlsx", sheets, title="重点调查名单", mark=mark)
        folder.table("sample_villages.csv", _joined(lists[LISTS[0]], chosen), RAW[LISTS[0]])
        if homes is not None and LISTS[1] in lists:
            folder.table("sample_households.csv", _joined(lists[LISTS[1]], homes), RAW[LISTS[1]])
        folder.put(RECORD, _record(asked, registers, named, per_city, folder.sums).encode())
    say(f"key: {len(chosen)} villages chosen by risk, {per_city} of each city, none of them drawn; see {out}")
    say("they carry no chance and no weight: selection is 重点调查, and no design takes them")
    return chosen


def _named(chosen: pd.DataFrame, frame: pd.DataFrame, risks: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The chosen villages with names and reason, highest risk of each city first."""
    why = risks.set_index("village")["reason"] if "reason" in risks.columns else pd.Series(dtype=object)
    named = with_names(chosen, frame, plan).assign(reason=chosen["village"].map(why).fillna(""))
    return named.sort_values(["city", "rank"], ignore_index=True)


def _joined(drawn: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """The drawn rows as they were, then the chosen ones; their selection tells them apart."""
    return pd.concat([drawn.astype(object), chosen.astype(object)], ignore_index=True)


def _record(asked: Asked, registers: Registers, named: pd.DataFrame, per_city: int, sums: Mapping[str, str]) -> str:
    sources = [
        *registers.sources,
        ("样本村名单", f"{asked.sample.name}/sample_villages.csv", sha256_file(asked.sample / "sample_villages.csv")),
    ]
    return words.record("重点调查村选定记录", {
        "输入": [f"公开字符串（只用于村内抽户）：`{asked.seed}`", "", *words.table(("名单", "文件", "SHA-256"), sources)],
        "办法（考核办的选择）": [
            f"- 每市在未抽中的村中按风险分从高到低取 {per_city} 个；同分的先取户数多的，再取代码小的。",
            "- 选定的村不是抽样得来，抽选方式记为“重点调查”，没有入样概率和权重，不进入任何估计、得分和排名，只单独描述。",
            "- 村内调查户按“households 村代码”用途抽取（办法同样本抽取记录）。",
        ],
        "结果": words.table(("市", "县", "镇", "村", "村代码", "风险分", "市内位次"),
                          named[["city_name", "county_name", "town_name", "village_name", "village", "risk", "rank"]].values.tolist()),
        "校验": words.checksums(sums),
    }, synthetic=registers.synthetic)  # fmt: skip
