"""An attacker who knows all that is published and how it adds up; written apart from the library's own attack."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, sparse

from kaohe.base.errors import DisclosureError
from kaohe.base.plan import load_plan
from kaohe.estimate.linked import Linked, Parts, check_protected, families_of, protect_estimates
from kaohe.estimate.protect import Sums, attack, protect

PROTECTION = 5.0
FLOOR = 10
TABLES = 1000
UNBOUNDED = 1e4
DISCLOSURE = {"protection": 5, "protection_amount": 0.2}


def grid_table(rng: np.random.Generator) -> tuple[np.ndarray, Sums]:
    """A random table of counts with row and column totals and the grand total."""
    shape = tuple(rng.integers(2, 6, 2))
    counts = rng.poisson(rng.choice([2, 6, 20, 60], size=shape)).astype(float)
    counts[rng.random(shape) < 0.08] = 0
    where = np.arange(counts.size).reshape(shape)
    groups = (
        [[a] for a in where.ravel()] + [list(r) for r in where] + [list(c) for c in where.T] + [list(where.ravel())]
    )
    member = np.zeros((len(groups), counts.size), dtype=bool)
    for row, group in enumerate(groups):
        member[row, group] = True
    value = member @ counts.ravel()
    level = (member.sum(axis=1) > 1).astype(np.int64)
    return counts, Sums(
        member, counts.ravel(), np.zeros(counts.size), np.full(counts.size, np.inf), value + 1e6 * level,
        np.full(len(value), PROTECTION), level,
    )  # fmt: skip


def test_cells_of_nothing_are_as_wide_as_their_bounds() -> None:
    """Two atoms of 0 of which each may be 12 at most, below an open sum of 0 and a hidden one."""
    member = np.array([[True, False], [False, True], [True, True]])
    for upper, most in ((12.0, 12.0), (np.inf, np.inf)):
        sums = Sums(
            member, np.zeros(2), np.zeros(2), np.full(2, upper), np.ones(3), np.full(3, 5.0), np.array([0, 0, 1])
        )
        low, high = attack(sums, np.array([True, True, True]))
        assert low.tolist() == [0.0, 0.0, 0.0]
        assert high.tolist() == [most, most, 2 * most]
        assert attack(sums, np.array([True, True, False]))[1].tolist()[:2] == [0.0, 0.0]


def stranger(cases: list[tuple[Sums, np.ndarray]]) -> list[float]:
    """The narrowest interval of a hidden cell in each table: all unknowns of all tables in one programme.

    Unknowns are the cells themselves (margins included), tied by the additions; open cells are
    fixed by their bounds. Nothing of the library's formulation is used.
    """
    blocks, right, low, high, goal, ends = [], [], [], [], [], []
    for number, (sums, hidden) in enumerate(cases):
        inner = sums.member.shape[1]
        ties = np.hstack([sums.member[inner:].astype(float), -np.eye(len(sums.value) - inner)])
        for cell in np.flatnonzero(hidden):
            for sign in (1.0, -1.0):
                blocks.append(sparse.csr_array(ties))
                right.append(np.zeros(len(ties)))
                low.append(np.where(hidden, 0.0, sums.value))
                high.append(np.where(hidden, UNBOUNDED, sums.value))
                one = np.zeros(len(sums.value))
                one[cell] = sign
                goal.append(one)
                ends.append((number, sign))
    narrowest = [np.inf] * len(cases)
    if not blocks:
        return narrowest
    found = optimize.linprog(
        np.concatenate(goal), A_eq=sparse.block_diag(blocks, format="csr"), b_eq=np.concatenate(right),
        bounds=np.column_stack([np.concatenate(low), np.concatenate(high)]), method="highs",
    )  # fmt: skip
    assert found.status == 0
    at = 0
    best = []
    for one in goal:
        best.append(float(one @ found.x[at : at + len(one)]))
        at += len(one)
    for k in range(0, len(best), 2):
        number = ends[k][0]
        narrowest[number] = min(narrowest[number], -best[k + 1] - best[k])
    return narrowest


@pytest.mark.case("X25")
def test_no_hidden_count_of_a_thousand_tables_is_bounded_more_tightly_than_the_protection() -> None:
    rng = np.random.default_rng(2020)
    batch: list[tuple[Sums, np.ndarray]] = []
    narrowest: list[float] = []
    primaries = alone = 0
    for number in range(TABLES):
        _, sums = grid_table(rng)
        primary = (sums.value > 0) & (sums.value < FLOOR)
        hidden = protect(sums, primary)
        assert not (primary & ~hidden).any()
        primaries += int(primary.sum())
        alone += int(hidden.sum() - primary.sum())
        batch.append((sums, hidden))
        if len(batch) == 50 or number == TABLES - 1:
            narrowest += stranger(batch)
            batch = []
    assert len(narrowest) == TABLES
    assert primaries > 3 * TABLES  # the tables are worth attacking
    assert alone > 1 * TABLES  # and need more than the small cells
    assert min(narrowest) >= PROTECTION - 1e-4


def test_without_a_partner_the_stranger_finds_the_cell() -> None:
    """The attack bites: hiding only the small cell of a table gives it away exactly."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(40):
        counts, sums = grid_table(rng)
        small = np.flatnonzero((sums.value[: counts.size] > 0) & (sums.value[: counts.size] < FLOOR))
        if len(small):
            hidden = np.zeros(len(sums.value), dtype=bool)
            hidden[small[0]] = True
            found += stranger([(sums, hidden)])
            low, high = attack(sums, hidden)
            assert low[small[0]] == pytest.approx(high[small[0]]) == pytest.approx(sums.value[small[0]])
    assert found
    assert max(found) == pytest.approx(0, abs=1e-6)


