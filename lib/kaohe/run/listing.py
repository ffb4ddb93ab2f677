"""The index of an output folder, written from the manifest and the built tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from kaohe.base.clock import beijing_time
from kaohe.base.files import write_text
from kaohe.base.plan import Plan
from kaohe.plot.choices import choices_in_force
from kaohe.plot.output import Context
from kaohe.publish import glossary
from kaohe.publish.audit import refuse_leaks
from kaohe.publish.built import BuildInfo
from kaohe.publish.index import STATES, render_index, rows_of
from kaohe.publish.look import script_hash
from kaohe.publish.manifest import FAILED, Manifest
from kaohe.publish.reports import ReportId
from kaohe.publish.summary import NAME, render_summary
from kaohe.run.asked import COLD, BatchResult

REASONS = {
    "K830": "笔记本有单元出错",
    "K831": "计算进程中断",
    "K832": "超过规定时间",
    "K833": "笔记本没有运行到底",
    "K834": "生成的不是所要的报告",
    "K835": "只生成了预览",
    "K836": "计算进程两次中断",
    "K837": "笔记本输出过多",
    "K838": "内存不足",
    "K844": "生成时有不应写入的文件",
    "K850": "检出不应出现的内容，已拦截",
}


def reason_zh(reason: str) -> str:
    """Why a report failed, for readers of the index: in words, with the code for the operator."""
    code = reason[:4]
    return f"{REASONS.get(code, '生成时出错')}（代码{code}）"


def write_index(
    outputs: Path, reports: Sequence[ReportId], states: Mapping[str, str], manifest: Manifest,
    tables: Mapping[str, pd.DataFrame], plan: Plan, info: BuildInfo,
) -> Path:  # fmt: skip
    """Write ``html/index.html`` and the glossary beside it; the same inputs give the same bytes.

    Raises
    ------
    DisclosureError
        K850, as for every page.
    """
    rows = rows_of(reports, states, manifest.entries, tables, plan)
    counts = Counter(states.get(r.slug, "missing") for r in reports)
    failures = [
        (f"{r.target.name} {r.notebook.label}", reason_zh(manifest.entries[r.slug].reason))
        for r in reports
        if states.get(r.slug) == "failed"
    ]
    said = "、".join(f"{STATES[s]}{counts[s]}份" for s in ("failed", "stale", "missing") if counts[s])
    facts = [
        ("报告", f"{sum(bool(r.href) for r in rows)}份" + (f"（{said}）" if said else "")),
        ("对象", "、".join(f"{c.short}{c.n}个" for c in plan.classes.values())),
        ("数据版本", info.data_hash[:12] or "未注明"),
        ("建表时间", beijing_time(info.time)),
    ]
    text = render_index(
        rows, plan=plan, banner=info.banner, facts=facts, failures=failures, summary=NAME,
        stamp=f"建表 {beijing_time(info.time)}",
    )  # fmt: skip
    refuse_leaks(text, "index", script_hashes=frozenset({script_hash("index")}))
    return _put(outputs / "html" / "index.html", text)


def write_glossary(outputs: Path, plan: Plan, info: BuildInfo) -> Path:
    """Write ``html/glossary.html``: the page of words and method that every report links to.

    Raises
    ------
    DisclosureError
        K850, as for every page.
    """
    year = int(plan.meta["year"])
    ctx = Context("province", "全省", "province", "", "", 0, year, info.origin, info.banner, plan)
    text = glossary.render_glossary(
        plan, banner=info.banner, choices=choices_in_force(ctx), stamp=f"建表 {beijing_time(info.time)}"
    )
    refuse_leaks(text, "glossary")
    return _put(outputs / "html" / glossary.NAME, text)


def _put(path: Path, text: str) -> Path:
    """Write a page that is not there yet or says something else."""
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)
    return path


def write_summary(
    outputs: Path, reports: Sequence[ReportId], states: Mapping[str, str], manifest: Manifest,
    result: BatchResult, plan: Plan, info: BuildInfo, time: str,
) -> Path:  # fmt: skip
    """Write ``html/run-summary.html``: how the last run went; the one page that differs from run to run.

    Parameters
    ----------
    result : BatchResult
        Of the run that ends here; `time` is when it ended (ISO, UTC).

    Raises
    ------
    DisclosureError
        K850, as for every page.
    """
    counts = f"生成{len(result.made)}份，失败{len(result.failed)}份，未变{len(result.skipped)}份"
    facts = [
        ("结束时间", beijing_time(time)),
        ("本次", counts + _left(result) + ("（运行中断，没有做完）" if result.cut_short else "")),
        ("用时", f"{result.seconds:.0f}秒"),
        ("计算进程", _kernels(result)),
        ("数据版本", info.data_hash[:12] or "未注明"),
    ]
    reasons = {s: reason_zh(e.reason) for s, e in manifest.entries.items() if e.state == FAILED}
    text = render_summary(
        reports, states, manifest.entries, plan=plan, banner=info.banner, facts=facts, reason=reasons,
        stamp=f"生成 {beijing_time(time)}",
    )  # fmt: skip
    refuse_leaks(text, "run-summary")
    return _put(outputs / "html" / NAME, text)


def _left(result: BatchResult) -> str:
    """How many reports were left stale on purpose, in Chinese; nothing when none was."""
    return f"，留待更新{len(result.left)}份（只有所比较的其他对象有变化）" if result.left else ""


def _kernels(result: BatchResult) -> str:
    """How kernels were started, in Chinese; that ordinary ones were used is never left out."""
    if not result.forked + result.ordinary:
        return "没有启动"
    counts = (("由已备好的程序快速启动", result.forked), ("从头启动", result.ordinary))
    said = "，".join(f"{how}{n}次" for how, n in counts if n)
    if not result.ordinary:
        return said
    return said + ("（按要求从头启动）" if result.notes == {COLD} else "（原因见运行记录末行）")
