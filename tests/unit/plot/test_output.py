"""Payloads: what the exporter gets, what JupyterLab shows, what is refused."""

from __future__ import annotations

import json

import pytest

from kaohe.base.errors import KaoheError
from kaohe.plot.output import (
    MIME,
    Card,
    Cards,
    Chart,
    Column,
    Context,
    DataTable,
    Header,
    Note,
    Notes,
    Output,
    Seal,
    Table,
    Text,
    cell,
)  # fmt: skip
from support.built_frames import make_context

DATA = DataTable("数据", ["市", "得分"], [["甲", "1.0"]])
CHART = Chart("a-1", "甲最高", "得分", "条形图：甲1.0分。", "来源：甲。", "<svg/>", DATA, b"png")
EVIL = "<img src=x onerror=alert(1)>"


def test_payloads_are_the_contract() -> None:
    head = Header("题", "韶关市", "14市", (("年度", "2020年"),), "内部资料", "演示数据（虚构）", True, "city-440200")
    assert head.payload() == {
        "kind": "header", "title": "题", "target": "韶关市", "class_label": "14市", "facts": [["年度", "2020年"]],
        "mark": "内部资料", "banner": "演示数据（虚构）", "preview": True, "slug": "city-440200",
    }  # fmt: skip
    assert Notes((Note("甲。", "a-1"), Note("乙。"))).payload() == {
        "kind": "notes", "items": [{"text": "甲。", "ref": "a-1"}, {"text": "乙。", "ref": ""}],
    }  # fmt: skip
    assert Cards((Card("3–9", "名次区间", "14市"),)).payload() == {
        "kind": "cards", "items": [{"value": "3–9", "label": "名次区间", "note": "14市"}],
    }  # fmt: skip
    assert CHART.payload() == {
        "kind": "figure", "id": "a-1", "title": "甲最高", "subtitle": "得分", "alt": "条形图：甲1.0分。",
        "note": "来源：甲。", "svg": "<svg/>", "table": {"caption": "数据", "columns": ["市", "得分"], "rows": [["甲", "1.0"]]}, "phone": None,
    }  # fmt: skip
    table = Table(
        "t-1",
        "表",
        [Column("项"), Column("等次", "center")],
        [["水", cell("好", grade="好")], ["路", cell("见", href="#a-1")]],
    )
    assert table.payload() == {
        "kind": "table", "id": "t-1", "caption": "表",
        "columns": [{"label": "项", "align": "left"}, {"label": "等次", "align": "center"}],
        "rows": [["水", {"text": "好", "grade": "好"}], ["路", {"text": "见", "href": "#a-1"}]], "note": "", "folded": False,
    }  # fmt: skip
    assert Text(("缺。",), "warning").payload() == {"kind": "text", "paragraphs": ["缺。"], "tone": "warning", "id": ""}
    assert Text(("缺。",), id="t-1").payload()["id"] == "t-1"
    seal = Seal("40_city", "440200000000", False, "b", "p", "1", {"z": "2", "a": "1"})
    said = seal.payload()
    assert (said["kind"], said["notebook"], said["target"], said["preview"]) == (
        "seal",
        "40_city",
        "440200000000",
        False,
    )
    assert (said["build"], said["plan"], said["version"]) == ("b", "p", "1")
    assert list(said["tables"].items()) == [("a", "1"), ("z", "2")]


def test_a_batch_carries_no_picture_for_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_BATCH", "1")
    assert set(CHART._repr_mimebundle_()) == {MIME, "text/plain"}
    monkeypatch.setenv("KAOHE_BATCH", "0")
    bundle = CHART._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/plain", "text/html"}
    assert "data:image/png;base64,cG5n" in bundle["text/html"]
    assert "png" not in bundle[MIME]


@pytest.mark.parametrize(
    "output",
    [
        Header(EVIL, EVIL, EVIL, ((EVIL, EVIL),), EVIL),
        Notes((Note(EVIL),)),
        Cards((Card(EVIL, EVIL, EVIL),)),
        Chart("a", EVIL, EVIL, f"{EVIL}.", EVIL, "<svg/>", DATA, b"p"),
        Table("a", EVIL, [Column(EVIL)], [[EVIL], [cell(EVIL, grade="好")]], EVIL),
        Text((EVIL,)),
        Seal(EVIL, EVIL, True, EVIL, EVIL, EVIL, {}),
    ],
    ids=lambda o: type(o).__name__,
)
def test_jupyterlab_gets_escaped_text_only(output: Output) -> None:
    bundle = output._repr_mimebundle_()
    assert "<img src=x" not in bundle["text/html"]
    assert "&lt;img src=x" in bundle["text/html"]
    assert json.loads(json.dumps(bundle[MIME]))["kind"] == output.kind


def test_outputs_put_together_wrongly_are_refused() -> None:
    with pytest.raises(KaoheError) as id_fault:
        Chart("A b", "题", "", "图", "", "<svg/>", DATA)
    assert str(id_fault.value) == (
        "K701 An output is put together wrongly\n  where     id\n  got       A b\n"
        "  expected  lower-case ASCII letters, digits and hyphens, starting with a letter"
    )
    assert id_fault.value.exit_code == 1
    with pytest.raises(KaoheError, match="a description distinct from the title"):
        Chart("a", "题", "", "题", "", "<svg/>", DATA)
    with pytest.raises(KaoheError, match="row 2 has 1 cells"):
        DataTable("数据", ["甲", "乙"], [["1", "2"], ["1"]])
    with pytest.raises(KaoheError, match="align = middle"):
        Table("a", "表", [Column("项", "middle")], [])
    with pytest.raises(KaoheError, match="tone = loud"):
        Text((), "loud")
    with pytest.raises(KaoheError, match="got       T 1"):
        Text(("缺。",), id="T 1")


def test_context_names_and_refusals() -> None:
    ctx = make_context("unit")
    assert ctx.name_of("DW007") == "单位007"
    assert ctx.name_of("440200000000") == "韶关市"
    assert ctx.name_of("DW999") == "DW999"
    with pytest.raises(KaoheError, match="kind = village"):
        Context("a", "甲", "village", "", "", 0, 2020, "demo", "", ctx.plan)
    with pytest.raises(KaoheError, match="demo or office"):
        Context("a", "甲", "city", "", "", 0, 2020, "test", "", ctx.plan)
