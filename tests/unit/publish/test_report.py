"""Opening a report: whose it is, what it reads, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kaohe
from kaohe.base.errors import InputRefused
from kaohe.base.plan import load_plan
from kaohe.plot import tables
from kaohe.plot.output import MIME, Table
from kaohe.publish.report import open_report
from support.publishing import write_build


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed"))


def test_the_package_opens_reports(processed: Path) -> None:
    assert type(kaohe.open_report("40_city", "韶关", processed)).__name__ == "Report"


def test_header_says_whose_report_it_is(processed: Path) -> None:
    job = open_report("40_city", "韶关市", processed)
    head = job._repr_mimebundle_()[MIME]
    assert head["title"] == "2020年扶贫开发工作成效考核分析报告：韶关市"
    assert head["slug"] == "city-440200"
    assert (head["mark"], head["banner"], head["preview"]) == ("内部资料 · 不公开", "演示数据（虚构）", False)
    assert ["考核对象", "韶关市"] in head["facts"]
    assert ["对象类别", "有脱贫攻坚任务的14个市"] in head["facts"]


def test_the_offices_own_data_carry_no_banner(tmp_path: Path) -> None:
    job = open_report("40_city", "韶关市", write_build(tmp_path, origin="office"))
    assert job.header().banner == ""
    assert job.ctx.source_note == ""


def test_context_counts_the_class(processed: Path) -> None:
    ctx = open_report("40_city", "广州", processed).ctx
    assert (ctx.class_id, ctx.n_class, ctx.kind, ctx.year, ctx.origin) == ("city6", 6, "city", 2020, "demo")
    assert ctx.name_of("DW003") == "单位003"


def test_the_seal_lists_what_was_read_and_under_which_choices(processed: Path) -> None:
    job = open_report("50_unit", "单位003", processed)
    assert job.seal().tables == {}
    own, peers = job.own("streams"), job.peers("composite")
    assert set(own["object"]) == {"DW003"}
    assert set(peers["class_id"]) == {"unit235"}
    seal = job.seal().payload()
    assert (seal["notebook"], seal["target"], seal["preview"]) == ("50_unit", "DW003", False)
    assert set(seal["tables"]) == {"streams[object=DW003]", "composite[class_id=unit235]"}
    assert ["建表时间", "2020年12月28日 10:05"] in seal["facts"]


def test_the_footer_says_what_was_chosen_for_this_report_and_no_more(processed: Path) -> None:
    plan = load_plan()
    survey = {str(plan.choices[block]["note"]) for block in ("income", "survey", "nonresponse", "calibration")}
    for stem, target in (("40_city", "韶关市"), ("50_unit", "单位003")):
        job = open_report(stem, target, processed)
        footer = job.seal().payload()["choices"]
        said = "".join(footer)
        assert footer[0].startswith("等次赋分：好100分、较好75分、一般50分、较差25分（")
        for name, block in plan.choices.items():
            note = block.get("note") if isinstance(block, dict) else None
            if note and name != "draw":
                assert (str(note) in said) == (stem == "40_city" or str(note) not in survey), name
        for drawn in ("镇村按登记户数", "重点调查村", str(plan.choices["draw"]["note"])):  # the draw's protocol says it
            assert drawn not in said
        table = tables.choices(job.ctx)
        assert isinstance(table, Table)
        assert [line.partition("：")[0] for line in footer] == [row[0] for row in table.rows]


def test_what_one_cell_does_to_its_rows_another_does_not_see(processed: Path) -> None:
    job = open_report("50_unit", "单位003", processed)
    first = job.own("streams")
    first["score"] = -1.0
    again = job.own("streams")
    assert len(again) > 0
    assert (again["score"] >= 0).all()


def test_no_target_opens_the_first_one_as_a_preview(processed: Path) -> None:
    job = open_report("40_city", "", processed)
    assert job.header().preview
    assert job.seal().preview
    assert job.ctx.kind == "city"


def test_the_province_is_a_target_too(processed: Path) -> None:
    job = open_report("70_overview", "province", processed)
    assert (job.ctx.name, job.seal().preview) == ("全省", False)
    assert len(job.own("composite")) == len(job.table("composite"))


def test_a_county_is_not_a_city(processed: Path) -> None:
    with pytest.raises(InputRefused, match="K131"):
        open_report("40_city", "始兴县", processed)


def test_unknown_target_message(processed: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        open_report("40_city", "韶光", processed)
    lines = str(caught.value).splitlines()
    assert lines[0] == "K131 Unknown target"
    assert lines[1] == "  got       韶光"
    assert lines[2].startswith("  expected  one of 韶关市, ")
    assert lines[3] == "  remedy    `kaohe targets` lists all of them"


def test_jiangmen_gets_the_clause(processed: Path) -> None:
    with pytest.raises(InputRefused, match="K130 江门市 is not assessed under this plan"):
        open_report("40_city", "江门市", processed)


def test_missing_data_message(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        open_report("40_city", "韶关市", tmp_path / "none")
    assert str(caught.value).splitlines() == [
        "K804 There are no built tables",
        f"  where     {tmp_path / 'none'}",
        "  expected  a folder with build/targets.parquet",
        "  remedy    run `kaohe clean` and `kaohe build` first, or `kaohe all --demo` to see the demonstration",
    ]


def test_data_are_found_from_the_working_folder_upward(
    processed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "processed").symlink_to(processed)
    deep = tmp_path / "notebooks" / "explore"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.delenv("KAOHE_PROCESSED", raising=False)
    assert open_report("40_city", "韶关市").ctx.name == "韶关市"


def test_the_environment_names_the_data(processed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_PROCESSED", str(processed))
    assert open_report("40_city", "韶关市").ctx.name == "韶关市"


def test_tables_of_another_plan_are_refused(tmp_path: Path) -> None:
    processed = write_build(tmp_path)
    path = processed / "build" / "build.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "plan_hash": "0" * 64}))
    with pytest.raises(InputRefused, match="K805 The tables were built under another plan"):
        open_report("40_city", "韶关市", processed)


def test_a_damaged_build_json_is_refused(tmp_path: Path) -> None:
    processed = write_build(tmp_path)
    (processed / "build" / "build.json").write_text("{")
    with pytest.raises(InputRefused, match=r"K807 The built tables have no readable build\.json"):
        open_report("40_city", "韶关市", processed)


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    processed = write_build(tmp_path)
    job = open_report("40_city", "韶关市", processed)
    path = processed / "build" / "streams.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputRefused, match="K102 A table cannot be read"):
        job.own("streams")
