from __future__ import annotations

import pytest

from kaohe.base.plan import Plan, load_plan


@pytest.fixture(scope="session")
def plan() -> Plan:
    return load_plan()
