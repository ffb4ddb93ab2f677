"""The drawn sample: chances as stated through all stages, errors as expected, weights as the suite reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.tables import HH_KINDS
from kaohe.design.draw import (
    Planning,
    Sizes,
    choose_key,
    counties_of,
    draw_sample,
    expected_errors,
    parse_rule,
    with_places,
)
from kaohe.design.draw.households import draw_village
from kaohe.design.weights import drawn_by_counts, household_factors, village_factors
from kaohe.estimate import Design

CITY, FIRST, SECOND = "440200000000", "440203000000", "440204000000"


def villages(towns: int = 4, per_town: int = 4, least: int = 8, seed: int = 1, most: int = 30) -> pd.DataFrame:
    """A register of two counties; the first village of all is so large that its town is certain."""
    rng = np.random.default_rng(seed)
    codes = [f"{c[:6]}{100 + t}{200 + v}" for c in (FIRST, SECOND) for t in range(towns) for v in range(per_town)]
    size = rng.integers(least, most, len(codes))
    size[0] = 12 * most
    return pd.DataFrame({"village": codes, "n_households": size})


def households(frame: pd.DataFrame) -> pd.DataFrame:
    """Households of every village, their kinds in turn."""
    village = np.repeat(frame["village"].to_numpy(), frame["n_households"])
    serial = pd.Series(village).groupby(village).cumcount()
    kind = np.array(HH_KINDS, dtype=object)[serial % 5 // 2]
    return pd.DataFrame({
        "household": [f"{v}{s:04d}" for v, s in zip(village, serial, strict=True)], "village": village, "hh_kind": kind,
        "register_size": 3.0,
    })  # fmt: skip


TOWNS = {FIRST: 3, SECOND: 2}


@pytest.mark.parametrize("rule", [(), (5.0, 3.0, 2.0)])
def test_every_stage_has_the_chances_it_states(rule: tuple[float, ...]) -> None:
    """Weights 1/p estimate every county's number of households, and of each kind, without bias."""
    frame, draws = villages(), 40
    people = households(frame)
    truth = people.groupby([people["village"].str[:6], "hh_kind"]).size()
    towns = np.zeros(8)
    totals = []
    for k in range(draws):
        done = draw_sample(frame, TOWNS, f"text {k}", Sizes(2, 6, rule), people)
        towns += done.towns["drawn"].to_numpy()
        s = done.sample_households
        totals.append(
            s["weight"].groupby([s["village"].str[:6], s["hh_kind"]]).sum().reindex(truth.index, fill_value=0.0)
        )
        assert done.sample_villages["m_households"].sum() == len(s)
    p = done.towns["p_town"].to_numpy()
    assert p.sum() == pytest.approx(sum(TOWNS.values()))
    assert p[0] == 1
    inner = p < 1
    z = (towns - draws * p)[inner] / np.sqrt(draws * p * (1 - p))[inner]
    assert np.abs(z).max() < 4.2
    table = np.array(totals)
    z = (table.mean(axis=0) - truth.to_numpy()) / (table.std(axis=0, ddof=1) / draws**0.5)
    assert np.abs(z).max() < 4.5


def test_the_suite_reads_weights_that_are_the_inverse_of_the_chances() -> None:
    frame = villages()
    for rule in ((), (5.0, 3.0, 2.0)):
        done = draw_sample(frame, TOWNS, "text", Sizes(2, 6, rule), households(frame))
        read = household_factors(done.sample_households.assign(outcome="完成"), village_factors(done.sample_villages))
        both = read.merge(
            done.sample_households[["household", "weight", "p_household"]], on="household", validate="1:1"
        )
        assert len(both) == len(done.sample_households)
        np.testing.assert_allclose(both["w_design"], both["weight"], rtol=1e-12)
        np.testing.assert_allclose(
            both["w_design"], 1 / (both["p_town"] * both["p_village"] * both["p_household"]), rtol=1e-12
        )
        assert not drawn_by_counts(read)
        sure = both[both["p_town"] >= 1]
        assert (sure["stratum"] == sure["town"]).all()
        assert (sure["psu"] == sure["village"]).all()
        rest = both[both["p_town"] < 1]
        assert (rest["stratum"] == rest["county"]).all()
        assert (rest["psu"] == rest["town"]).all()


