"""问题数据清单: what senders are to mend, as workbooks to send back.

Written to ``data/processed/returns/``: the lists hold addresses and values of single records, are
meant for their senders only, and must not lie among what readers get (``outputs/``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import locked, read_json, read_parquet, swapped_folder, write_bytes
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.book_out import Head, SheetOut, write_book
from kaohe.clean.scrub import mask_text
from kaohe.clean.senders import Senders

BOOK = "问题数据清单"
MEND, NOTE = "须改正", "请核对"
STATES = ("已改正重报", "核实无误", "无法核实")
ASKED = frozenset({"K235", "K244", "K259", "K289", "K296", "K297", "K299"})
COLUMNS = (
    "sender", "file", "sheet", "row", "column", "cell", "value", "rule", "expected", "remedy", "level", "code", "table",
)  # fmt: skip
BY = ("all", "sender", "file")
MOST = 100_000


def returned(findings: pd.DataFrame, senders: Senders) -> pd.DataFrame:
    """What a sender is to mend or look at, one row a finding.

    Parameters
    ----------
    findings : DataFrame
        The clean table ``findings``.
    senders : Senders

    Returns
    -------
    DataFrame
        `COLUMNS`; `level` is 须改正 for rows set aside and files not used, 请核对 for the notes of
        `ASKED`. Repairs by rule and remarks that ask nothing of the sender are left out.
        Ordered by sender, file, sheet, row, column, code.
    """
    wrong = findings["action"].isin(["quarantine", "refuse"])
    part = findings[wrong | ((findings["action"] == "note") & findings["code"].isin(ASKED))].copy()
    part["level"] = [MEND if a in {"quarantine", "refuse"} else NOTE for a in part["action"]]
    part["sender"] = [senders.name(f) for f in part["file"]]
    part["value"] = [mask_text(v)[0] for v in part["value"]]
    return part[list(COLUMNS)].sort_values(["sender", "file", "sheet", "row", "column", "code"], ignore_index=True)


def overview(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts by sender and file: findings to mend, rows concerned, whether the file was refused, notes."""
    found = []
    for (sender, file), part in rows.groupby(["sender", "file"], sort=True):
        mend = part[part["level"] == MEND]
        concerned = mend.loc[mend["row"] > 0, ["sheet", "row"]].drop_duplicates()
        table = table_word(str(part["table"].iloc[0]))
        found.append((sender, file, table, len(mend), len(concerned), int((part["level"] == NOTE).sum())))
    return pd.DataFrame(found, columns=["sender", "file", "table", "mend", "rows", "notes"])


def table_word(name: str) -> str:
    """Chinese name of a raw table."""
    return RAW[name].label if name in RAW else {"cross": "指标表和考评表"}.get(name, "")


