"""What came in: a difference in the counts of any file can be seen, and records of screens are cut only with a word."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import tables, words
from kaohe.plot.output import Table, Text, cell_text
from support.built_frames import make_context
from support.fake_report import FakeReport, frame

PROVINCE = make_context("province")
CITY = make_context("city")
ROW = {
    "table": "households", "table_label": "样本户调查表", "sha256": "ab", "encoding": "UTF-8", "read": 20, "used": 17,
    "quarantined": 1, "declared": 1, "blank": 1, "refused": False, "balance": 0,
}  # fmt: skip


def lines(table: object) -> list[dict[str, str]]:
    assert isinstance(table, Table)
    labels = [c.label for c in table.columns]
    return [dict(zip(labels, map(cell_text, row), strict=True)) for row in table.rows]


def intake(*differences: int) -> pd.DataFrame:
    rows = [
        {**ROW, "file": f"survey/households/{n}.csv", "read": 20 + d, "balance": d} for n, d in enumerate(differences)
    ]
    return frame("intake", *rows)


def test_every_file_stands_there_with_counts_that_can_be_added_up() -> None:
    rows = lines(tables.intake(intake(0, 0, 0), PROVINCE))
    assert [r["文件"] for r in rows] == [f"survey/households/{n}.csv" for n in range(3)]
    for r in rows:
        assert int(r["读入"]) == sum(int(r[c]) for c in ("采用", "隔离", "表头合计行", "空行"))
        assert r["差额"] == "0"


def test_a_difference_is_seen_in_its_file_in_the_totals_and_in_the_conclusions() -> None:
    found = intake(0, 2, -2)
    assert [r["差额"] for r in lines(tables.intake(found, PROVINCE))] == ["0", "2", "−2"]
    totals = lines(tables.intake_totals(found, PROVINCE))
    assert [(r["表"], r["读入"], r["差额"]) for r in totals] == [("样本户调查表", "60", "4"), ("合计", "60", "4")]
    job = FakeReport(PROVINCE, intake=found)
    said = words.conclusions_quality(job).items[0].text
    assert said.endswith("有4行去向不明，须查清后再用。")


def test_without_a_difference_the_conclusion_says_so() -> None:
    said = words.conclusions_quality(FakeReport(PROVINCE, intake=intake(0, 0))).items[0].text
    assert (
        said
        == "收到2个文件，读入40行，采用34行，隔离2行（5.00%）；表头、合计行和空行4行；逐件核对，读入与采用、隔离、表头合计行、空行之和无差额。"
    )


def test_records_of_a_screen_are_cut_with_a_word_and_named_where_they_all_are() -> None:
    base = {"screen": "no_tick", "label": "没有选等次的指标", "object": "440200000000", "name": "韶关市", "record": "考评等次 D7", "value": "空白",
            "file": "cross/field/a.xlsx", "sheet": "县级"}  # fmt: skip
    records = frame("screen_records", *({**base, "number": n, "row": n} for n in range(1, 6)))
    table = tables.screen_records(records, PROVINCE, most=3)
    assert isinstance(table, Table)
    assert [r["行"] for r in lines(table)] == ["1", "2", "3"]
    assert table.caption == "筛查所依据的记录：5条"
    assert table.note == (
        "每项筛查最多列3条，另有2条；全部记录见数据表 data-quality.xlsx。按比例筛查的项目只列有提示的对象。"
    )
    whole = tables.screen_records(records, PROVINCE)
    assert isinstance(whole, Table)
    assert len(whole.rows) == 5
    assert "另有" not in whole.note


def test_what_was_set_aside_is_told_by_sender_without_values() -> None:
    rows = frame("set_aside", {"sender": "韶关市", "table": "households", "table_label": "样本户调查表", "file": "a.csv", "code": "K265",
                               "rule": "超出允许范围", "action": "quarantine", "n": 6, "first_row": 4})  # fmt: skip
    assert lines(tables.set_aside(rows, PROVINCE)) == [
        {
            "报送单位": "韶关市",
            "文件": "a.csv",
            "工作表": "—",
            "规则": "超出允许范围",
            "处理": "隔离",
            "条数": "6",
            "首行": "4",
            "代码": "K265",
        }
    ]


def test_files_are_adopted_whole_and_rows_set_aside_out_of_them() -> None:
    def said(**row: object) -> str:
        one = frame("intake", {**ROW, "file": "a.csv", **row})
        return words.cards_quality(FakeReport(PROVINCE, intake=one)).items[0].note

    assert said() == "文件全部采用，其中1行隔离"
    assert said(used=18, quarantined=0) == "全部采用"
    assert said(refused=True) == "整件未采用1个"


def test_a_response_rate_says_which_households_it_leaves_out() -> None:
    """90 of the 96 households that are not vacant, by hand: 93.75 %."""
    for vacant, rate, tail, drawn in (
        (4, 90 / 96, "（分母不计空户4户）", "抽中100户，含空户4户"),
        (0, 0.9, "", "抽中100户"),
    ):
        row = {
            "domain_type": "province",
            "name": "全省",
            "selected": 100,
            "completed": 90,
            "vacant": vacant,
            "response_rate": rate,
        }
        job = FakeReport(PROVINCE, response=frame("response", row))
        assert (
            f"抽中100户，完成90户，应答率{'93.8' if vacant else '90.0'}%{tail}。"
            in words.conclusions_sample(job).items[0].text
        )
        assert words.cards_sample(job).items[0].note == drawn


def test_counts_of_households_say_what_they_count() -> None:
    quality = tables.data_quality(
        frame("data_quality", {"city": "440200000000", "name": "韶关市", "households": 388}), PROVINCE
    )
    assert isinstance(quality, Table)
    assert lines(quality)[0]["答卷户"] == "388"
    assert "含重点调查村的户" in quality.note
    for part, said in (("survey", "样本户的“应有”为抽中户减去空户"), ("index", "")):
        whole = tables.completeness(frame("completeness", {"part": part, "expected": 777, "received": 730}), CITY)
        assert isinstance(whole, Table)
        assert whole.note.startswith(said)
        assert bool(whole.note) == bool(said)


def test_the_provinces_table_of_problems_says_how_many_there_are_in_all() -> None:
    rows = frame("rectify", *(
        {"problem": str(n), "object": "440200000000", "prominent": n < 3, "state": s}
        for n, s in enumerate(("未整改", "整改中", "已完成", "未整改", "已完成"))
    ))  # fmt: skip
    table = tables.problems(rows, PROVINCE)
    assert isinstance(table, Table)
    assert len(table.rows) == 2
    whole = "全省共登记问题5个（突出问题3个），尚有3个未完成整改（突出问题2个）"
    assert table.note.startswith(f"{whole}；表中只列其中未完成的突出问题")
    none = tables.problems(rows[rows["problem"].isin(["2", "4"])], PROVINCE)
    assert isinstance(none, Text)
    assert (none.paragraphs, none.id) == (
        ("全省共登记问题2个（突出问题1个），尚有0个未完成整改（突出问题0个）。",),
        "t-problems",
    )
