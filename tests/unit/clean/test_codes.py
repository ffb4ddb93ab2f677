"""Every code of this room is explained to the sender and in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from kaohe.clean.codes import RULES, describe, finding

ROOT = Path(__file__).parents[3]


def documented() -> set[str]:
    found: set[str] = set()
    for line in (ROOT / "docs/errors.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r"\| (K\d{3})(?:[–-](K\d{3}))? \|", line)
        if match:
            last = match[2] or match[1]
            found |= {f"K{n}" for n in range(int(match[1][1:]), int(last[1:]) + 1)}
    return found


def test_every_code_is_documented() -> None:
    used: set[str] = set()
    for path in sorted((ROOT / "lib/kaohe/clean").glob("*.py")):
        used |= set(re.findall(r'"(K\d{3})"', path.read_text(encoding="utf-8")))
    assert used >= set(RULES)
    assert used - documented() == set()


def test_every_code_in_use_has_its_words() -> None:
    # raised with words of their own: they stop the run
    raised = {
        *("K910", "K210", "K236", "K237", "K346", "K353", "K354", "K355"),
        *("K360", "K361", "K362", "K365", "K366", "K810"),
        *(f"K{n}" for n in range(371, 377)),
    }
    for path in sorted((ROOT / "lib/kaohe/clean").glob("*.py")):
        used = set(re.findall(r'"(K\d{3})"', path.read_text(encoding="utf-8")))
        assert used - raised <= set(RULES), path.name


def test_a_finding_carries_its_rule() -> None:
    made = finding("quarantine", "K274", "self_grades", "a.csv", row=3, value="优秀" * 200)
    assert (made.rule, made.expected, made.remedy) == ("不是规定的等次", "好、较好、一般、较差", "请从四个等次中选填")
    assert len(made.value) == 200


def test_a_finding_reads_as_a_message() -> None:
    made = finding(
        "quarantine", "K203", "households", "survey/households/韶关.xlsx", sheet="住户", row=17, column="身份证号", cell="C17",
        value="（个人信息已遮盖，18 位）",
    )  # fmt: skip
    assert describe(made) == (
        "K203 身份证号校验位不符\n"
        "  where     survey/households/韶关.xlsx › 住户 › C17 › column 身份证号\n"
        "  got       （个人信息已遮盖，18 位）\n"
        "  expected  18 位，末位按 GB 11643 校验\n"
        "  done      row set aside (see quarantine.parquet)\n"
        "  remedy    请核对原始资料后改正重报"
    )
    made = finding("refuse", "K211", "daily", "daily/a.csv", value="0 字节")
    assert describe(made) == (
        "K211 空文件 0 字节\n  where     daily/a.csv\n  got       0 字节\n  expected  有内容的文件\n"
        "  done      file not used; the others are\n  remedy    请重新导出后重报"
    )
