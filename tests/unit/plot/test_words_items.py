"""The worst items: on the target's own form, and over all concepts in the field, with where they are; frames worked by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kaohe.plot.output import Context
from kaohe.plot.words_items import weak_items
from support.built_frames import counties, make_context
from support.fake_report import frame

SHAOGUAN = "440200000000"
CITY = make_context("city")
WUJIANG, ZHENJIANG, QUJIANG = counties(SHAOGUAN)


def city_form(**grades: str) -> list[dict[str, Any]]:
    """The city's index form: 好 but for the concepts given."""
    return [
        {"object": SHAOGUAN, "level": "city", "concept": i.concept, "item": i.no, "name": i.name, "grade": grades.get(i.concept, "好")}
        for i in CITY.plan.forms["city14"].items
    ]  # fmt: skip


def seen(concept: str, level: str, n: int, *weak: str) -> dict[str, Any]:
    """Field forms of a level: how many are graded, and the places of the weak ones."""
    return {
        "object": SHAOGUAN,
        "level": level,
        "concept": concept,
        "n_graded": n,
        "n_ordinary": len(weak),
        "weak_at": "、".join(weak),
    }


def said(*rows: dict[str, Any], ctx: Context = CITY, level: str = "city", places: pd.DataFrame | None = None) -> str:
    return weak_items(frame("item_grades", *rows), ctx, level, form="考核指标表", ref="x", places=places).text


def test_the_worst_item_of_the_field_is_named_though_the_form_has_it_good_and_so_is_its_county() -> None:
    form = city_form(employment="一般", consumption="一般")
    field = [
        seen("medical", "county", 3, ZHENJIANG), seen("medical", "town", 6, f"{ZHENJIANG[:6]}101000", f"{WUJIANG[:6]}100000"),
        seen("medical", "village", 12, *[f"{ZHENJIANG[:6]}101200"] * 3, f"{QUJIANG[:6]}100200"),
        seen("consumption", "village", 12, f"{WUJIANG[:6]}100200", f"{WUJIANG[:6]}100201"), seen("employment", "town", 6),
    ]  # fmt: skip
    # medical: 1 + 2 + 4 = 7 weak of 3 + 6 + 12 = 21, of which 1 + 1 + 3 = 5 in 浈江区
    assert said(*form, *field) == (
        "考核指标表17项指标中，“一般”2项（消费扶贫、就业扶贫）；实地核查中“一般”及以下最多的是医疗救助（21处中7处，浈江区最多，5处），"
        "消费扶贫12处中2处。"
    )


def test_the_worst_of_the_form_is_said_once_when_it_is_the_worst_of_the_field() -> None:
    one = said(*city_form(exit="一般"), seen("exit", "town", 4, f"{WUJIANG[:6]}100000"), seen("water", "town", 4))
    assert (
        one
        == "考核指标表17项指标中，“一般”1项（贫困退出）；实地核查中“一般”及以下最多的是贫困退出（4处中1处，在武江区）。"
    )
    every = said(*city_form(exit="一般"), seen("exit", "town", 2, f"{WUJIANG[:6]}100000", f"{WUJIANG[:6]}101000"))
    assert every.endswith("最多的是贫困退出（2处全部，都在武江区）。")


def test_nothing_weak_in_the_field_or_nothing_seen() -> None:
    assert said(*city_form(exit="一般"), seen("exit", "town", 4)).endswith(
        "（贫困退出）；实地核查没有评为“一般”及以下的。"
    )
    assert said(*city_form(), seen("exit", "town", 4)).endswith("全部为“好”；实地核查也没有评为“一般”及以下的。")
    assert said(*city_form()) == "考核指标表17项指标全部为“好”。"
    none = said(*city_form(housing="一般"), seen("housing", "town", 4), seen("exit", "town", 4, f"{WUJIANG[:6]}100000"))
    assert none.endswith("最多的是贫困退出（4处中1处，在武江区），住房保障4处没有。")


