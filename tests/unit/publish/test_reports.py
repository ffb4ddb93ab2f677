"""Which reports there are, what their files are called, and how a target is named."""

from __future__ import annotations

import re

import pytest

from kaohe.base.errors import InputRefused
from kaohe.publish.reports import notebook_of, report_slug, reports_of, resolve, targets_of
from support.built_frames import the_plan
from support.publishing import frames


@pytest.mark.parametrize(
    ("stem", "code", "slug"),
    [
        ("40_city", "440200000000", "city-440200"),
        ("30_survey", "440200000000", "survey-440200"),
        ("45_county", "440204000000", "county-440204"),
        ("50_unit", "DW007", "unit-dw007"),
        ("60_ranking", "city14", "ranking-city14"),
        ("70_overview", "province", "overview"),
        ("10_data_quality", "province", "data-quality"),
    ],
)
def test_slugs_are_ascii_and_say_what_they_are(stem: str, code: str, slug: str) -> None:
    assert report_slug(stem, code) == slug


def test_every_slug_is_distinct_and_safe_as_a_file_name() -> None:
    slugs = [r.slug for r in reports_of(frames()["targets"], the_plan())]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z0-9-]+", s) for s in slugs)


def test_a_target_code_cannot_leave_the_folder() -> None:
    assert report_slug("50_unit", "../../etc/DW1") == "unit--etc-dw1"


def test_the_overview_comes_first_then_rankings_and_cities_in_the_plans_order() -> None:
    reports = reports_of(frames()["targets"], the_plan())
    assert [r.slug for r in reports[:4]] == ["overview", "ranking-city14", "ranking-city6", "ranking-unit235"]
    cities = [r.target.object for r in reports if r.notebook.stem == "40_city"]
    assert cities == [c for k in ("city14", "city6") for c in the_plan().classes[k].members]


@pytest.mark.parametrize("text", ["40_city", "city", "40_city.ipynb", "市报告", " 40_city "])
def test_a_notebook_has_several_names(text: str) -> None:
    assert notebook_of(text).stem == "40_city"


def test_an_unknown_notebook_gets_the_nearest_names() -> None:
    with pytest.raises(InputRefused, match="K801 Unknown notebook") as caught:
        notebook_of("40_citty")
    assert "one of 40_city, " in str(caught.value)


class TestResolve:
    def test_a_target_is_found_by_code_name_and_short_name(self) -> None:
        targets = targets_of(reports_of(frames()["targets"], the_plan()))
        for text in ("440200000000", "440200", "韶关市", "韶关", " 韶关 "):
            assert resolve(text, targets, the_plan()).object == "440200000000"
        assert resolve("单位003", targets, the_plan()).object == "DW003"

    def test_an_unknown_target_gets_three_names_that_people_would_type(self) -> None:
        targets = targets_of(reports_of(frames()["targets"], the_plan()))
        with pytest.raises(InputRefused) as caught:
            resolve("韶光", targets, the_plan())
        assert caught.value.code == "K131"
        assert caught.value.expected.startswith("one of 韶关市, ")
        assert caught.value.expected.count(",") == 3
        assert "有脱贫攻坚任务" not in caught.value.expected

    def test_the_excluded_city_gets_the_clause(self) -> None:
        targets = targets_of(reports_of(frames()["targets"], the_plan()))
        with pytest.raises(InputRefused) as caught:
            resolve("江门", targets, the_plan())
        assert caught.value.code == "K130"
        assert "另行制定" in caught.value.expected