def test_units_of_the_list_that_were_set_aside_are_made_up_for() -> None:
    frame = villages()
    done = draw_sample(frame, TOWNS, "text", Sizes(2, 6), households(frame))
    lost = done.sample_villages[done.sample_villages["county"] == SECOND].iloc[0]
    whole = village_factors(done.sample_villages).set_index("village")
    left = village_factors(done.sample_villages[done.sample_villages["village"] != lost["village"]]).set_index(
        "village"
    )
    same_town = left[left["town"] == lost["town"]]
    np.testing.assert_allclose(same_town["f_village"], 2 * whole.loc[same_town.index, "f_village"])
    others = left[left["town"] != lost["town"]]
    np.testing.assert_allclose(others["f_village"], whole.loc[others.index, "f_village"])


@pytest.mark.parametrize(("column", "value"), [("p_town", np.nan), ("p_village", 0.0), ("p_village", 1.2)])
def test_chances_of_some_rows_only_are_refused(column: str, value: float) -> None:
    listed = draw_sample(villages(), TOWNS, "text", Sizes(2, 6)).sample_villages
    listed.loc[3, column] = value
    with pytest.raises(InputRefused) as caught:
        village_factors(listed)
    assert caught.value.code == "K924"


def test_a_list_without_chances_is_read_as_before() -> None:
    listed = draw_sample(villages(), TOWNS, "text", Sizes(2, 6)).sample_villages
    plain = village_factors(listed.drop(columns=["p_town", "p_village"]))
    assert drawn_by_counts(plain)
    np.testing.assert_allclose(plain["f_town"], plain["n_towns"] / plain["m_towns"])
    blank = village_factors(listed.assign(p_town=np.nan, p_village=np.nan))
    pd.testing.assert_series_equal(blank["f_town"], plain["f_town"])


def test_ratio_by_kind_with_lacks_shared_out() -> None:
    def drawn(*numbers: int) -> tuple[list[int], list[float]]:
        kinds = np.repeat(np.array(HH_KINDS, dtype=object), numbers)
        at, p, size = draw_village(kinds, 10, "t", "440203100201", (5, 3, 2))
        assert len(set(at.tolist())) == 10
        assert size.tolist() == [numbers[HH_KINDS.index(k)] for k in kinds[at]]
        return [int((kinds[at] == k).sum()) for k in HH_KINDS], sorted(set(p.round(6).tolist()))

    assert drawn(20, 20, 20) == ([5, 3, 2], [0.1, 0.15, 0.25])
    assert drawn(3, 0, 57) == ([3, 0, 7], [round(7 / 57, 6), 1.0])
    assert drawn(30, 1, 30) == ([6, 1, 3], [0.1, 0.2, 1.0])


def test_the_same_text_draws_the_same_and_the_order_of_rows_is_no_matter() -> None:
    frame = villages()
    people = households(frame)
    a = draw_sample(frame, TOWNS, "text", Sizes(2, 6), people)
    b = draw_sample(
        frame.sample(frac=1, random_state=1), TOWNS, "text", Sizes(2, 6), people.sample(frac=1, random_state=2)
    )
    c = draw_sample(frame, TOWNS, "another", Sizes(2, 6), people)
    pd.testing.assert_frame_equal(a.sample_villages, b.sample_villages)
    pd.testing.assert_frame_equal(a.sample_households, b.sample_households)
    assert set(a.sample_households["register_household"]) != set(c.sample_households["register_household"])


PLANNING = Planning(0.4, 0.05, 0.08)


@pytest.mark.parametrize(("level", "point"), [(0.95, 1.959963984540054), (0.9, 1.644853626951473)])
def test_half_widths_are_those_of_the_normal_distribution_at_the_level(level: float, point: float) -> None:
    frame = with_places(villages(8, 4, 10, most=25))
    done = draw_sample(frame, {FIRST: 4, SECOND: 3}, "text", Sizes(2, 6), households(frame))
    s = done.sample_households.merge(done.sample_villages[["village", "town", "city"]], on="village")
    found = expected_errors(s, frame, PLANNING, level=level)
    np.testing.assert_allclose(found["half_width"], point * found["se"], rtol=1e-12)


