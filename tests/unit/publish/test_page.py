"""From an executed notebook to the parts of a page."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot.output import MIME, Card, Cards, DataTable, Note, Notes, Text
from kaohe.publish.page import Page, chinese_number, read_page
from support.publishing import executed, figure, header, seal, table


def kinds(page: Page) -> list[str]:
    return [b.kind for b in page.blocks]


def test_the_parts_in_order() -> None:
    page = read_page(
        executed(
            "## 主要结论", Notes([Note("一", "a")]), Cards([Card("好", "等次")]), "## 指标\n\n说明", figure(), table()
        )
    )
    assert kinds(page) == ["heading", "notes", "cards", "heading", "prose", "figure", "table"]


def test_figures_and_tables_are_numbered_apart_and_conclusions_point_to_them() -> None:
    page = read_page(executed(Notes([Note("一", "b"), Note("二", "u"), Note("三", "nowhere"), Note("四")]), figure("a"),
                              table("t"), figure("b"), table("u")))  # fmt: skip
    assert [b.data["number"] for b in page.blocks[1:]] == ["图1", "表1", "图2", "表2"]
    assert [i["number"] for i in page.blocks[0].data["items"]] == ["图2", "表2", "", ""]


def test_a_conclusion_leads_to_the_sentence_that_stands_for_a_table_and_names_its_section() -> None:
    made = executed(
        "## 甲", Notes([Note("一", "t")]), "## 问题\n\n### 整改\n\n文", Text(["没有问题。"], id="t"), Text(["说明。"])
    )
    page = read_page(made)
    notes = next(b.data["items"] for b in page.blocks if b.kind == "notes")
    assert [(i["ref"], i["number"]) for i in notes] == [("t", "“整改”")]
    with pytest.raises(KaoheError, match="K843"):
        read_page(executed(table("t"), Text(["没有问题。"], id="t")))


def test_headings_get_ascii_ids_chinese_numbers_and_no_gaps() -> None:
    page = read_page(executed("# 甲\n\n文", "#### 深\n\n文", "## 乙\n\n文", "### 丙\n\n文", "### 丁\n\n文"))
    heads = [(b.data["level"], b.data["number"], b.data["id"]) for b in page.blocks if b.kind == "heading"]
    assert heads == [
        (2, "一、", "sec-1"),
        (3, "（一）", "sec-1-1"),
        (2, "二、", "sec-2"),
        (3, "（一）", "sec-2-1"),
        (3, "（二）", "sec-2-2"),
    ]
    assert [c["id"] for c in page.contents] == [h[2] for h in heads]


def test_a_heading_over_nothing_is_left_out() -> None:
    page = read_page(executed("## 空\n\n### 也空", "## 有", figure(), "## 末空", Text([])))
    assert [b.data["text"] for b in page.blocks if b.kind == "heading"] == ["有"]
    assert page.contents[0]["number"] == "一、"


def test_markdown_above_the_head_is_for_who_opens_the_notebook() -> None:
    page = read_page(executed("## 甲\n\n文"))
    assert "给打开笔记本的人看" not in str(page.blocks)


def test_code_is_only_in_the_statisticians_edition() -> None:
    made = executed("## 甲", figure())
    made.cells[1].source = "job = kaohe.open_report()"
    assert "code" not in kinds(read_page(made))
    shown = read_page(made, "statistician")
    said = [b.data["source"] for b in shown.blocks if b.kind == "code"]
    assert said == ["job = kaohe.open_report()", *["charts.draw(SECRET_CODE)"] * 2]


def test_numbers_of_a_figures_data_stand_at_the_right() -> None:
    rows = [["甲", "1,234.5", "3–9", "好", "—"], ["乙", "−0.2", "已隐藏", "2", "缺"]]
    made = figure(table=DataTable("数", ["市", "一", "二", "三", "四"], rows))
    (block,) = [b for b in read_page(executed(made)).blocks if b.kind == "figure"]
    assert block.data["table"]["right"] == [False, True, True, False, False]


def test_other_output_is_left_out() -> None:
    made = executed(figure())
    made.cells[2].outputs.append(nbformat.v4.new_output("display_data", data={"text/html": "<b>raw</b>"}))
    assert kinds(read_page(made)) == ["figure"]


def test_an_error_output_refuses_the_page() -> None:
    made = executed(figure())
    made.cells[2].outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=[]))
    with pytest.raises(KaoheError, match="K841"):
        read_page(made)


@pytest.mark.parametrize("where", ["no head", "two heads", "no seal", "two seals", "before the head"])
def test_one_head_and_one_seal_are_needed(where: str) -> None:
    made = executed(figure())
    head, end = made.cells[1], made.cells[3]
    made.cells = {
        "no head": [*made.cells[2:]],
        "two heads": [head, *made.cells[1:]],
        "no seal": made.cells[:3],
        "two seals": [*made.cells, end],
        "before the head": [made.cells[2], head, end],
    }[where]
    with pytest.raises(KaoheError, match="K842"):
        read_page(made)


@pytest.mark.parametrize("name", ["a", "Sec 1", "x--y", '"><b'])
def test_ids_are_well_formed_and_stand_once(name: str) -> None:
    made = executed(figure("a"), figure("b"))
    made.cells[3].outputs[1].data[MIME]["id"] = name
    with pytest.raises(KaoheError, match="K843"):
        read_page(made)


def test_an_unknown_kind_is_refused() -> None:
    made = executed(figure())
    made.cells[2].outputs[1].data[MIME] = {"kind": "movie"}
    with pytest.raises(KaoheError, match="K843"):
        read_page(made)


def test_links_out_of_the_set_lose_their_target() -> None:
    rows: list[list[Any]] = [
        [{"text": "甲", "href": h}] for h in ("javascript:alert(1)", "https://e.org", "x.html", "#a")
    ]
    made = executed(table(columns=table().columns[:1], rows=rows))
    cells = [r[0] for r in read_page(made).blocks[0].data["rows"]]
    assert cells == [{"text": "甲"}, {"text": "甲"}, {"text": "甲", "href": "x.html"}, {"text": "甲", "href": "#a"}]


def test_invisible_and_direction_changing_characters_go_and_long_texts_end() -> None:
    made = executed(Text(["甲\u202e乙\u200b丙\x07丁", "长" * 5000]), head=header(title="题\u202e目"), end=seal())
    page = read_page(made)
    assert page.header["title"] == "题目"
    assert page.blocks[0].data["paragraphs"][0] == "甲乙丙丁"
    assert len(page.blocks[0].data["paragraphs"][1]) == 2001


@pytest.mark.parametrize(("n", "said"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (34, "三十四")])
def test_chinese_numbers(n: int, said: str) -> None:
    assert chinese_number(n) == said
