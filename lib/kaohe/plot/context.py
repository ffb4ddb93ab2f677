"""Whose report is being made: what every chart, table and sentence takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kaohe.base.errors import EXIT_BUG, KaoheError

if TYPE_CHECKING:
    from kaohe.base.plan import Plan

KINDS = ("province", "class", "city", "county", "unit")


@dataclass(frozen=True)
class Context:
    """Whose report this is, and what every chart and sentence in it needs to know.

    Parameters
    ----------
    object, name : str
        Code and Chinese name of the target; ``province`` and 全省 for the whole.
    kind : str
        province, class, city, county or unit.
    class_id, class_label : str
        The target's class and its label (有脱贫攻坚任务的14个市); empty where there is none.
    n_class : int
        Number of targets in the class.
    year : int
        The year assessed.
    origin : str
        ``demo`` or ``office``.
    source_note : str
        Said under every chart, as 演示数据（虚构）; empty for the office's data.
    plan : Plan
        The plan in force.
    names : mapping of code to name, optional
        Names of the targets (cities, counties, units), where the register of places does not hold them.

    Raises
    ------
    KaoheError
        K701 for an unknown kind or origin.
    """

    object: str
    name: str
    kind: str
    class_id: str
    class_label: str
    n_class: int
    year: int
    origin: str
    source_note: str
    plan: Plan
    names: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise _fault(f"kind = {self.kind}", f"one of {', '.join(KINDS)}")
        if self.origin not in {"demo", "office"}:
            raise _fault(f"origin = {self.origin}", "demo or office")

    def name_of(self, code: str) -> str:
        """Name of the target or place `code`: the report's own list first, then the register, else the code."""
        return self.names.get(code) or self.plan.gazetteer.name(code)


def _fault(got: str, expected: str) -> KaoheError:
    error = KaoheError("K701", "An output is put together wrongly", where="context", got=got, expected=expected)
    error.exit_code = EXIT_BUG
    return error
