"""主要结论 and cards of the sample-design and data-quality reports."""

from __future__ import annotations

import pandas as pd

from kaohe.base.tables import PURPOSIVE, RANDOM
from kaohe.plot import numbers
from kaohe.plot.output import Card, Cards, Note, Notes
from kaohe.plot.survey_cells import drawn_households, without_vacant
from kaohe.plot.table_maker import records
from kaohe.plot.words_common import Source, end, first


def conclusions_sample(job: Source) -> Notes:
    """主要结论 on sample, response, weights, calibration.

    Parameters
    ----------
    job : Source
        Reads ``response``, ``village_profile``, ``weight_diagnostics``, ``calibration``.
    """
    response = job.table("response")
    whole = first(response[response["domain_type"] == "province"])
    if whole is None:
        return Notes([Note("没有收到专项调查样本。", "t-response")])
    villages = job.table("village_profile")
    drawn = villages[villages["selection"] == RANDOM]
    key = villages[villages["selection"] == PURPOSIVE]
    notes = [
        Note(
            f"抽样调查覆盖{drawn['city'].nunique()}个市、{drawn['county'].nunique()}个县（市、区）的{len(drawn)}个村，抽中"
            f"{numbers.integer(whole['selected'])}户，完成{numbers.integer(whole['completed'])}户，"
            f"应答率{numbers.percent(whole['response_rate'])}{without_vacant(whole)}{_key(len(key))}。",
            "t-response",
        )
    ]
    cities = response[response["domain_type"] == "city"].sort_values(["response_rate", "domain"])
    if len(cities) > 1:
        low, high = records(cities)[0], records(cities)[-1]
        notes.append(
            Note(
                f"各市应答率在{numbers.percent(low['response_rate'])}（{low['name']}）至{numbers.percent(high['response_rate'])}"
                f"（{high['name']}）之间；无应答按户类型和家庭规模分组调整。",
                "response",
            )
        )
    notes += [*_weights(job.table("weight_diagnostics")), _calibrated(job.table("calibration"))]
    return Notes(notes)


def _key(n: int) -> str:
    """The villages of 重点调查, as a clause; empty when there are none."""
    return f"；另有重点调查村{n}个，只作描述，不带权重，不进入估计、得分和名次" if n else ""


def cards_sample(job: Source) -> Cards:
    """Completed households, response rate, register households represented, greatest design effect.

    From ``response``, ``weight_diagnostics``.
    """
    response, weights = job.table("response"), job.table("weight_diagnostics")
    whole = first(response[response["domain_type"] == "province"])
    deff = weights["deff_kish"].max() if len(weights) else float("nan")
    return Cards(
        [
            Card(
                numbers.integer(whole["completed"]) if whole else numbers.MISSING,
                "完成样本户（户）",
                drawn_households(whole) if whole else "",
            ),
            Card(numbers.percent(whole["response_rate"]) if whole else numbers.MISSING, "应答率"),
            Card(
                numbers.integer(weights["register_households"].sum()) if len(weights) else numbers.MISSING,
                "代表的登记户（户）",
                f"{len(weights)}个市合计" if len(weights) else "",
            ),
            Card(numbers.number(deff, 2), "权重设计效应最大值", "按市"),
        ]
    )


def _weights(rows: pd.DataFrame) -> list[Note]:
    if rows.empty:
        return []
    ordered = rows.sort_values(["deff_kish", "city"])
    low, high = records(ordered)[0], records(ordered)[-1]
    worst = max(records(rows), key=lambda r: abs(r["sum_weights"] - r["register_households"]))
    off = numbers.integer(abs(worst["sum_weights"] - worst["register_households"]))
    match = "各市权重合计与登记户数一致" if off == "0" else f"权重合计与登记户数相差最大的是{worst['name']}（{off}户）"
    return [
        Note(
            f"{match}；权重设计效应最大的是{high['name']}（{numbers.number(high['deff_kish'], 2)}），最小的是{low['name']}"
            f"（{numbers.number(low['deff_kish'], 2)}）。",
            "weights",
        )
    ]


def _calibrated(rows: pd.DataFrame) -> Note:
    if rows.empty:
        return Note("权重没有校准。", "t-calibration")
    off = rows[[numbers.half_up(abs(a - b)) > 0 for a, b in zip(rows["after"], rows["target"], strict=True)]]
    if off.empty:
        return Note(f"校准收敛，{len(rows)}组加权户数全部与登记户数一致。", "t-calibration")
    return Note(f"{len(rows)}组中有{len(off)}组校准后与登记户数仍有差额，见校准表。", "t-calibration")