def test_expected_errors_are_those_of_the_estimator_on_synthetic_populations() -> None:
    """8 drawn samples on 300 populations each: mean squared error over expected variance is 1 within 5 standard errors."""
    frame = with_places(villages(8, 4, 10, most=25))
    rng = np.random.default_rng(5)
    people, populations, ratios = households(frame), 300, []
    sigma2 = 0.4 * 0.6
    parts = (
        PLANNING.icc_town * sigma2,
        PLANNING.icc_village * sigma2,
        (1 - PLANNING.icc_town - PLANNING.icc_village) * sigma2,
    )
    for k in range(20):
        done = draw_sample(
            frame, {FIRST: 4, SECOND: 3}, f"text {k}", Sizes(2, 6, (5.0, 3.0, 2.0) if k % 2 else ()), people
        )
        s = done.sample_households.merge(done.sample_villages[["village", "town", "city"]], on="village")
        expected = expected_errors(s, frame, PLANNING).set_index("domain").loc[CITY, "se"]
        codes, town = pd.factorize(people["village"])[0], pd.factorize(people["village"].str[:9])[0]
        y = (
            rng.normal(0, parts[0] ** 0.5, (populations, 16))[:, town] + rng.normal(0, parts[1] ** 0.5, (populations, 64))[:, codes]
            + rng.normal(0, parts[2] ** 0.5, (populations, len(people)))
        )  # fmt: skip
        at = pd.Index(people["household"]).get_indexer(s["register_household"])
        w = s["weight"].to_numpy() / s["weight"].sum()
        ratios.append(np.mean((y[:, at] @ w - y.mean(axis=1)) ** 2) / expected**2)
    assert np.mean(ratios) == pytest.approx(1, abs=5 * (2 / (8 * populations)) ** 0.5)


def test_standard_errors_of_the_suite_do_not_promise_too_much() -> None:
    """On one population, over many draws: the mean estimated variance is at least the true one, within chance."""
    frame = with_places(villages(8, 4, 10, most=25))
    people, rng, draws = households(frame), np.random.default_rng(6), 40
    effect = pd.Series(rng.normal(0, 0.12, 16), index=sorted(set(frame["town"])))
    y = rng.random(len(people)) < 0.5 + people["village"].str[:9].add("000").map(effect).to_numpy()
    value = pd.Series(y.astype(float), index=people["household"])
    found = []
    for k in range(draws):
        done = draw_sample(frame, {FIRST: 4, SECOND: 3}, f"text {k}", Sizes(2, 6), people)
        read = household_factors(done.sample_households.assign(outcome="完成"), village_factors(done.sample_villages))
        home = done.sample_households.set_index("household")["register_household"]
        read = read.assign(y=read["household"].map(home).map(value))
        row = Design(read, weight="w_design", strata="stratum", psu=["psu"], lonely="adjust").mean("y").iloc[0]
        found.append((row["estimate"] - value.mean(), row["se"] ** 2))
    error, variance = np.array(found).T
    assert abs(error.mean()) < 4 * error.std() / draws**0.5
    assert 0.7 < variance.mean() / np.mean(error**2) < 2.2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: pd.concat([f, f.iloc[:1]]), "K911"), (lambda f: f.assign(n_households=0), "K912"),
        (lambda f: f.assign(n_households=-3), "K912"), (lambda f: f.assign(n_households=np.nan), "K912"),
        (lambda f: f.assign(n_households=7.5), "K912"), (lambda f: f.assign(village="440203"), "K911"),
        (lambda f: f.assign(village=[*f["village"][:-1], "330203100201"]), "K910"), (lambda f: f.iloc[:0], "K910"),
        (lambda f: f.drop(columns="n_households"), "K301"), (lambda f: f.assign(village=[*f["village"][:-1], None]), "K910"),
    ],
)  # fmt: skip
def test_bad_registers_are_refused(change: object, code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        draw_sample(change(villages()), TOWNS, "text", Sizes(2, 6))  # type: ignore[operator]
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("towns", "code"), [({FIRST: 9, SECOND: 2}, "K913"), ({FIRST: 1, SECOND: 2}, "K913"), ({FIRST: 2}, "K913"), ({**TOWNS, "440205000000": 2}, "K915")]
)  # fmt: skip
def test_numbers_of_towns_that_cannot_be_are_refused(towns: dict[str, int], code: str) -> None:
    with pytest.raises(InputRefused) as caught:
        draw_sample(villages(), towns, "text", Sizes(2, 6))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda h: h.iloc[1:], "K910"), (lambda h: h.assign(hh_kind="其他"), "K910"), (lambda h: h.assign(household="1"), "K911"),
        (lambda h: h.drop(columns="hh_kind"), "K301"),
    ],
)  # fmt: skip
def test_bad_registers_of_households_are_refused(change: object, code: str) -> None:
    frame = villages()
    every = {FIRST: 4, SECOND: 4}
    with pytest.raises(InputRefused) as caught:
        draw_sample(frame, every, "text", Sizes(4, 6), change(households(frame)))  # type: ignore[operator]
    assert caught.value.code == code


