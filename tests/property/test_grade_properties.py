"""What must hold of grades, scores and ranks whatever the data."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import FACT_FIELDS
from kaohe.grade import apply_caps, composite, explain, ranks
from kaohe.grade.composite import weigh_streams
from kaohe.grade.cross import cross_streams, index_items
from kaohe.grade.evidence import field_evidence, field_reach, grade_shares
from kaohe.grade.explain import mean_of
from kaohe.grade.forms import item_rows
from kaohe.grade.inputs import roster, take
from kaohe.grade.rank_sets import rank_intervals
from kaohe.grade.ranks import bands, rank_array

GRADES = ("好", "较好", "一般", "较差")
ITEMS = 15
few = settings(max_examples=12, deadline=None)
many = settings(max_examples=200, deadline=None)
table = st.integers(2, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.sampled_from(GRADES), min_size=ITEMS, max_size=ITEMS), min_size=n, max_size=n),
        st.lists(st.integers(0, 400).map(lambda x: x / 4), min_size=n, max_size=n),
    )
)
scores = st.lists(st.integers(0, 4000).map(lambda x: x / 40), min_size=1, max_size=30)


@lru_cache(maxsize=1)
def the_plan() -> Plan:
    return load_plan()


def graded_units(grades: list[list[str]], codes: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Index items and cross streams of units with these grades ("" for not graded)."""
    plan = the_plan()
    forms = pd.DataFrame({"object": codes})
    for column in ("city", "county", "town", "village", "team"):
        forms[column] = ""
    forms = forms.assign(
        form_key="unit235:" + forms["object"], form="unit235", place=forms["object"], visit_date=pd.NaT
    )
    rows = [
        ("unit235:" + code, i, grade, "")
        for code, own in zip(codes, grades, strict=True)
        for i, grade in enumerate(own, start=1)
    ]
    clean = {
        "objects": pd.DataFrame({"object": codes, "name": codes, "class_id": "unit235"}),
        "forms": forms,
        "grades": pd.DataFrame(rows, columns=["form_key", "item", "grade", "remark"]),
    }
    people = roster(clean, plan)
    people = people[people["class_id"] == "unit235"]
    items = item_rows(clean, plan)
    nothing = field_evidence(grade_shares(field_reach(clean, plan, items, people), plan), plan)
    index = index_items(items, people, nothing, plan)
    return index, cross_streams(index, plan)


def ranked_units(grades: list[list[str]], daily: list[float], codes: list[str] | None = None) -> pd.DataFrame:
    """Composite of units, indexed by code."""
    codes = codes or [f"DW{i:03d}" for i in range(len(grades))]
    _, cross = graded_units(grades, codes)
    other = pd.DataFrame({"object": codes, "class_id": "unit235", "stream": "daily", "score": daily})
    other = other.assign(low=other["score"], high=other["score"], se=np.nan, missing_share=0.0, note="")
    streams = weigh_streams(pd.concat([cross, other], ignore_index=True), take({}, "decisions"), the_plan())
    return composite(streams, the_plan()).set_index("object")


@few
@given(table, st.data())
def test_raising_one_grade_never_lowers_score_or_rank(
    case: tuple[list[list[str]], list[float]], data: st.DataObject
) -> None:
    grades, daily = case
    who = data.draw(st.integers(0, len(grades) - 1))
    item = data.draw(st.integers(0, ITEMS - 1))
    before = ranked_units(grades, daily)
    better = [list(row) for row in grades]
    better[who][item] = GRADES[max(GRADES.index(better[who][item]) - 1, 0)]
    after = ranked_units(better, daily)
    code = before.index[who]
    assert after.loc[code, "composite"] >= before.loc[code, "composite"] - 1e-12
    assert after.loc[code, "rank"] <= before.loc[code, "rank"]
    assert GRADES.index(after.loc[code, "grade_score"]) <= GRADES.index(before.loc[code, "grade_score"])
    others = before.index != code
    assert (after.loc[others, "composite"] == before.loc[others, "composite"]).all()
    assert (after.loc[others, "rank"] >= before.loc[others, "rank"]).all()


