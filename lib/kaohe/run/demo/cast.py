"""Which targets play which part, so that every kind of doubtful case is to be seen once or twice."""

from __future__ import annotations

from dataclasses import dataclass

from kaohe.base.plan import Plan
from kaohe.run.demo.judgement import Quality

# Units whose index table has a fault that sets an item aside: item, kind.
UNIT_INDEX_FAULTS = {"DW034": (3, "no_tick"), "DW120": (9, "two_ticks"), "DW155": (14, "no_tick")}
UNITS_WITHOUT_INDEX = ("DW017", "DW201")
LATE_UNITS = ("DW009", "DW052", "DW088", "DW114", "DW149", "DW190", "DW222")
SILENT_UNITS = ("DW061", "DW133", "DW201")
EMPTY_UNITS = ("DW175",)


@dataclass(frozen=True)
class Cast:
    """Cities by their part.

    Attributes
    ----------
    violating : str
        A good city with a major violation, so that its limit is seen.
    undone : str
        A city that did not complete the year's task.
    unclear : tuple of str
        A task city and a helper city with a fact still being verified.
    adjusted : str
        A middling city whose grade is changed by decision.
    incomplete : str
        A city whose index table lacks a valid grade.
    late, silent : str
        Cities whose self-report came late, or never.
    prominent : tuple of str
        Cities with a prominent problem.
    """

    violating: str
    undone: str
    unclear: tuple[str, str]
    adjusted: str
    incomplete: str
    late: str
    silent: str
    prominent: tuple[str, ...]


def cast_cities(quality: Quality, plan: Plan) -> Cast:
    """Choose the cities by their overall quality, best first; the first by code plays no part and stays whole."""
    members = sorted(plan.classes["city14"].members)[1:]
    order = sorted(members, key=lambda c: -float(quality.objects.loc[c].mean()))
    helpers = sorted(plan.classes["city6"].members)
    half = len(order) // 2
    return Cast(
        violating=order[2], undone=order[-2], unclear=(order[3], helpers[-1]), adjusted=order[half],
        incomplete=order[half + 1], late=order[-3], silent=order[-1], prominent=tuple(order[-2:]),
    )  # fmt: skip
