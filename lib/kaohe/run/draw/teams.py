"""`kaohe draw teams`: the lot of the cross-assessment's teams, with its protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kaohe.base.files import sha256_file
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.book_out import Head, SheetOut
from kaohe.clean.frames import read_frame
from kaohe.design.draw import faults
from kaohe.design.draw.teams import TeamDraw, draw_teams
from kaohe.run.draw import words
from kaohe.run.draw.output import RECORD, writing
from kaohe.run.steps import Say

TASK_CITIES = "city14"


@dataclass(frozen=True)
class Asked:
    """What was asked for: the public text, files of exclusions, whether two teams may exchange cities."""

    seed: str
    exclusions: Path | None = None
    mutual: bool = False


def run_teams(asked: Asked, out: Path, plan: Plan, say: Say, *, overwrite: bool = False) -> TeamDraw:
    """Draw and write `teams.csv`, a workbook and the protocol.

    Raises
    ------
    InputRefused
        K910, K911, K915 to K918, K920.
    """
    cities = sorted(plan.classes[TASK_CITIES].members)
    pairs, reasons = read_exclusions(asked.exclusions, cities, plan)
    done = draw_teams(cities, asked.seed, excluded=pairs, mutual=asked.mutual)
    names = [plan.gazetteer.name(c) for c in done.cities]
    goes_to = [plan.gazetteer.name(c) for c in done.goes_to]
    frame = pd.DataFrame({
        "team": [f"第{i:02d}组" for i in range(1, len(names) + 1)], "leader_city": names, "city": goes_to,
    })  # fmt: skip
    with writing(out, overwrite=overwrite) as folder:
        folder.table("teams.csv", frame, RAW["teams"])
        heads = [Head("组号"), Head("组长单位", width=16), Head("考核市", width=16)]
        folder.book(
            "抽签结果.xlsx",
            [SheetOut("抽签结果", heads, frame.values.tolist())],
            title="交叉考核组抽签结果",
            mark=str(plan.meta["mark"]),
        )
        text = words.record("交叉考核组抽签记录", _parts(asked, done, frame, reasons, folder.sums))
        folder.put(RECORD, text.encode())
    for row in frame.itertuples(index=False):
        say(f"{row.team}\t{row.leader_city} → {row.city}")
    say(f"teams: {done.permitted:,} permitted assignments, attempt {done.attempts} held; protocol {out / RECORD}")
    return done


def read_exclusions(
    path: Path | None, cities: Sequence[str], plan: Plan
) -> tuple[set[tuple[str, str]], list[list[str]]]:
    """Excluded pairs as codes, and the lines of the file by name with their reasons.

    Raises
    ------
    InputRefused
        K910 for a file that cannot be read, K915 for a city that takes no part.
    """
    if path is None:
        return set(), []
    pairs: set[tuple[str, str]] = set()
    lines = []
    for row in read_frame(path, "exclusions", plan).itertuples(index=False):
        codes = []
        for text in (str(row.team), str(row.city)):
            found = [c for c in plan.gazetteer.candidates(text, "city") if c in cities]
            if len(found) != 1:
                raise faults.unknown("exclusion", text, [plan.gazetteer.name(c) for c in cities])
            codes.append(found[0])
        pairs.add((codes[0], codes[1]))
        lines.append([*(plan.gazetteer.name(c) for c in codes), "" if row.reason != row.reason else str(row.reason)])
    return pairs, [[*line, sha256_file(path)] for line in lines]


def _parts(
    asked: Asked, done: TeamDraw, frame: pd.DataFrame, reasons: list[list[str]], sums: dict[str, str]
) -> dict[str, list[str]]:
    listed = frame["leader_city"].tolist()
    away = ["- 不去本市。", *([] if asked.mutual else ["- 不互换：甲市的组去乙市，则乙市的组不去甲市。"])]
    return {
        "输入": [
            f"公开字符串：`{asked.seed}`", "", words.BEFOREHAND, "", f"参加抽签的市（{len(listed)}个，顺序是抽签的一部分，位置从 0 起）：", "",
            *words.table(("位置", "市"), list(enumerate(listed))), "",
            *(["回避：", "", *words.table(("组长单位", "考核市", "理由", "文件 SHA-256"), reasons)] if reasons else ["没有回避。"]),
        ],
        "规则": [*away, *(["- 回避的组和市不相遇。"] if reasons else []), "",
                 f"符合规则的分派共 {done.permitted:,} 种，每一种机会相等。方案规定抽签、交叉；不互换和回避是考核办的选择。"],
        "随机数": list(words.CHANCE),
        "步骤": [
            "1. 第 a 次尝试（a = 1、2、3……）的用途字符串是“teams a”（teams、一个空格、a 的十进制数字）。",
            "2. 把位置 0、1、2……打乱；打乱后第 i 个数就是第 i 个市的组要去的市的位置。",
            "3. 不符合规则的整次作废，进行下一次尝试；第一次符合规则的就是结果。",
            "", f"本次第 {done.attempts} 次尝试符合规则。",
        ],
        "结果": words.table(("组号", "组长单位", "考核市"), frame.values.tolist()),
        "校验": words.checksums(sums),
    }  # fmt: skip
