"""The sources of psu_totals agree: cells, estimates and counts to 1e-12, errors to 1e-9; parts add up; the order of records changes nothing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.support.seam_data import sample, sources, worst

from kaohe.estimate import combine, estimate_from_totals, fgt, per, psu_totals

HOW = {
    "weight": "w", "strata": "h", "psu": "t", "by": ["city", "kind"],
    "y": ["income", "score", "ok", per("income", "size"), fgt("income", 8000.0, "gap")],
}  # fmt: skip


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.integers(0, 2**32 - 1), st.integers(40, 600), st.sampled_from(["mean", "total", "ratio", "fgt"]))
def test_the_sources_agree(seed: int, rows: int, statistic: str) -> None:
    frame = sample(seed, rows)
    with TemporaryDirectory() as folder:
        found = {name: psu_totals(source, **HOW) for name, source in sources(frame, Path(folder)).items()}
    plain = found.pop("pandas")
    want = estimate_from_totals(plain, statistic, lonely="adjust")
    rest = ["se", "ci_low", "ci_high", "cv", "deff"]
    for totals in found.values():
        assert worst(totals.cells, plain.cells) < 1e-12
        made = estimate_from_totals(totals, statistic, lonely="adjust")
        assert worst(made.drop(columns=rest), want.drop(columns=rest)) < 1e-12
        np.testing.assert_allclose(made[rest], want[rest], rtol=1e-9)


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 299), min_size=1, max_size=6), st.randoms())
def test_chunks_and_order_change_nothing(seed: int, cuts: list[int], random: object) -> None:
    frame = sample(seed, 300)
    whole = psu_totals(frame, **HOW)
    mixed = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    edges = [0, *sorted(set(cuts)), len(frame)]
    chunks = [mixed.iloc[a:b] for a, b in pairwise(edges)]
    parts = [psu_totals(c, **HOW) for c in chunks]
    random.shuffle(parts)  # type: ignore[attr-defined]
    assert worst(combine(*parts).cells, whole.cells) < 1e-12
    left = parts[0]
    for part in parts[1:]:
        left = combine(left, part)
    assert worst(left.cells, whole.cells) < 1e-12
