"""The list of all reports."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from kaohe.publish.audit import scan
from kaohe.publish.index import Row, render_index, rows_of
from kaohe.publish.look import script_hash, script_text
from kaohe.publish.manifest import Entry
from kaohe.publish.reports import reports_of
from support.built_frames import the_plan
from support.publishing import frames


class Texts(HTMLParser):
    """Texts of the body's table rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows = 0
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def rows(states: dict[str, str] | None = None) -> list[Row]:
    tables = frames()
    reports = reports_of(tables["targets"], the_plan())
    entries = {
        r.slug: Entry(r.slug, r.notebook.stem, r.target.object, r.target.name, "done", {}, outputs={"html/x": "1"})
        for r in reports
    }
    every = {r.slug: "fresh" for r in reports}
    return rows_of(reports, {**every, **(states or {})}, entries, tables, the_plan())


def render(found: list[Row], failures: list[tuple[str, str]] | None = None) -> str:
    return render_index(
        found, plan=the_plan(), banner="演示数据（虚构）", facts=[("报告", f"{len(found)}份")],
        failures=failures or [], summary="run-summary.html", stamp="建表",
    )  # fmt: skip


def test_a_citys_row() -> None:
    row = next(r for r in rows() if r.href == "city-440200.html")
    composite = frames()["composite"].set_index("object").loc["440200000000"]
    interval = frames()["rank_intervals"].set_index("object").loc["440200000000"]
    assert (row.name, row.group, row.label, row.state) == ("韶关市", "任务市", "市报告", "")
    assert row.grade == composite["grade_final"]
    assert row.score == f"{composite['composite']:.1f}"
    assert row.rank == f"{composite['rank']:.0f}（{interval['low']:.0f}–{interval['high']:.0f}）"


def test_counties_are_named_with_their_city_and_carry_no_grade() -> None:
    county = next(r for r in rows() if r.group == "县（市、区）")
    assert re.fullmatch(r".+市.+", county.name)
    assert county.score
    assert county.grade == ""


def test_what_has_no_score_says_why() -> None:
    composite, counties = frames()["composite"], frames()["counties"]
    lacking = composite[composite["composite"].isna()].iloc[0]
    row = next(r for r in rows() if r.name == lacking["name"] and r.label in {"市报告", "单位报告"})
    assert (row.grade, row.rank) == ("缺数据", "不排")
    assert row.score == f"在{lacking['low']:.1f}–{lacking['high']:.1f}"
    counties = counties.head(4).assign(
        score=float("nan"), rank=float("nan"), n_county=[0, 0, 1, 1], n_town=[0, 1, 0, 0], n_village=0,
        low=[float("nan")] * 3 + [61.25], high=[float("nan")] * 3 + [70.0],
    )  # fmt: skip
    reports = [r for r in reports_of(frames()["targets"], the_plan()) if r.target.object in set(counties["county"])]
    changed = rows_of(reports, {}, {}, {**frames(), "counties": counties}, the_plan())
    assert sorted((r.score, r.rank) for r in changed) == [
        ("在61.3–70.0", "不排"), ("未核查", "不排"), ("缺县表", "不排"), ("缺数据", "不排"),
    ]  # fmt: skip
    text = render([*rows(), *changed])
    assert "<td></td><td></td>" not in text
    assert "未核查</td><td>不排</td><td>—</td>" in text


def test_failed_stale_and_missing_are_said() -> None:
    states = {"city-440200": "failed", "overview": "stale", "unit-dw001": "missing"}
    said = {r.href: r.state for r in rows(states=states)}
    assert (said["city-440200.html"], said["overview.html"], said["unit-dw001.html"]) == ("失败", "待更新", "未生成")


def test_every_row_is_there_without_the_script_and_the_page_is_light() -> None:
    few = rows()
    unit = next(r for r in few if r.group == "单位")
    found = few + [replace(unit, name=f"单位{n:03d}", href=f"unit-dw{n:03d}.html") for n in range(390 - len(few))]
    text = render(found)
    assert Texts(text).rows == len(found) + 1
    assert len(text.encode()) < 200_000


def test_only_its_own_script_may_run() -> None:
    text = render(rows())
    assert f"script-src 'sha256-{script_hash('index')}'" in text
    assert text.count("<script") == 1
    assert f"<script>{script_text('index')}</script>" in text
    assert scan(text, script_hashes=frozenset({script_hash("index")})) == []
    assert [f.what for f in scan(text)] == ["a script"]


def test_failures_come_first_with_their_reason() -> None:
    text = render(rows(), [("韶关市 市报告", "笔记本有单元出错（代码K830）")])
    assert text.index("未能生成的报告（1份）") < text.index("报告列表</h2>")
    assert "韶关市 市报告：笔记本有单元出错（代码K830）" in text


@pytest.mark.parametrize("bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 1 }}"])
def test_hostile_names_are_text(bad: str) -> None:
    text = render([Row(name=bad, group=bad, label=bad, grade=bad, score=bad, rank=bad, completeness=bad)], [(bad, bad)])
    assert scan(text, script_hashes=frozenset({script_hash("index")})) == []
    assert sum(bad in w for w in Texts(text).words) >= 8


def test_same_inputs_same_bytes() -> None:
    assert render(rows()) == render(rows())
