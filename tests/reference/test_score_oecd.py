"""The Technology Achievement Index: published ranks from floor, target and weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.grade.ranks import ranks
from kaohe.grade.survey_score import indicator_score

CASE = Path(__file__).parent / "score" / "oecd_tai"
COLUMNS = ["patents", "royalties", "internet", "exports", "telephones", "electricity", "schooling", "university"]


@pytest.fixture(scope="module")
def tai() -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    raw = pd.read_csv(CASE / "tai_raw_23.csv").set_index("country")
    published = pd.read_csv(CASE / "published_ranks.csv").set_index("country")
    return raw[COLUMNS], published, json.loads((CASE / "README.json").read_text(encoding="utf-8"))


def goalposts(told: dict) -> np.ndarray:
    posts = told["goalposts"]
    logs = {"telephones": (np.log10(1), np.log10(901)), "electricity": (np.log10(22), np.log10(6969))}
    return np.array([logs.get(c) or posts[c] for c in COLUMNS], dtype=float)


@pytest.mark.parametrize(("weights", "column"), [("EW", "LIN_equal_weights"), ("BAP", "LIN_BAP_weights")])
def test_linear_ranks(tai: tuple[pd.DataFrame, pd.DataFrame, dict], weights: str, column: str) -> None:
    raw, published, told = tai
    posts = goalposts(told)
    scores = indicator_score(raw.to_numpy(), posts[:, 0], posts[:, 1]) @ np.array(told["weights"][weights])
    mine = ranks(pd.Series(scores, index=raw.index))["rank"]
    assert mine.reindex(published.index).tolist() == published[column].tolist()


@pytest.mark.parametrize(("column", "differing"), [("FA", 4), ("AHP", 3)])
def test_ranks_of_weights_that_are_published_rounded(
    tai: tuple[pd.DataFrame, pd.DataFrame, dict], column: str, differing: int
) -> None:
    raw, published, told = tai
    posts = goalposts(told)
    weights = np.array(told["weights"][column])
    scores = indicator_score(raw.to_numpy(), posts[:, 0], posts[:, 1]) @ (weights / weights.sum())
    shift = (ranks(pd.Series(scores, index=raw.index))["rank"].reindex(published.index) - published[column]).abs()
    assert (shift > 0).sum() == differing
    assert shift.max() <= 2


def test_geometric_ranks(tai: tuple[pd.DataFrame, pd.DataFrame, dict]) -> None:
    raw, published, _ = tai
    mine = ranks(pd.Series(np.exp(np.log(raw).mean(axis=1)), index=raw.index))["rank"]
    assert mine.reindex(published.index).tolist() == published["GME_equal_weights_raw_values"].tolist()