@few
@given(table, st.randoms(use_true_random=False))
def test_other_names_and_another_order_change_nothing(
    case: tuple[list[list[str]], list[float]], random: object
) -> None:
    grades, daily = case
    codes = [f"DW{i:03d}" for i in range(len(grades))]
    other = [f"DW{900 - i}" for i in range(len(grades))]
    random.shuffle(other)  # type: ignore[attr-defined]
    a = ranked_units(grades, daily, codes)
    b = ranked_units(grades, daily, other)
    columns = ["composite", "low", "high", "grade_score", "rank", "tied", "n_ranked", "band"]
    pd.testing.assert_frame_equal(
        a.loc[codes, columns].reset_index(drop=True), b.loc[other, columns].reset_index(drop=True)
    )


@few
@given(table, st.data())
def test_bounds_hold_what_a_missing_item_may_turn_out_to_be(
    case: tuple[list[list[str]], list[float]], data: st.DataObject
) -> None:
    grades, daily = case
    gone = data.draw(st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=4, unique=True))
    blank = [["" if i in gone else g for i, g in enumerate(grades[0])], *grades[1:]]
    row = ranked_units(blank, daily).iloc[0]
    full = ranked_units(grades, daily).iloc[0]
    assert np.isnan(row["composite"])
    assert np.isnan(row["rank"])
    assert row["low"] - 1e-9 <= full["composite"] <= row["high"] + 1e-9


@few
@given(table)
def test_the_explanation_adds_up(case: tuple[list[list[str]], list[float]]) -> None:
    grades, daily = case
    codes = [f"DW{i:03d}" for i in range(len(grades))]
    index, _ = graded_units(grades, codes)
    scored = ranked_units(grades, daily)["composite"]
    cross = index.assign(
        stream="cross", component=index["concept"], label="", points=0.6 * index["omega"] * index["value"]
    )
    rest = pd.DataFrame(
        {"object": codes, "stream": "daily", "component": "d", "label": "", "points": 0.4 * np.array(daily)}
    )
    parts = pd.concat([cross[rest.columns], rest], ignore_index=True)
    for code in codes:
        own = parts[parts["object"] == code]
        assert abs(explain(own, mean_of(parts))["delta"].sum() - (scored[code] - scored.mean())) < 1e-9
        other = parts[parts["object"] == codes[0]]
        assert abs(explain(own, other)["delta"].sum() - (scored[code] - scored[codes[0]])) < 1e-9


facts = st.fixed_dictionaries(
    {
        "major_violation": st.sampled_from(["是", "否", "待核", None]),
        "annual_task_completed": st.sampled_from(["是", "否", "待核", None]),
    }
)


def final_grade(grade: str, said: dict[str, str | None]) -> tuple[str, str]:
    rows = [("x", FACT_FIELDS[f], v, "", pd.NaT) for f, v in said.items() if v is not None]
    frame = pd.DataFrame(rows, columns=["object", "field", "value", "evidence", "date"])
    target = pd.DataFrame([{"object": "x", "class_id": "city14", "grade_score": grade}])
    row = apply_caps(target, frame, the_plan()).composite.iloc[0]
    return row["grade_final"], row["status"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(GRADES), facts)
def test_unknown_facts_settle_nothing_that_they_could_change(grade: str, said: dict[str, str | None]) -> None:
    final, status = final_grade(grade, said)
    unknown = [f for f, v in said.items() if v in {"待核", None}]
    completions = {
        final_grade(grade, {**said, **dict(zip(unknown, words, strict=True))})[0]
        for words in itertools.product(["是", "否"], repeat=len(unknown))
    }
    assert (status == "已定") == (len(completions) == 1)
    assert final == (completions.pop() if status == "已定" else "待核")


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(GRADES), facts)
def test_a_cap_never_raises_a_grade(grade: str, said: dict[str, str | None]) -> None:
    final, status = final_grade(grade, said)
    if status == "已定":
        assert GRADES.index(final) >= GRADES.index(grade)


@many
@given(scores, st.data())
def test_ranks_follow_the_scores(values: list[float], data: st.DataObject) -> None:
    named = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    found = ranks(named)
    order = data.draw(st.permutations(list(named.index)))
    pd.testing.assert_frame_equal(ranks(named[order]).loc[named.index], found)
    for a, b in itertools.combinations(named.index, 2):
        assert (named[a] > named[b]) == (found.loc[a, "rank"] < found.loc[b, "rank"])
        assert (named[a] == named[b]) == (found.loc[a, "rank"] == found.loc[b, "rank"])
    assert found["rank"].min() == 1
    with_low = pd.concat([named, pd.Series({"low": -1.0})])
    assert ranks(with_low).loc[named.index, "rank"].equals(found["rank"])