def test_items_that_tie_and_counties_that_tie_are_named_together() -> None:
    two = [f"{WUJIANG[:6]}100000", f"{ZHENJIANG[:6]}100000"]
    text = said(*city_form(), seen("exit", "town", 4, *two), seen("water", "town", 4, *two))
    assert text.endswith("最多的是贫困退出、饮水安全（各4处中2处，武江区、浈江区各1处）。")
    apart = said(*city_form(), seen("exit", "town", 4, *two), seen("water", "town", 3, *two[:1] * 2))
    assert apart.endswith("最多的是贫困退出（4处中2处，武江区、浈江区各1处）、饮水安全（3处中2处，都在武江区）。")
    three = said(*city_form(), *(seen(c, "town", 4, two[0]) for c in ("exit", "water", "housing", "party")))
    assert three.endswith("最多的是贫困退出、住房保障、饮水安全等4项（各4处中1处）。")
    more = [*two, f"{QUJIANG[:6]}100000"]
    assert said(*city_form(), seen("exit", "town", 4, *more)).endswith(
        "（4处中3处，武江区、浈江区等3个县（市、区）各1处）。"
    )


def test_the_item_that_is_spoken_of_next_is_among_those_named() -> None:
    weak = dict.fromkeys(("exit", "monitor", "leaders", "coordination", "education", "assets"), "一般")
    text = said(*city_form(**weak), seen("assets", "town", 4, f"{WUJIANG[:6]}100000"), seen("exit", "town", 4))
    assert "“一般”6项（资产监管、贫困退出、防止返贫监测、遍访制度等）；" in text
    poor = said(*city_form(**{**weak, "housing": "较差"}), seen("assets", "town", 4, f"{WUJIANG[:6]}100000"))
    assert "“较差”1项（住房保障）、“一般”6项（资产监管、" in poor


def test_a_helper_citys_villages_are_told_by_their_counties() -> None:
    helper = make_context("city6")
    form = [
        {"object": helper.object, "level": "city", "concept": i.concept, "item": i.no, "name": i.name, "grade": "好"}
        for i in helper.plan.forms["city6"].items
    ]
    text = said(
        *form, seen("housing", "village", 10, *[f"{QUJIANG[:6]}100200"] * 3, f"{WUJIANG[:6]}100200"), ctx=helper
    )
    assert text.endswith("全部为“好”；对口帮扶村考评表中“一般”及以下最多的是住房保障（10处中4处，曲江区最多，3处）。")


def test_one_village_has_weak_items_and_no_most() -> None:
    unit = make_context("unit")
    form = [{"object": unit.object, "level": "unit", "concept": "party", "item": 11, "name": "党建", "grade": "一般"}]
    village = [seen("water", "village", 1, f"{QUJIANG[:6]}100200"), seen("party", "village", 1)]
    text = said(*form, *village, ctx=unit, level="unit")
    assert text == "考核指标表1项指标中，“一般”1项（党建）；定点扶贫村考评表评为“一般”及以下的有饮水安全。"
    assert said(*form, seen("water", "village", 1), ctx=unit, level="unit").endswith(
        "；定点扶贫村考评表没有评为“一般”及以下的。"
    )


def test_a_countys_forms_are_told_by_its_towns_without_its_own_form() -> None:
    ctx = make_context("county", object_=ZHENJIANG)
    form = [
        {"object": ZHENJIANG, "level": "county", "concept": i.concept, "item": i.no, "name": i.name,
         "grade": "一般" if i.concept == "employment" else "好", "n_graded": 1, "n_ordinary": int(i.concept == "employment"),
         "weak_at": ZHENJIANG if i.concept == "employment" else ""}
        for i in ctx.plan.forms["county"].items
    ]  # fmt: skip
    east, west = f"{ZHENJIANG[:6]}101", f"{ZHENJIANG[:6]}102"
    places = frame("form_scores", *(
        {"form_key": name, "form": "town", "place": f"{code}000", "place_name": name} for code, name in ((east, "东镇"), (west, "西镇"))
    ))  # fmt: skip
    field = [
        seen("water", "town", 2, f"{east}000"), seen("water", "village", 4, f"{east}200", f"{west}200"),
        seen("employment", "town", 2), seen("employment", "village", 4),
    ]  # fmt: skip
    text = said(*form, *field, ctx=ctx, level="county", places=places)
    assert text.endswith(
        "“一般”1项（就业扶贫）；镇、村考评表中“一般”及以下最多的是饮水安全（6处中3处，东镇最多，2处），就业扶贫6处没有。"
    )
    nameless = said(*form, *field, ctx=ctx, level="county", places=places.iloc[:0])
    assert "饮水安全（6处中3处），" in nameless
