"""The estimates of a design as tables that show themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import pandas as pd

from kaohe.estimate.survey import Design
from kaohe.plot.estimate_table import EstimateTable

if TYPE_CHECKING:
    from kaohe.publish.bench import BenchDesign

P = ParamSpec("P")


def dressed(
    method: Callable[Concatenate[Design, P], pd.DataFrame],
) -> Callable[Concatenate[BenchDesign, P], EstimateTable]:
    """A design's method whose table knows its labels; signature and docstring stay."""

    @wraps(method)
    def call(self: BenchDesign, /, *args: P.args, **options: P.kwargs) -> EstimateTable:
        named: Any = options
        return self.dress(method(self, *args, **options), by=named.get("by"), level=named.get("level", 0.95),
                          all_shares=method.__name__ == "proportion")  # fmt: skip

    return call
