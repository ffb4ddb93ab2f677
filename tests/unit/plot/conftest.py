"""The invented province, read once, and charts drawn as in a batch with the layout checked."""

from __future__ import annotations

import pandas as pd
import pytest

from support.built_frames import make_built


@pytest.fixture(scope="session")
def built() -> dict[str, pd.DataFrame]:
    return make_built(seed=1)


@pytest.fixture(scope="session")
def many() -> dict[str, pd.DataFrame]:
    """The same with all 235 units."""
    return make_built(seed=2, n_units=235)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that are cut or overlap are errors; no PNG is drawn."""
    monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
    monkeypatch.setenv("KAOHE_BATCH", "1")