def conclusions_quality(job: Source) -> Notes:
    """主要结论 on what came in, what was set aside and why.

    Parameters
    ----------
    job : Source
        Reads ``intake``, ``findings_summary``, ``set_aside``, ``data_quality``, ``screens``.
    """
    intake = job.table("intake")
    if intake.empty:
        return Notes([Note("没有收到任何文件。", "t-intake-totals")])
    read, used, aside = (int(intake[c].sum()) for c in ("read", "used", "quarantined"))
    refused, balance = intake[intake["refused"]], int(intake["balance"].abs().sum())
    text = f"收到{intake['file'].nunique()}个文件，读入{numbers.integer(read)}行，采用{numbers.integer(used)}行"
    text += (
        f"，隔离{numbers.integer(aside)}行（{numbers.percent(aside / read, 2) if read else numbers.MISSING}）"
        if aside
        else "，没有隔离"
    )
    other = int(intake["declared"].sum() + intake["blank"].sum())
    text += f"；表头、合计行和空行{numbers.integer(other)}行" if other else ""
    text += (
        "；逐件核对，读入与采用、隔离、表头合计行、空行之和无差额"
        if balance == 0
        else f"；有{numbers.integer(balance)}行去向不明，须查清后再用"
    )
    notes = [Note(end(text), "t-intake-totals")]
    if len(refused):
        names = numbers.names(dict.fromkeys(str(f) for f in refused["file"]), 3, "个文件")
        notes.append(Note(f"整件未采用的有{refused['file'].nunique()}个文件：{names}。", "t-intake"))
    notes += [
        _rules(job.table("findings_summary"), job.table("set_aside")),
        *_noted(job.table("findings_summary")),
        _worst(job.table("data_quality")),
        _screens(job.table("screens")),
    ]
    return Notes(notes)


def cards_quality(job: Source) -> Cards:
    """Files, rows, share set aside, screens flagged: from ``intake``, ``screens``."""
    intake, screens = job.table("intake"), job.table("screens")
    read, aside = int(intake["read"].sum()), int(intake["quarantined"].sum())
    refused = intake[intake["refused"]]["file"].nunique()
    return Cards(
        [
            Card(
                numbers.integer(intake["file"].nunique()),
                "来件（个文件）",
                _adopted(refused, aside),
            ),
            Card(numbers.integer(read), "读入行数"),
            Card(
                numbers.percent(aside / read, 2) if read else numbers.MISSING, "隔离比例", f"{numbers.integer(aside)}行"
            ),
            Card(numbers.integer(int(screens["flagged"].sum())), "真实性筛查提示（项）"),
        ]
    )


def _adopted(refused: int, aside: int) -> str:
    """Whether whole files were refused, beside the rows set aside out of those that were not."""
    if refused:
        return f"整件未采用{refused}个"
    return f"文件全部采用，其中{numbers.integer(aside)}行隔离" if aside else "全部采用"


def _rules(rows: pd.DataFrame, set_aside: pd.DataFrame) -> Note:
    """What was set aside most often, who is asked to send it again, what was mended by rule."""
    aside = rows[rows["action"] == "quarantine"].sort_values(["n", "code"], ascending=[False, True])
    mended = int(rows[rows["action"] == "normalise"]["n"].sum())
    tail = f"；按规则自动改正{numbers.integer(mended)}处" if mended else ""
    if aside.empty:
        return Note(end(f"没有需要隔离的问题数据{tail}"), "t-findings")
    by_rule = aside.groupby("rule", sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    top = [f"{rule}（{numbers.integer(n)}条）" for rule, n in by_rule.head(3).items()]
    senders = set_aside[set_aside["action"] == "quarantine"].groupby("sender")["n"].sum()
    asked = f"，涉及{len(senders)}个报送单位" if len(senders) > 1 else ""
    said = f"隔离的问题数据{numbers.integer(aside['n'].sum())}条{asked}，最多的是{'、'.join(top)}{tail}"
    return Note(end(said), "t-findings")


def _noted(rows: pd.DataFrame) -> list[Note]:
    """What was used as it came and only noted down, so that a large count is not taken for a fault."""
    noted = rows[rows["action"] == "note"]
    if noted.empty:
        return []
    by_rule = noted.groupby("rule", sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    top = [f"{rule}（{numbers.integer(n)}处）" for rule, n in by_rule.head(2).items()]
    said = f"照收并记录备查{numbers.integer(noted['n'].sum())}处，最多的是{'、'.join(top)}；已计入采用，不是错误"
    return [Note(end(said), "t-noted")]


def _worst(rows: pd.DataFrame) -> Note:
    if rows.empty:
        return Note("没有专项调查数据。", "t-data-quality")
    cells, missing = int(rows["cells"].sum()), int(rows["missing"].sum())
    top = records(rows.sort_values(["missing_share", "city"], ascending=[False, True]))[0]
    share = numbers.percent(missing / cells, 2) if cells else numbers.MISSING
    return Note(
        f"专项调查应答项缺失率为{share}，最高的是{top['name']}（{numbers.percent(top['missing_share'], 2)}）。",
        "t-data-quality",
    )


def _screens(rows: pd.DataFrame) -> Note:
    flagged = rows[rows["flagged"]]
    if flagged.empty:
        return Note("真实性筛查没有提示。", "t-screens")
    kinds = flagged["label"].value_counts()
    said = [f"{k}（{n}项）" for k, n in sorted(kinds.items(), key=lambda kv: (-kv[1], str(kv[0])))]
    return Note(
        f"真实性筛查提示{len(flagged)}项：{numbers.names(said, 3, '类')}；提示只说明需要核对，不等于数据不实。",
        "t-screens-summary",
    )