def test_settings_that_cannot_be_are_refused() -> None:
    for make in (
        lambda: Sizes(1, 6), lambda: Sizes(2, 1), lambda: Sizes(scheme="best"), lambda: Sizes(2, 5, (5, 3, 2)), lambda: Sizes(2, 9, (5, 3)),
        lambda: Sizes(2, 9, (5, 3, 0)), lambda: parse_rule("5/3/2"), lambda: Planning(1.0), lambda: Planning(0.5, 0.7, 0.6),
        lambda: Planning(cost_town=-1),
    ):  # fmt: skip
        with pytest.raises(InputRefused) as caught:
            make()
        assert caught.value.code == "K922"
    assert parse_rule("5:3:2") == (5, 3, 2)
    assert parse_rule("equal") == ()


def risks(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"village": frame["village"], "risk": np.arange(len(frame)) // 2})


def test_the_supplement_takes_the_highest_risks_that_were_not_drawn() -> None:
    frame = villages()
    frame["n_households"] = range(10, 10 + len(frame))
    last = frame["village"].tolist()[-4:]
    chosen = choose_key(frame, risks(frame), 2, drawn=[last[-1]])
    # of the last four, by risk 14 14 15 15, the last was drawn: the third, then of the two at 14 the larger
    assert set(chosen["village"]) == {last[2], last[1]}
    assert set(chosen["selection"]) == {"重点调查"}
    assert not {"p_town", "p_village", "weight"} & set(chosen.columns)
    assert chosen["rank"].tolist() == [2, 1]


def test_the_supplement_never_enters_a_design_by_accident() -> None:
    frame = villages()
    drawn = draw_sample(frame, TOWNS, "text", Sizes(2, 6)).sample_villages
    chosen = choose_key(frame, risks(frame), 2, drawn=drawn["village"]).assign(m_households=6)
    both = pd.concat([drawn, chosen], ignore_index=True)
    pd.testing.assert_frame_equal(
        village_factors(both)[["village", "f_town", "f_village"]],
        village_factors(drawn)[["village", "f_town", "f_village"]],
    )
    with pytest.raises(InputRefused) as caught:
        Design(both.assign(w=1.0), weight="w", strata="county", psu=["town"])
    assert caught.value.code == "K307"


@pytest.mark.parametrize(
    ("change", "per_city", "code"),
    [
        (lambda r: r.assign(risk=np.nan), 2, "K923"), (lambda r: r.iloc[:1], 2, "K923"), (lambda r: pd.concat([r, r]), 2, "K911"),
        (lambda r: r.assign(village=[*r["village"][1:], "440203999201"]), 2, "K923"), (lambda r: r, 0, "K922"),
    ],
)  # fmt: skip
def test_risks_that_cannot_be_used_are_refused(change: object, per_city: int, code: str) -> None:
    frame = villages()
    with pytest.raises(InputRefused) as caught:
        choose_key(frame, change(risks(frame)), per_city)  # type: ignore[operator]
    assert caught.value.code == code


def test_strata_are_counted_from_the_register() -> None:
    out = counties_of(with_places(villages()))
    assert out[["county", "n_towns", "n_villages"]].values.tolist() == [[FIRST, 4, 16], [SECOND, 4, 16]]
