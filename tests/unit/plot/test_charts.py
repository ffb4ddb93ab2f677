"""Every chart, over plausible frames and frames at the edge: nothing cut, nothing overlapping, the same twice."""

from __future__ import annotations

import dataclasses
import re
import warnings
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from kaohe.plot import fonts
from kaohe.plot.output import Chart, Text
from support.built_frames import make_context, unit_codes
from support.chart_cases import CASES, HOSTILE, LONG, Case, edge

pytestmark = pytest.mark.usefixtures("checked")
# One topic, two indicators and the larger city class stand for the others at the edge.
EDGE_CASES = [c for c in CASES if not re.search(r"profile-[02-5]|dots-(guarantees|poor)|-class6$", c.name)]
EACH = list({c.draw: c for c in CASES}.values())
EDGES = ("empty", "missing", "hostile", *(pytest.param(k, marks=pytest.mark.slow) for k in ("one", "equal", "long")))
FORBIDDEN = re.compile(r"\bnan\b|NaN|None|\\u|_|Traceback|inf\b|<NA>")


def ids(case: Case) -> str:
    return case.name


def check(chart: Chart | Text) -> None:
    if isinstance(chart, Text):
        assert chart.paragraphs
        assert all(p.endswith("。") for p in chart.paragraphs)
        return
    words = [chart.title, chart.subtitle, chart.alt, chart.note, chart.table.caption, *chart.table.columns]
    for text in words:
        assert text.strip()
        assert not FORBIDDEN.search(text.replace(HOSTILE, "")), text
        assert not re.search(r"(?<![0-9.])0[项个市]中|为0[项个市]", text)
        assert "（）" not in text
    assert chart.alt not in {chart.title, chart.subtitle}
    assert not chart.title.endswith("。")
    assert "演示数据（虚构）" in chart.note
    assert chart.table.rows
    root = ET.fromstring(chart.svg)
    assert not [e for e in root.iter() if e.get("id") or e.get("href") or e.get("style")]
    shown = [e.text or "" for e in root.iter() if e.tag.endswith("}text")]
    assert shown
    covered = fonts.coverage(fonts.font_path())
    assert not {c for t in shown for c in t if ord(c) not in covered}
    assert not [t for t in shown if FORBIDDEN.search(t.replace("fill:red", ""))]
    # The caption carries the title.
    assert chart.title not in shown


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_chart_is_whole_and_the_same_twice(
    case: Case, built: dict[str, pd.DataFrame], many: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = many if case.kind in {"unit", "classunit"} else built
    ctx = make_context(case.kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chart = case.make(frames, ctx)
    check(chart)
    monkeypatch.delenv("KAOHE_CHECK_LAYOUT")
    assert chart == case.make(frames, ctx)


@pytest.mark.parametrize("kind", EDGES)
@pytest.mark.parametrize("case", EDGE_CASES, ids=ids)
def test_chart_at_the_edge(case: Case, kind: str, built: dict[str, pd.DataFrame]) -> None:
    ctx = make_context(case.kind)
    if kind in {"long", "hostile"}:
        word = LONG if kind == "long" else HOSTILE
        ctx = dataclasses.replace(ctx, names={u: f"{word}{u}" for u in unit_codes(235)} | {"440203000000": word})
    chart = case.make(edge(built, case.tables, kind, ctx.object), ctx)
    check(chart)
    if kind == "empty":
        assert isinstance(chart, Text)


@pytest.mark.parametrize("case", EACH, ids=ids)
def test_inputs_are_left_alone_and_office_data_say_nothing_of_a_demonstration(
    case: Case, built: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAOHE_CHECK_LAYOUT")
    before = {name: built[name].copy(deep=True) for name in case.tables}
    chart = case.make(built, make_context(case.kind, origin="office"))
    assert "演示" not in str(chart.payload())
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, built[name])


def test_pages_of_a_large_class_hold_each_weak_target_once(
    many: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kaohe.plot import charts

    monkeypatch.delenv("KAOHE_CHECK_LAYOUT")
    ctx = make_context("classunit")
    items = many["item_grades"]
    index = items[(items["class_id"] == "unit235") & (items["level"] == "unit")]
    weak = set(index.loc[index["grade"].isin(["一般", "较差"]), "object"])
    pages = charts.heatmap_pages(items, ctx)
    assert pages == -(-len(weak) // 45)
    for draw in (charts.grade_heatmap, charts.grade_mix):
        seen: list[str] = []
        for page in range(1, pages + 1):
            chart = draw(items, ctx, page=page)
            assert isinstance(chart, Chart)
            assert chart.id.endswith(f"-{page}") or page == 1
            seen += [row[0] for row in chart.table.rows if row[0] != "合计"]
        assert sorted(seen) == sorted(f"单位{code[2:]}" for code in weak)


def test_charts_of_a_unit_report_are_light(built: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG stays within a third of the page's budget of 400 KB."""
    monkeypatch.delenv("KAOHE_CHECK_LAYOUT")
    unit = [c.make(built, make_context("unit")) for c in CASES if c.kind == "unit"]
    assert sum(len(c.svg) for c in unit if isinstance(c, Chart)) < 130_000
