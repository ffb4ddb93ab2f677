"""How grades become scores, and a score a grade."""

from __future__ import annotations

import math
from dataclasses import dataclass

from kaohe.base.errors import KaoheError


@dataclass(frozen=True)
class Scale:
    """Values of grades and the cut-offs that turn a score back into a grade: one object.

    Attributes
    ----------
    name : str
        What the choice is called.
    values : dict of grade to float
        Score of a form item of this grade, 0 to 100.
    cuts : dict of grade to float
        Least score of the grade, 0 to 100; the last grade needs none.
    """

    name: str
    values: dict[str, float]
    cuts: dict[str, float]

    def grade(self, score: float, tolerance: float = 1e-9) -> str:
        """Grade of an unrounded score: the best one whose cut is reached within `tolerance`.

        Parameters
        ----------
        score : float
            0 to 100, unrounded.
        tolerance : float
            By how much of a score a cut may be missed, for the error of sums of floating numbers.

        Raises
        ------
        KaoheError
            K170 for a score that is no finite number: it lies in no grade.
        """
        if not math.isfinite(score):
            error = KaoheError("K170", "A score lies in no grade", got=str(score), expected="a finite number")
            error.exit_code = 1
            raise error
        for grade, cut in sorted(self.cuts.items(), key=lambda kv: -kv[1]):
            if score >= cut - tolerance:
                return grade
        return min(self.values, key=lambda g: self.values[g])

    @property
    def order(self) -> list[str]:
        """Grades from best to worst."""
        return sorted(self.values, key=lambda g: -self.values[g])
