from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan, load_plan
from kaohe.grade import build_grades
from support.office_frames import make_office

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def full_plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="session")
def plan(full_plan: Plan) -> Plan:
    """The packaged plan with fewer draws, for speed."""
    choices = {**full_plan.choices, "uncertainty": {**full_plan.choices["uncertainty"], "draws": 1000}}
    return dataclasses.replace(full_plan, choices=choices)


@pytest.fixture(scope="session")
def _office(plan: Plan) -> tuple[Tables, Tables]:
    return make_office(1, 12, plan)


@pytest.fixture
def office(_office: tuple[Tables, Tables]) -> tuple[Tables, Tables]:
    """A complete office; a fresh copy for each test."""
    return tuple({k: v.copy() for k, v in part.items()} for part in _office)  # type: ignore[return-value]


@pytest.fixture(scope="session")
def built(_office: tuple[Tables, Tables], plan: Plan) -> Tables:
    """Everything built from the complete office; read only."""
    return build_grades(*_office, plan, rng=np.random.default_rng(2020))