@many
@given(scores, st.floats(0.1, 10))
def test_a_lower_target_changes_no_band_above(values: list[float], width: float) -> None:
    named = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    more = pd.concat([named, pd.Series({"low": -50.0})])
    assert bands(more, width).loc[named.index].equals(bands(named, width))


@few
@given(st.lists(st.integers(0, 400).map(lambda x: x / 4), min_size=2, max_size=12), st.integers(0, 10**6))
def test_rank_sets_hold_the_rank_and_shift_with_nothing(values: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    named = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    variance = rng.uniform(0, 4, len(values)) * (rng.random(len(values)) > 0.2)
    found = rank_intervals(named, variance, rng=seed, draws=500)
    rank = rank_array(named.to_numpy())
    assert (found["low"] <= rank).all()
    assert (rank <= found["high"]).all()
    pd.testing.assert_frame_equal(rank_intervals(named + 7.0, variance, rng=seed, draws=500), found)
    joint = rank_intervals(named, variance, simultaneous=True, rng=seed, draws=500)
    assert (joint["low"] <= found["low"]).all()
    assert (joint["high"] >= found["high"]).all()


@few
@given(table, st.lists(st.integers(0, 400).map(lambda x: x / 4), min_size=1, max_size=6))
def test_an_irrelevant_class_changes_nothing(case: tuple[list[list[str]], list[float]], others: list[float]) -> None:
    grades, daily = case
    codes = [f"DW{i:03d}" for i in range(len(grades))]
    _, cross = graded_units(grades, codes)
    other = pd.DataFrame({"object": codes, "class_id": "unit235", "stream": "daily", "score": daily})
    units = pd.concat([cross[["object", "class_id", "stream", "score"]], other], ignore_index=True)
    cities = pd.DataFrame({"object": the_plan().classes["city14"].members[: len(others)], "class_id": "city14"})
    cities = cities.assign(survey=others, cross=others[::-1], daily=50.0)
    cities = cities.melt(["object", "class_id"], var_name="stream", value_name="score")
    alone = composite(units, the_plan()).set_index("object")
    both = composite(pd.concat([cities, units], ignore_index=True), the_plan()).set_index("object")
    pd.testing.assert_frame_equal(both.loc[codes], alone.loc[codes])


@many
@given(scores, st.integers(0, 29), st.integers(1, 400).map(lambda x: x / 40))
def test_a_higher_score_never_lowers_the_own_rank(values: list[float], at: int, gain: float) -> None:
    named = pd.Series(values, index=[f"t{i}" for i in range(len(values))])
    code = named.index[at % len(named)]
    raised = named.copy()
    raised[code] += gain
    before, after = ranks(named)["rank"], ranks(raised)["rank"]
    assert after[code] <= before[code]
    rest = named.index != code
    assert (after[rest] >= before[rest]).all()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GRADES), facts, st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_a_decision_settles_nothing_that_an_unknown_fact_could_change(
    grade: str, said: dict[str, str | None], before: str, to: str
) -> None:
    rows = [("x", FACT_FIELDS[f], v, "", pd.NaT) for f, v in said.items() if v is not None]
    frame = pd.DataFrame(rows, columns=["object", "field", "value", "evidence", "date"])
    target = pd.DataFrame([{"object": "x", "class_id": "city14", "grade_score": grade}])
    decided = pd.DataFrame(
        [("D", "x", "等次调整", before, to, "", "理由", "领导小组", pd.Timestamp("2021-01-20"))],
        columns=["decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date"],
    )
    final = apply_caps(target, frame, the_plan(), decided).composite.iloc[0]["grade_final"]
    unknown = [f for f, v in said.items() if v in {"待核", None}]
    for words in itertools.product(["是", "否"], repeat=len(unknown)):
        settled = pd.DataFrame(
            [
                ("x", FACT_FIELDS[f], v, "", pd.NaT)
                for f, v in {**said, **dict(zip(unknown, words, strict=True))}.items()
            ],
            columns=frame.columns,
        )
        cap = apply_caps(target, settled, the_plan()).composite.iloc[0]["cap"]
        if final in GRADES and cap:
            assert GRADES.index(final) >= GRADES.index(cap)