def book_of(rows: pd.DataFrame, info: dict[str, Any], plan: Plan, *, to: str = "") -> bytes:
    """The workbook of some rows of `returned`; `to` names the only sender, when there is one.

    It lists the first `MOST` of them and says how many it leaves out; the counts are of all.
    """
    meta = plan.meta
    demo = info.get("origin") == "demo"
    lines: list[list[Any]] = [
        [BOOK, f"{meta['title']}（{meta['document_no']}）"],
        *([["注意", "演示数据（虚构）"]] if demo else []),
        ["密级", str(meta["mark"])],
        ["报送单位", to or "全部"],
        ["数据指纹", str(info.get("data_hash", ""))[:16]],
        ["须改正", f"{int((rows['level'] == MEND).sum())} 条：所在的行或文件没有采用"],
        ["请核对", f"{int((rows['level'] == NOTE).sum())} 条：已采用并标明"],
        *([["没有列出", f"{len(rows) - MOST} 条：本表只列前 {MOST} 条，汇总是全数；可用 kaohe returns --by sender 分开生成"]] if len(rows) > MOST else []),
        [],
        ["怎样填写", "在原文件中按文件、工作表、行、列找到该处，改正后重报整个文件；在本表“办理情况”中选填，有说明的写在“说明”中。"],
        ["现值", "原文件中的写法；个人信息已遮盖，不在本表中出现。请勿在本表中填写姓名、证件号、电话、账号。"],
    ]  # fmt: skip
    counts = overview(rows)
    heads = [
        Head("报送单位", width=16), Head("文件", width=44), Head("表", width=16), Head("须改正（条）", "whole", 10),
        Head("涉及行数", "whole", 10), Head("请核对（条）", "whole", 10),
    ]  # fmt: skip
    totals = ["合计", "", "", *(int(counts[c].sum()) for c in ("mend", "rows", "notes"))]
    listed = [
        Head("序号", "whole", 6), Head("报送单位", width=12), Head("文件", width=30), Head("工作表", width=14),
        Head("行", "whole", 6), Head("列", width=16), Head("单元格", width=8), Head("现值", width=18), Head("规则", width=20),
        Head("应为", width=26), Head("处理建议", width=26), Head("类别", width=8), Head("代码", width=7),
        Head("办理情况", width=11), Head("说明", width=18),
    ]  # fmt: skip
    values = [
        [n, r["sender"], r["file"], r["sheet"], r["row"] or None, r["column"], r["cell"], r["value"], r["rule"], r["expected"],
         r["remedy"], r["level"], r["code"], None, None]
        for n, r in enumerate(rows.head(MOST).to_dict("records"), start=1)
    ]  # fmt: skip
    sheets = [
        SheetOut("填写说明", [], lines),
        SheetOut("汇总", heads, [*counts.to_numpy().tolist(), *([totals] if len(counts) else [])]),
        SheetOut("问题清单", listed, values, choices=((13, STATES),)),
    ]
    marks = "　".join(m for m in (str(meta["mark"]), "演示数据（虚构）" if demo else "") if m)
    return write_book(sheets, title=BOOK, header=marks, subject=str(meta["id"]))


def write_returns(processed: Path, plan: Plan, *, by: str = "all") -> list[Path]:
    """Write the lists below ``processed/returns``, in place of what was there.

    Parameters
    ----------
    processed : Path
        Holds ``clean/``.
    plan : Plan
    by : {"all", "sender", "file"}
        One workbook of everything; besides it one for each sender, or one for each file.

    Returns
    -------
    list of Path
        The workbooks; the same clean tables give the same bytes.

    Raises
    ------
    InputRefused
        K810 without clean tables, K366 for another `by`.
    BusyError
        K501.
    """
    if by not in BY:
        raise InputRefused(
            "K366", "Unknown way to divide the lists", got=by, expected="one of " + ", ".join(BY),
            remedy="`kaohe returns --by sender` writes one workbook for each sender",
        )  # fmt: skip
    clean = processed / "clean"
    if not (clean / "intake.json").is_file():
        raise InputRefused(
            "K810", "There are no cleaned tables", where=str(clean),
            remedy="put the office's files into data/raw (or run `kaohe demo`), then run `kaohe clean`",
        )  # fmt: skip
    info = read_json(clean / "intake.json")
    objects = read_parquet(clean / "objects.parquet", columns=["object", "name"])
    senders = Senders(plan, dict(zip(objects["object"], objects["name"], strict=True)))
    rows = returned(read_parquet(clean / "findings.parquet"), senders)
    with locked(processed, "kaohe returns"), swapped_folder(processed / "returns") as fresh:
        names = []
        for name, part, to in _parts(rows, by):
            write_bytes(fresh / name, book_of(part, info, plan, to=to))
            names.append(name)
    return [processed / "returns" / n for n in names]


def _parts(rows: pd.DataFrame, by: str) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """File name, rows and sender of each workbook."""
    yield f"{BOOK}.xlsx", rows, ""
    if by == "all":
        return
    taken: set[str] = set()
    for key, part in rows.groupby(by, sort=True):
        stem = _plain(str(key))
        if stem in taken:
            stem = f"{stem}_{len(taken) + 1}"
        taken.add(stem)
        yield f"{BOOK}_{stem}.xlsx", part.reset_index(drop=True), str(part["sender"].iloc[0])


def _plain(text: str) -> str:
    """A sender or path as part of a file name, short enough for any file system."""
    return re.sub(r"[^\w.-]+", "_", text.rsplit(".", 1)[0] if "/" in text else text)[:60]
