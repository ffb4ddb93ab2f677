"""What is assumed of a share and of costs before the survey."""

from __future__ import annotations

from dataclasses import dataclass

from kaohe.design.draw import faults
from kaohe.design.draw.sample import Sizes


@dataclass(frozen=True)
class Planning:
    """What is assumed before the survey.

    Attributes
    ----------
    share : float
        The share to be estimated, 0 to 1; its variance is share · (1 − share).
    icc_town, icc_village : float
        Parts of that variance between towns of a county, and between villages of a town.
    cost_town, cost_village, cost_household : float
        Yuan for each unit taken.

    Raises
    ------
    InputRefused
        K922 for a share or parts of the variance that cannot be, or costs below 0.
    """

    share: float = 0.5
    icc_town: float = 0.02
    icc_village: float = 0.03
    cost_town: float = 0.0
    cost_village: float = 0.0
    cost_household: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.icc_town, self.icc_village, 1 - self.icc_town - self.icc_village)
        if not 0 < self.share < 1 or min(parts) < 0:
            raise faults.bad_choice(
                "planning", f"share {self.share:g}, icc {self.icc_town:g} and {self.icc_village:g}",
                "a share between 0 and 1; parts of the variance of 0 or more that add to 1 at most",
            )  # fmt: skip
        if min(self.cost_town, self.cost_village, self.cost_household) < 0:
            raise faults.bad_choice("costs", "below 0", "0 or more")

    @property
    def icc_rest(self) -> float:
        """Part of the variance between households of a village."""
        return 1 - self.icc_town - self.icc_village

    def town_cost(self, sizes: Sizes) -> float:
        """Yuan for one town with the villages and households of `sizes`; by definition the sum of the costs of the units."""
        return self.cost_town + sizes.villages * (self.cost_village + sizes.households * self.cost_household)