def province(answers: dict[tuple[str, str, str], tuple[int, float]]) -> tuple[pd.DataFrame, list[Parts]]:
    """Estimates and parts of one share: (city, county, helper) to (n, share), weight 10 a household."""
    atoms = pd.DataFrame(list(answers), columns=["city", "county", "helper_city"])
    n = np.array([v[0] for v in answers.values()], dtype=float)
    yes = np.array([v[0] * v[1] for v in answers.values()])
    rows = []
    for kind, column in (("province", ""), ("city", "city"), ("county", "county"), ("helper", "helper_city")):
        names = ["44"] if not column else sorted(set(atoms[column]) - {""})
        for name in names:
            mine = np.ones(len(atoms), dtype=bool) if not column else (atoms[column] == name).to_numpy()
            count = int(n[mine].sum())
            rows.append(("household", kind, name, "q", yes[mine].sum() / count, count, count < FLOOR, False))
    columns = ["unit", "domain_type", "domain", "indicator", "estimate", "n", "private", "rough"]
    part = Parts(
        "household", atoms, ["q"], 10 * yes[:, None], 10 * n[:, None], np.array([True]), np.array([False])
    )  # fmt: skip
    return pd.DataFrame(rows, columns=columns), [part]


def withheld(frame: pd.DataFrame, parts: list[Parts]) -> set[str]:
    extra = protect_estimates(Linked(frame, parts, DISCLOSURE), {})
    return set(frame.loc[extra | frame["private"], "domain"])


def test_a_county_is_not_had_from_its_city_nor_a_city_from_the_province() -> None:
    frame, parts = province({("A", "a1", ""): (8, 0.5), ("A", "a2", ""): (40, 0.4), ("A", "a3", ""): (60, 0.5),
                             ("B", "b1", ""): (50, 0.5), ("B", "b2", ""): (50, 0.5)})  # fmt: skip
    assert withheld(frame, parts) == {"a1", "a2"}
    frame, parts = province({("A", "a1", ""): (8, 0.5), ("B", "b1", ""): (50, 0.5), ("C", "c1", ""): (90, 0.5)})
    assert withheld(frame, parts) == {"A", "a1", "B", "b1"}


def test_a_county_is_not_had_from_a_helper_citys_villages() -> None:
    frame, parts = province({
        ("A", "a1", "H"): (8, 0.5), ("A", "a2", ""): (40, 0.4), ("A", "a3", "H"): (60, 0.5), ("B", "b1", ""): (80, 0.5),
        ("B", "b2", "H"): (70, 0.5),
    })  # fmt: skip
    assert "a3" in withheld(frame, parts) or "b2" in withheld(frame, parts)


def test_a_partner_without_room_is_not_enough() -> None:
    """A county where nobody says yes gives no cover: the sum of both is then the withheld one's own."""
    frame, parts = province({("A", "a1", ""): (8, 0.5), ("A", "a2", ""): (20, 0.0), ("A", "a3", ""): (60, 0.5)})
    assert "a3" in withheld(frame, parts)


@pytest.mark.case("X25")
def test_the_check_of_a_build_finds_what_can_be_worked_out() -> None:
    frame, parts = province({("A", "a1", ""): (8, 0.5), ("A", "a2", ""): (40, 0.4), ("A", "a3", ""): (60, 0.5)})
    linked = Linked(frame, parts, DISCLOSURE)
    extra = protect_estimates(linked, {})
    good = frame.assign(estimate=frame["estimate"].mask(extra | frame["private"]))
    check_protected(good, linked)
    bare = frame.assign(estimate=frame["estimate"].mask(frame["private"]))
    with pytest.raises(DisclosureError) as refused:
        check_protected(bare, linked)
    assert refused.value.exit_code == 4
    assert refused.value.message() == (
        "K370 A withheld estimate can be worked out from what is shown\n"
        "  where     estimates › q of a1\n"
        "  got       1 such estimates\n"
        "  expected  no interval of a withheld value narrower than disclosure.toml asks\n"
        "  remedy    nothing was written; raise min_households or report it"
    )
    with pytest.raises(DisclosureError, match="K370"):
        check_protected(frame, linked)


def test_sums_and_quotients_of_questions_are_families() -> None:
    found = families_of(load_plan().questions)
    assert ("income_total", "income_wage", "income_business", "income_property", "income_transfer") in found
    assert any(f[0] != "income_total" and "income_total" in f for f in found)


def test_a_withheld_part_of_a_sum_takes_a_second_part_with_it() -> None:
    questions = load_plan().questions
    names = ["income_total", "income_wage", "income_business", "income_property", "income_transfer"]
    values = [100.0, 50.0, 20.0, 10.0, 20.0]
    frame = pd.DataFrame({
        "unit": "household", "domain_type": "county", "domain": "c", "indicator": names, "estimate": values, "n": 40,
        "private": [False, False, False, True, False], "rough": False,
    })  # fmt: skip
    atoms = pd.DataFrame({"city": ["A"], "county": ["c"], "helper_city": [""]})
    top = np.array([values]) * 40
    part = Parts("household", atoms, names, top, np.full((1, 5), 40.0), np.zeros(5, bool), np.zeros(5, bool))
    extra = protect_estimates(Linked(frame, [part], DISCLOSURE), questions)
    assert set(frame.loc[extra, "indicator"]) == {"income_business"}
