"""How the last run went: the page that the index links to and that alone differs from run to run.

It shows durations and when the run ended; reports, index and glossary do not change with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from kaohe.base.plan import Plan
from kaohe.plot.numbers import number
from kaohe.publish.index import STATES
from kaohe.publish.look import FAMILY_STACK, FONT_HERE, MARGINS, RUNNING, page_environment, visible
from kaohe.publish.manifest import FAILED, Entry
from kaohe.publish.reports import ReportId, notebook_of
from kaohe.publish.webfont import data_uri

NAME = "run-summary.html"
SLOWEST, NAMED = 20, 6


@dataclass(frozen=True)
class Listing:
    """One table of the page; `right` are the columns of numbers, `none` what is said without rows."""

    id: str
    title: str
    note: str
    labels: Sequence[str]
    rows: Sequence[Sequence[str]]
    none: str = ""
    right: Sequence[int] = field(default_factory=tuple)


def render_summary(
    reports: Sequence[ReportId], states: Mapping[str, str], entries: Mapping[str, Entry], *, plan: Plan,
    banner: str, facts: Sequence[tuple[str, str]], reason: Mapping[str, str], stamp: str,
) -> str:  # fmt: skip
    """The page of a run.

    Parameters
    ----------
    reports : sequence of ReportId
        All there are.
    states : mapping of slug to state
    entries : mapping of slug to Entry
        The manifest.
    plan : Plan
        Mark and year.
    banner : str
        Said on top for invented data.
    facts : sequence of (label, value)
        When, how many, how long.
    reason : mapping of slug to text
        Why reports failed, in Chinese.
    stamp : str
        In the printed footer.
    """
    known = [(r, entries[r.slug]) for r in reports if r.slug in entries]
    text = page_environment().get_template("kaohe/summary.html.j2").render(
        title=f"{plan.meta['year']}年考核报告生成情况", mark=str(plan.meta["mark"]), banner=banner, facts=facts,
        tables=[_failures(known, reason), _not_fresh(reports, states), _by_notebook(known), _slow_cells(known)],
        document_no=str(plan.meta["document_no"]), stamp=stamp, font=FONT_HERE, family_stack=FAMILY_STACK, running=RUNNING,
    )  # fmt: skip
    return text.replace(FONT_HERE, data_uri(visible(text) + MARGINS), 1)


def _failures(known: Iterable[tuple[ReportId, Entry]], reason: Mapping[str, str]) -> Listing:
    rows = [(r.target.name, r.notebook.label, reason.get(r.slug, "")) for r, e in known if e.state == FAILED]
    return Listing("failed", "失败的报告", "修正后可以只重新生成失败的报告", ("对象", "报告", "原因"), rows,
                   "没有失败的报告。")  # fmt: skip


def _not_fresh(reports: Iterable[ReportId], states: Mapping[str, str]) -> Listing:
    names: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        state = states.get(report.slug, "missing")
        if state in {"stale", "missing"}:
            names.setdefault((report.notebook.label, STATES[state]), []).append(report.target.name)
    rows = [
        (label, state, f"{len(n)}", "、".join(n[:NAMED]) + ("等" if len(n) > NAMED else ""))
        for (label, state), n in names.items()
    ]
    return Listing("open", "待更新和未生成的报告", "再次运行即可生成", ("报告", "状态", "份数", "对象"), rows,
                   "没有，全部报告都是最新的。", (2,))  # fmt: skip


def _by_notebook(known: Iterable[tuple[ReportId, Entry]]) -> Listing:
    spent: dict[str, list[float]] = {}
    for _, entry in known:
        if entry.seconds:
            spent.setdefault(entry.notebook, []).append(entry.seconds)
    rows = [
        (notebook_of(stem).label, f"{len(s)}", number(sum(s)), number(median(s), 2), number(max(s), 2))
        for stem, s in sorted(spent.items())
    ]
    return Listing("time", "各类报告用时", "单位为秒，取各报告最近一次生成", ("报告", "份数", "合计", "中位", "最长"), rows,
                   "尚无用时记录。", (1, 2, 3, 4))  # fmt: skip


def _slow_cells(known: Iterable[tuple[ReportId, Entry]]) -> Listing:
    slow = sorted((k for k in known if k[1].slowest[1] > 0), key=lambda k: -k[1].slowest[1])[:SLOWEST]
    rows = [
        (r.target.name, r.notebook.label, f"{e.slowest[0]}", number(e.slowest[1], 2), number(e.seconds, 2))
        for r, e in slow
    ]
    return Listing("slow", "最慢的单元", f"最多列{SLOWEST}份；单位为秒", ("对象", "报告", "单元序号", "单元用时", "报告用时"), rows,
                   "尚无用时记录。", (2, 3, 4))  # fmt: skip
