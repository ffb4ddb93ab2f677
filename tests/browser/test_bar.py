"""The bar of the pages: each line over one page of each kind."""

from __future__ import annotations

import re
import shutil
import socket
import time
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, Playwright

from kaohe.publish.downloads import BEHIND
from kaohe.publish.glossary import terms
from kaohe.publish.html import KaoheExporter
from support.bar import (
    clumsy,
    filled,
    half_up,
    inaccessible,
    misplaced,
    pdf_faults,
    printed,
    slips,
    torn,
    unfold,
    unfounded,
)
from support.browsing import FLAGS, KINDS, NAMES, Listener
from support.built_frames import the_plan
from support.pdf_text import page_texts
from support.publishing import PAGE_ONLY

pytestmark = pytest.mark.browser
REPORTS = KINDS[3:]

# ---------------------------------------------------------------------------------------------
# offline


@pytest.fixture(scope="module")
def waiting(driver: Playwright) -> Iterator[Browser]:
    """A browser for which every host name leads to a port that takes the call and never answers."""
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    path = next(p for n in NAMES if (p := shutil.which(n)))
    rules = f"--host-resolver-rules=MAP * 127.0.0.1:{server.getsockname()[1]}"
    started = driver.chromium.launch(executable_path=path, args=[*FLAGS, rules])
    yield started
    started.close()
    server.close()


_PAINT = "(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: 1e9}).startTime"


def shown_after(browser: Browser, url: str) -> float:
    """Milliseconds until something is seen; the best of three, since other work may hold up one."""
    best = 1e9
    for _ in range(3):
        page = browser.new_page()
        page.goto(url, wait_until="commit")
        end = time.monotonic() + 3
        while (took := float(page.evaluate(_PAINT))) == 1e9 and time.monotonic() < end:
            page.wait_for_timeout(50)
        page.close()
        best = min(best, took)
        if best < 1000:
            break
    return best


@pytest.mark.parametrize("name", ["index", "overview", "city-440200"])
def test_shown_in_a_second_where_no_name_is_ever_answered(name: str, site: Path, waiting: Browser) -> None:
    assert shown_after(waiting, (site / f"{name}.html").as_uri()) < 1000


def test_a_page_that_waits_for_the_network_is_told_apart(tmp_path: Path, waiting: Browser) -> None:
    (tmp_path / "bad.html").write_text(
        "<link rel=stylesheet href='http://example.org/x.css'><p>a</p>", encoding="utf-8"
    )
    assert shown_after(waiting, (tmp_path / "bad.html").as_uri()) == 1e9


# ---------------------------------------------------------------------------------------------
# pictures


