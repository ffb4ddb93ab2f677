"""Tables of what came in and how complete it is: intake, findings, screens, completeness, choices."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.choices import CHOSEN, choices_in_force
from kaohe.plot.output import Context, Table, Text

_ACTIONS = {"quarantine": "隔离", "normalise": "按规则改正", "refuse": "未采用", "note": "记录", "exclude": "排除"}


def intake(frame: pd.DataFrame, ctx: Context, *, id: str = "t-intake") -> Table | Text:
    """Every file that came in: rows read, used, set aside, and the balance.

    Parameters
    ----------
    frame : DataFrame
        ``intake``.
    """
    return t.make(
        id, "来件逐件清单", frame.sort_values(["table", "file", "sheet"]),
        [
            t.text("表", "table_label"), t.text("文件", "file"), t.text("工作表", "sheet"), t.text("编码", "encoding"), t.whole("读入", "read"),
            t.whole("采用", "used"), t.whole("隔离", "quarantined"), t.whole("表头合计行", "declared"), t.whole("空行", "blank"),
            t.whole("差额", "balance"), t.yes("状态", "refused", "未采用", "采用"),
        ],
        empty="没有收到任何文件。",
        note="差额 = 读入 − 采用 − 隔离 − 表头合计行（标题、表头、合计、附注）− 空行，应为0：没有一行数据无声丢失。",
        folded=True,
    )  # fmt: skip


def intake_totals(frame: pd.DataFrame, ctx: Context, *, id: str = "t-intake-totals") -> Table | Text:
    """What came in, one row a kind of table, and a total.

    Parameters
    ----------
    frame : DataFrame
        ``intake``.
    """
    frame = frame.assign(balance=frame["balance"].abs())
    counts = ["read", "used", "quarantined", "declared", "blank", "balance"]
    rows = []
    for label in dict.fromkeys(frame.sort_values("table")["table_label"]):
        mine = frame[frame["table_label"] == label]
        rows.append({"table_label": label, "files": mine["file"].nunique(), **{c: int(mine[c].sum()) for c in counts}})
    if rows:
        rows.append(
            {"table_label": "合计", "files": frame["file"].nunique(), **{c: int(frame[c].sum()) for c in counts}}
        )
    return t.make(
        id, "来件按表汇总", rows,
        [
            t.text("表", "table_label"), t.whole("文件数", "files"), t.whole("读入", "read"), t.whole("采用", "used"), t.whole("隔离", "quarantined"),
            t.whole("表头合计行", "declared"), t.whole("空行", "blank"), t.whole("差额", "balance"),
        ],
        empty="没有收到任何文件。",
        note="单位为行；读入 = 采用 + 隔离 + 表头合计行 + 空行。差额逐件取绝对值相加，正负不相抵，应为0。",
    )  # fmt: skip


# What a table of findings lists: its id, what it is called, the actions in it, whether it is folded, the note.
_FINDINGS = {
    "aside": ("t-findings", "隔离和未采用的数据", ("quarantine", "refuse"), False,
              "隔离的行不进入任何计算，逐条清单连同文件、工作表和行号随数据交还报送单位。"),
    "mended": ("t-mended", "按规则改正的数据", ("normalise", "exclude"), True, "按改正后的值计算，原值留在来件中。"),
    "noted": ("t-noted", "照收并记录备查的数据", ("note",), True,
              "已经采用，记下来供核对；“抽查地点不在样本名单”指考核组到了样本名单以外的地点，另行选定重点地点时属正常。"),
}  # fmt: skip


def findings(frame: pd.DataFrame, ctx: Context, *, what: str = "aside", id: str = "") -> Table | Text:
    """Problem data by rule: how many, what was done, what the sender should do.

    Parameters
    ----------
    frame : DataFrame
        ``findings_summary``.
    ctx : Context
    what : str
        ``aside``: set aside or refused; ``mended``: by rule; ``noted``: used as it came and noted down.
    id : str
        ASCII slug on the page.
    """
    name, said, actions, folded, note = _FINDINGS[what]
    rows = frame[frame["action"].isin(list(actions))].sort_values(["n", "table", "code"], ascending=[False, True, True])
    return t.make(
        id or name, f"{said}，按规则汇总", rows,
        [
            t.text("表", "table_label"), t.text("规则", "rule"), t.custom("处理", lambda r: _ACTIONS.get(str(r["action"]), str(r["action"])), "center"),
            t.whole("条数", "n"), t.text("处理建议", "remedy"), t.text("代码", "code"),
        ],
        empty=f"没有{said}。", note=note, folded=folded,
    )  # fmt: skip


def data_quality(frame: pd.DataFrame, ctx: Context, *, id: str = "t-data-quality") -> Table | Text:
    """Missing and doubtful answers by city.

    Parameters
    ----------
    frame : DataFrame
        ``data_quality``.
    """
    return t.make(
        id, "各市专项调查数据质量", frame.sort_values("missing_share", ascending=False),
        [
            t.text("市", "name"), t.whole("答卷户", "households"), t.whole("应答项", "cells"), t.whole("未答项", "missing"),
            t.percent("缺失率", "missing_share", 2), t.whole("隔离行", "quarantined"), t.percent("存疑率", "doubtful_share", 2),
        ],
        empty="没有专项调查数据。",
        note="答卷户为收到可用答卷的户，含重点调查村的户，因此多于抽样调查的完成户数。",
    )  # fmt: skip


def screens_summary(frame: pd.DataFrame, ctx: Context, *, id: str = "t-screens-summary") -> Table | Text:
    """The screens with flags, one row a screen: how many were looked at, how many are flagged, who.

    Parameters
    ----------
    frame : DataFrame
        ``screens``.
    """
    rows = []
    for label, mine in frame.groupby("label", sort=False):
        flagged = mine[mine["flagged"]]
        who = numbers.names(dict.fromkeys(flagged["name"]), 6, "个")
        rows.append({"label": label, "n": len(mine), "flagged": len(flagged), "who": who})
    rows.sort(key=lambda r: (-int(r["flagged"]), str(r["label"])))
    shown = [r for r in rows if r["flagged"]]
    clean = len(rows) - len(shown)
    return t.make(
        id, f"真实性筛查的提示，按筛查项目（{len(shown)}类）", shown,
        [t.text("筛查", "label"), t.whole("筛查对象数", "n"), t.whole("提示数", "flagged"), t.text("提示对象", "who")],
        empty="真实性筛查没有提示。",
        note="提示只说明需要核对，不等于数据不实。" + (f"另有{clean}类筛查没有提示。" if clean else ""),
    )  # fmt: skip


def screens(frame: pd.DataFrame, ctx: Context, *, flagged_only: bool = False, id: str = "t-screens") -> Table | Text:
    """Screens for the truth of the data, flagged ones first.

    Parameters
    ----------
    frame : DataFrame
        ``screens``.
    ctx : Context
    flagged_only : bool
        Leave out what is within its bound.
    id : str
        ASCII slug on the page.
    """
    rows = frame[frame["flagged"]] if flagged_only else frame
    rows = rows.assign(_f=~rows["flagged"]).sort_values(["_f", "screen", "object"])
    n = int(rows["flagged"].sum())
    return t.make(
        id, f"真实性筛查：{n}项提示" if n else "真实性筛查：没有提示", rows,
        [
            t.text("筛查", "label"), t.text("对象", "name"), t.decimal("数值", "value", 2), t.decimal("界限", "threshold", 2),
            t.yes("提示", "flagged", "提示", numbers.MISSING), t.text("说明", "note"),
        ],
        empty="真实性筛查没有提示。",
        note="提示只说明需要核对，不等于数据不实；每组只考核一市，组与市的差别分不开。",
        folded=len(rows) > 20,
    )  # fmt: skip


def screen_records(frame: pd.DataFrame, ctx: Context, *, most: int = 30, id: str = "t-screen-records") -> Table | Text:
    """The records behind the screens, the first of each screen; all of them are in the workbook of tables.

    Parameters
    ----------
    frame : DataFrame
        ``screen_records``.
    ctx : Context
    most : int
        Records shown of one screen.
    id : str
        ASCII slug on the page.
    """
    ordered = frame.sort_values(["screen", "object", "number"])
    rows = ordered[ordered.groupby("screen").cumcount() < most]
    left = len(frame) - len(rows)
    cut = f"每项筛查最多列{most}条，另有{numbers.integer(left)}条；" if left else ""
    return t.make(
        id, f"筛查所依据的记录：{numbers.integer(len(frame))}条", rows,
        [
            t.text("筛查", "label"), t.text("对象", "name"), t.text("记录", "record"), t.text("所见", "value"), t.text("文件", "file"),
            t.text("工作表", "sheet"), t.whole("行", "row"),
        ],
        empty="筛查没有列出记录。",
        note=f"{cut}全部记录见数据表 data-quality.xlsx。按比例筛查的项目只列有提示的对象。",
        folded=True,
    )  # fmt: skip


def set_aside(frame: pd.DataFrame, ctx: Context, *, id: str = "t-set-aside") -> Table | Text:
    """What was set aside or refused, by sender and file.

    Parameters
    ----------
    frame : DataFrame
        ``set_aside``.
    """
    return t.make(
        id, "隔离和未采用的数据，按报送单位和文件", frame.sort_values(["sender", "file", "sheet", "code"]),
        [
            t.text("报送单位", "sender"), t.text("文件", "file"), t.text("工作表", "sheet"), t.text("规则", "rule"),
            t.custom("处理", lambda r: _ACTIONS.get(str(r["action"]), str(r["action"])), "center"), t.whole("条数", "n"),
            t.whole("首行", "first_row"), t.text("代码", "code"),
        ],
        empty="没有隔离和未采用的数据。",
        note="首行为0表示整个文件。逐条清单见交还报送单位的《问题数据清单》。",
        folded=True,
    )  # fmt: skip


def completeness(frame: pd.DataFrame, ctx: Context, *, id: str = "t-completeness") -> Table | Text:
    """What should have come in for a target and what did.

    Parameters
    ----------
    frame : DataFrame
        ``completeness`` of the target.
    """
    order = ("index", "field", "survey", "indicators", "measures", "facts", "self_report")
    rows = frame.sort_values("part", key=lambda s: s.map({part: n for n, part in enumerate(order)}))
    return t.make(
        id, f"{ctx.name}数据完整情况", rows,
        [
            t.text("部分", "label"), t.whole("应有", "expected"), t.whole("实有", "received"), t.percent("完整率", "share"), t.text("说明", "note"),
        ],
        empty=f"没有{ctx.name}的数据完整情况。",
        note="".join(
            (
                "“应有”为0的部分不计完整率。" if (rows["expected"] == 0).any() else "",
                "样本户的“应有”为抽中户减去空户，“实有”为完成户。" if (rows["part"] == "survey").any() else "",
            )
        ),
    )  # fmt: skip


def choices(ctx: Context, *, id: str = "t-choices") -> Table | Text:
    """The office's choices in force, each with its value and note.

    Parameters
    ----------
    ctx : Context
        Its plan holds the choices.
    """
    rows = [{"what": a, "value": b, "note": "" if c == b else c} for a, b, c in choices_in_force(ctx)]
    return t.make(
        id, "现行方法选择", rows, [t.text("事项", "what"), t.text("取值", "value"), t.text("说明", "note")],
        empty="没有方法选择。",
        note=f"{CHOSEN}。改动后名次和等次会怎样变化，见方法敏感性分析。",
        folded=True,
    )  # fmt: skip