@pytest.mark.parametrize("name", REPORTS)
def test_no_text_of_a_picture_is_cut_or_covers_another(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    assert misplaced(page) == []


def test_a_covered_text_is_found(tmp_path: Path, page: Page) -> None:
    text = '<figure class="chart" id="a"><svg width="200" height="40" viewBox="0 0 200 40">{}</svg></figure>'
    inside = '<text x="9" y="20">一二三四</text><text x="19" y="22">五六七八</text><text x="190" y="20">九十百千</text>'
    (tmp_path / "bad.html").write_text(f"<meta charset=utf-8>{text.format(inside)}", encoding="utf-8")
    page.goto((tmp_path / "bad.html").as_uri())
    assert [b[1] for b in misplaced(page)] == ["outside", "一二三四"]


# ---------------------------------------------------------------------------------------------
# words

# What only statisticians say; whoever reads it on a page finds it explained.
VOCABULARY = (
    "名次区间", "同时成立的95%区间", "有效权重", "方案权重", "设计效应", "有效样本量", "变异系数", "初级抽样单元", "无应答调整", "校准",
    "置信区间", "抽样误差", "标准误", "重点调查", "已隐藏", "不可估", "慎用", "待核", "缺数据", "上下界", "按分等次", "等次赋分", "分等界限",
    "限制规则", "人工决定", "换位权重", "方法敏感性", "备选赋分", "随机赋分", "固定做法", "起评分", "等级相关系数", "中位等次", "真实性筛查", "加权κ", "缺失率",
    "存疑率", "数据指纹", "数据版本", "相对贫困线", "三保障", "错退率", "漏评率", "分位", "中位数", "下限值", "目标值", "贡献分", "失分",
    "应答率", "空户", "隔离", "差额", "实地核查得分", "靠后", "突出问题", "一般及以下", "明显差于全省", "设计权重", "登记户", "位次",
)  # fmt: skip


def test_counts_of_nothing_are_found_and_cells_are_left() -> None:
    for said in (
        "菱形为考核等次；0项的连线表示自评较高。", "同市另有0个，", "全省0个靠后。", "距满分失0.0分，按分项", "共2条记录，合计扣0.0分。",
        "按分项（0项）", "可比的1项即使都没有差别", "抽查的0个镇里",
    ):  # fmt: skip
        assert clumsy(said), said
    for said in (
        " 0项 ",
        "共10项的",
        "估计值在下限值得0分，",
        "相差2.0个百分点",
        "可比的21项即使都没有差别",
        "得分从0到100分",
    ):
        assert not clumsy(said), said


@pytest.mark.parametrize("name", KINDS)
def test_pages_speak_chinese_and_show_no_trace_of_the_machine(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    unfold(page)
    assert slips(page) == []


def test_what_statisticians_say_is_explained_and_every_page_leads_there(site: Path) -> None:
    explained = "、".join(terms(the_plan()))
    for name in KINDS:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        lacking = [w for w in VOCABULARY if w in re.sub(r"<[^>]*>", "", text) and w not in explained]
        assert lacking == [], name
        assert name == "glossary" or 'href="glossary.html"' in text, name


# ---------------------------------------------------------------------------------------------
# tables beside the page


def test_every_table_has_its_files_beside_the_page_and_they_hold_its_sheet(
    site: Path, page: Page, tmp_path: Path
) -> None:
    stick = tmp_path / "U盘 1"
    for folder in ("html", "tables"):
        shutil.copytree(site.parent / folder, stick / folder)
    seen: set[str] = set()
    for name in REPORTS:
        page.goto((stick / "html" / f"{name}.html").as_uri())
        found = page.evaluate(
            """[...document.querySelectorAll('figure.tab')].map(f => [f.id,
                 [...f.querySelectorAll('.get a')].map(a => [a.getAttribute('href'), a.textContent])])"""
        )
        for table, links in found:
            assert links or table in PAGE_ONLY, (name, table)
            seen.add(table)
            for href, text in links:
                path = stick / "html" / href
                assert path.is_file(), (name, href)
                if path.suffix == ".xlsx":
                    sheet = re.fullmatch(r"Excel（工作表“(.+)”）", text)
                    assert sheet is not None
                    assert sheet[1] in load_workbook(path, read_only=True).sheetnames, (name, href)
    assert seen <= BEHIND.keys() | PAGE_ONLY
    assert len(seen) > 30


def test_paper_leaves_out_what_only_a_screen_can_use(site: Path, page: Page) -> None:
    page.goto((site / "ranking-city14.html").as_uri())
    page.emulate_media(media="print")
    assert not page.is_visible(".get >> nth=0")
    page.goto((site / "index.html").as_uri())
    assert page.locator("#reports thead th").all_inner_texts() == [
        "对象", "类别", "报告", "等次", "得分", "名次", "数据完整率", "状态",
    ]  # fmt: skip


# Sheets that a report may take; the last one may end anywhere, of the others on the average so much is used.
SHEETS = {
    "overview": 6,
    "ranking-city14": 8,
    "city-440200": 11,
    "city-440100": 10,
    "survey-440200": 6,
    "county-440203": 4,
    "unit-dw003": 4,
    "ranking-unit235": 6,
    "data-quality": 3,
    "sample-design": 4,
}


@pytest.mark.parametrize("name", REPORTS)
def test_sheets_are_full_and_no_picture_goes_over_their_edge(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    data = printed(page)
    assert torn(page, data) == []
    shares = filled(data)
    assert len(shares) <= SHEETS[name], shares
    assert sum(shares[:-1]) > 0.78 * (len(shares) - 1), shares


def test_a_picture_over_the_edge_of_a_sheet_and_an_empty_sheet_are_found(tmp_path: Path, page: Page) -> None:
    head = "<meta charset=utf-8><style>@page{size:A4;margin:15mm 15mm 14mm}p{margin:0}</style>"
    parts = (
        "<figcaption>图甲</figcaption>", "<p style='height:200mm'>乙</p>", "<p class='src'>来源</p>",
    )  # fmt: skip
    figure = f"<figure class='chart' style='margin:0'>{''.join(parts)}</figure>"
    (tmp_path / "bad.html").write_text(f"{head}<p style='height:134mm'>上</p>{figure}", encoding="utf-8")
    page.goto((tmp_path / "bad.html").as_uri())
    data = printed(page)
    assert torn(page, data) == ["图甲"]
    (tmp_path / "good.html").write_text(
        f"{head}<p style='height:134mm'></p><p>上</p><div style='break-before:page'>{figure}</div>", encoding="utf-8"
    )
    page.goto((tmp_path / "good.html").as_uri())
    data = printed(page)
    assert torn(page, data) == []
    assert filled(data)[0] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", ["index", "overview", "ranking-unit235"])
def test_every_printed_page_carries_the_mark(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    data = printed(page)
    assert list(pdf_faults(data)) == []
    texts = page_texts(data)
    assert len(texts) > 1
    if name == "index":
        assert all("数据完整率" in t for t in texts[:-1])


def test_the_statisticians_edition_is_accessible_on_a_phone_too(site: Path, page: Page, tmp_path: Path) -> None:
    book = nbformat.read(site.parent / "notebooks" / "ranking-city14.ipynb", as_version=4)
    text, _ = KaoheExporter(edition="statistician").from_notebook_node(book)
    (tmp_path / "x.html").write_text(text, encoding="utf-8")
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto((tmp_path / "x.html").as_uri())
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert inaccessible(page) == []
    assert page.locator("details.code").count() > 10
    assert page.locator("details.read li").count() > 5


# ---------------------------------------------------------------------------------------------
# hostile input


def test_hostile_words_in_every_column_of_the_tables_are_shown_and_do_nothing(
    hostile_site: Path, page: Page, listener: Listener
) -> None:
    before = len(listener.visits)
    pages = sorted(hostile_site.glob("*.html"))
    assert {p.stem for p in pages} >= {"index", "overview", "city-440200", "data-quality"}
    seen = 0
    for path in pages:
        page.goto(path.as_uri())
        unfold(page)
        assert page.evaluate("document.body.dataset.pwn") is None, path.name
        assert (
            page.evaluate("document.querySelectorAll('main img, main iframe, main script, main [onerror]').length") == 0
        )
        seen += page.inner_text("body").count("<img src=x onerror=document.body.dataset.pwn=1>")
    assert seen > 50
    assert len(listener.visits) == before


# ---------------------------------------------------------------------------------------------
# numbers of the conclusions


def sheet(site: Path, book: str, name: str) -> list[dict[str, Any]]:
    """The rows of a delivered workbook's sheet."""
    lines = list(
        load_workbook(site.parent / "tables" / f"{book}.xlsx", read_only=True)[name].iter_rows(values_only=True)
    )
    return [dict(zip_longest(map(str, lines[0]), line)) for line in lines[1:]]


def conclusions(site: Path, name: str, page: Page) -> list[str]:
    page.goto((site / f"{name}.html").as_uri())
    said: list[str] = page.evaluate(
        "[...document.querySelectorAll('.notes li')].map(l => [...l.childNodes].filter(n => n.nodeType == 3).map(n => n.textContent).join(''))"
    )
    assert 3 <= len(said) <= 6, said
    return said


def test_the_conclusions_of_a_ranking_recompute_from_its_workbook(site: Path, page: Page) -> None:
    said = conclusions(site, "ranking-city14", page)
    rows = sheet(site, "ranking-city14", "综合评价")
    graded = [r["综合等次"] for r in rows if r["综合得分"] is not None]
    for grade in ("好", "较好", "一般", "较差"):
        n = graded.count(grade)
        assert (f"“{grade}”{n}个" in said[0]) == (n > 0)
    scores = [half_up(r["综合得分"]) for r in rows if r["名次"] is not None]
    high, low = max(scores, key=float), min(scores, key=float)
    assert f"{high}分" in said[2]
    assert f"{low}分" in said[2]
    assert f"相差{half_up(float(high) - float(low))}分" in said[2]
    spans = [
        r["名次上限"] - r["名次下限"] + 1
        for r in sheet(site, "ranking-city14", "名次区间")
        if r["名次下限"] is not None
    ]
    assert max(spans) == 1 or f"跨{max(spans):.0f}个位次" in said[3]
    weights = sheet(site, "ranking-city14", "名义与有效权重")
    top = max(weights, key=lambda r: r["有效权重"])
    head = "得分差距主要由{}拉开" if top["有效权重"] > 0.5 else "拉开得分差距最多的是{}"
    nominal, effective = (half_up(100 * top[c], 0) for c in ("名义权重", "有效权重"))
    assert f"{head.format(top['来源名称'])}：方案权重{nominal}%，有效权重{effective}%" in said[4]
    every = sheet(site, "ranking-city14", "敏感性汇总")
    fixed = [r for r in every if r["居中等次变化对象数"] is None]
    assert f"换用{sum(r['情形数'] for r in fixed)}种固定做法" in said[5]
    assert f"平均{half_up(max(r['平均名次变动'] for r in fixed), 2)}位" in said[5]
    most = max(r["等次变化对象数"] for r in fixed)
    assert (f"等次变化的最多，有{most}个对象" in said[5]) == (most > 0)
    (random,) = (r for r in every if r not in fixed)
    assert f"随机赋分{random['情形数']:,}次" in said[5]
    assert f"变动最大的一次为{random['最大名次变动']:.0f}位" in said[5]
    middle = random["居中等次变化对象数"]
    assert (f"居中的等次有{middle:.0f}个对象" in said[5]) if middle else ("居中的等次都与现等次相同" in said[5])


def test_pairs_in_the_conclusions_of_a_ranking_are_those_of_the_picture(site: Path, page: Page) -> None:
    text = conclusions(site, "ranking-city14", page)[3]
    cells = page.evaluate(
        "[...document.querySelectorAll('#pairs tbody tr')].map(r => [...r.querySelectorAll('td')].map(c => c.textContent))"
    )
    above = [row[i] for n, row in enumerate(cells) for i in range(len(row) - len(cells) + n + 1, len(row))]
    sure = sum(p == ">99%" or int(p.strip("<>%")) >= 95 for p in above)
    assert f"{len(above)}对中{sure}对有95%以上把握" in text


@pytest.mark.parametrize("name", ["city-440200", "unit-dw003"])
def test_what_a_waterfall_names_is_the_largest_of_its_sign_in_its_table(name: str, site: Path, page: Page) -> None:
    page.goto((site / f"{name}.html").as_uri())
    figures = page.evaluate(
        """[...document.querySelectorAll('figure.chart[id^=waterfall]')].map(f => [f.querySelector('figcaption').textContent,
             [...f.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))])"""
    )
    assert figures
    for title, rows in figures:
        parts = [(label, float(value.replace("−", "-"))) for _, label, value in rows[:-1]]
        for word, sign in (("拉高最多的是", 1), ("拉低最多的是", -1)):
            top = max(sign * value for _, value in parts)
            said = re.findall("“([^”]+)”", title.partition(word)[2].partition("（")[0])
            assert set(said) <= {label for label, value in parts if sign * value == top}, title
            assert (word in title) == bool(said)
        largest = max(abs(value) for _, value in parts)
        named = [abs(float(v.replace("−", "-"))) for v in re.findall(r"（各?([+−][\d.]+)分）", title)]
        assert not named or half_up(largest) in {half_up(v) for v in named}, title


def test_the_conclusions_of_the_overview_recompute_from_its_workbooks(site: Path, page: Page) -> None:
    said = conclusions(site, "overview", page)
    rows = sheet(site, "overview", "综合评价")
    for text, kind in ((said[0], "市"), (said[1], "单位")):
        for label in {r["类别"] for r in rows if str(r["类别"]).endswith(kind)}:
            mine = [r["综合等次"] for r in rows if r["类别"] == label and r["综合得分"] is not None]
            part = text[text.index(label) :].partition("。")[0]
            for grade in ("好", "较好", "一般", "较差"):
                assert (f"“{grade}”{mine.count(grade)}个" in part) == (grade in mine), (label, grade)
    talk = {r["对象"] for r in sheet(site, "overview", "谈话提醒对象")}
    assert f"共{len(talk)}个" in said[2]
    problems = sheet(site, "rectification", "问题与整改")
    assert f"登记问题{len(problems)}个" in said[-1]
    assert f"尚有{sum(r['整改状态'] != '已完成' for r in problems)}个未完成整改" in said[-1]


def test_the_conclusions_on_data_and_sample_recompute_from_their_workbooks(site: Path, page: Page) -> None:
    said = conclusions(site, "data-quality", page)
    rows = sheet(site, "data-quality", "来件清单")
    read, used, aside = (sum(r[c] for r in rows) for c in ("读入行", "采用行", "隔离行"))
    assert f"收到{len({r['文件'] for r in rows})}个文件，读入{read:,}行，采用{used:,}行" in said[0]
    assert f"隔离{aside:,}行（{half_up(100 * aside / read, 2)}%）" in said[0]
    asked = sheet(site, "data-quality", "数据质量")
    share = 100 * sum(r["未答项"] for r in asked) / sum(r["应答项"] for r in asked)
    assert any(f"缺失率为{half_up(share, 2)}%" in s for s in said)
    flags = sum(r["提示"] in {True, "是"} for r in sheet(site, "data-quality", "真实性筛查"))
    assert (f"提示{flags}项" if flags else "没有提示") in said[-1]
    said = conclusions(site, "sample-design", page)
    whole = next(r for r in sheet(site, "sample-design", "应答情况") if r["域类型"] == "全省")
    assert (
        f"抽中{whole['抽中户数']:,}户，完成{whole['完成户数']:,}户，应答率{half_up(100 * whole['应答率'])}%" in said[0]
    )
    deffs = [r["权重设计效应"] for r in sheet(site, "sample-design", "权重诊断")]
    assert f"（{half_up(max(deffs), 2)}）" in said[2]
    assert f"（{half_up(min(deffs), 2)}）" in said[2]


def test_the_conclusions_of_a_survey_recompute_from_the_citys_workbook(site: Path, page: Page) -> None:
    said = conclusions(site, "survey-440200", page)
    rows = [r for r in sheet(site, "city-440200", "调查估计") if r["域类型"] == "市"]
    pleased = next(r for r in rows if r["指标"] == "sat_work")
    assert f"{half_up(100 * pleased['估计值'])}%（95%区间" in said[0]
    assert f"{half_up(100 * pleased['区间下限'])}%–{half_up(100 * pleased['区间上限'])}%" in said[0]
    answered = next(r for r in sheet(site, "city-440200", "应答情况") if r["域类型"] == "市")
    sentence = next(s for s in said if "抽中" in s)
    assert f"抽中{answered['抽中户数']:,}户，完成{answered['完成户数']:,}户" in sentence


LEVELS = {"市级": "city14", "县级": "county", "镇级": "town", "村级": "village"}


@pytest.mark.parametrize("name", ["city-440200", "city-440100"])
def test_the_conclusions_of_a_city_recompute_from_its_workbook(name: str, site: Path, page: Page) -> None:
    said = conclusions(site, name, page)
    field: dict[str, list[int]] = {}
    counties: dict[str, Counter[str]] = {}
    own = name.removeprefix("city-").ljust(12, "0")  # the workbook has the rows of its counties, too
    for row in sheet(site, name, "指标等次"):
        if row["层级"] == "市级" or row["对象"] != own:
            continue
        concept = next(i.concept for i in the_plan().forms[LEVELS[row["层级"]]].items if i.no == row["序号"])
        weak, graded = field.setdefault(concept, [0, 0])
        field[concept] = [weak + row["一般"] + row["较差"], graded + row["已评数"]]
        counties.setdefault(concept, Counter()).update(c for c in (row["一般及以下的地点"] or "").split("、") if c)
    most = max(weak for weak, _ in field.values())
    worst = [c for c, (weak, _) in field.items() if weak == most]
    assert most
    assert len(worst) <= 2
    for concept in worst:
        assert the_plan().concepts[concept] in said[1].partition("最多的是")[2]
        assert f"{field[concept][1]}处中{most}处" in said[1]
        top = max(counties[concept].values())
        names = sorted(c for c, n in counties[concept].items() if n == top)
        assert f"{top}处" in said[1]
        assert all(c in said[1] for c in names) or f"等{len(names)}个县（市、区）各{top}处" in said[1]

    differ = [r for r in cell_rows(page, "t-differ") if r]
    for word, side in (("明显差于全省的", "明显较差"), ("明显好于全省的", "明显较好")):
        n = sum(r["比较"] == side for r in differ)
        assert (f"{word}{n}项" in said[3]) == (n > 0)
    good = {r["指标表等次"] for r in differ if r["比较"] == "明显较差" and "好" in r["指标表等次"]}
    concepts = {part.partition("：")[0] for text in good for part in text.split("、") if part.endswith("好")}
    assert ("须核实" in said[3]) == bool(concepts)
    assert f"等{len(concepts)}项有" in said[3] or all(c in said[3] for c in concepts)

    parts = [r for r in sheet(site, name, "数据完整情况") if r["应有"]]
    short = [r for r in parts if r["实有"] < r["应有"]]
    card = page.inner_text(".cards")
    if short:
        assert f"{len(parts)}类中{len(short)}类未收齐" in said[-1]
        assert f"{len(parts)}类数据中{len(short)}类不全" in card
        assert all(r["名称"] in said[-1] for r in short)


def cell_rows(page: Page, table: str) -> list[dict[str, str]]:
    """The rows of a table of the page by head."""
    rows: list[list[str]] = page.evaluate(
        "id => [...document.querySelectorAll(`#${id} table tr`)].map(r => [...r.cells].map(c => c.textContent.trim()))",
        table,
    )
    return [dict(zip(rows[0], r, strict=True)) for r in rows[1:]] if rows else []


@pytest.mark.parametrize("name", [n for n in REPORTS if n != "data-quality"])
def test_every_number_with_decimals_in_the_conclusions_stands_in_the_page_or_its_files(
    name: str, site: Path, page: Page
) -> None:
    """Whole numbers are mostly counts of rows: those are recomputed above, as is the page on data, whose shares are of totals."""
    path = site / f"{name}.html"
    page.goto(path.as_uri())
    assert unfounded(page, path, path.read_text(encoding="utf-8")) == []
