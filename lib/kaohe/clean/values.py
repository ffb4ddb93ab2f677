"""What a cell becomes: its value, a recorded repair, or a failure with a code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kaohe.clean.cells import Cell
from kaohe.clean.codes import QUARANTINE


class Outcome(NamedTuple):
    """What a cell became: its value (None when missing), and the repair or failure with its code."""

    value: object
    action: str = ""
    code: str = ""
    expected: str = ""


Parser = Callable[[Cell], Outcome]
BLANK = Outcome(None)


@dataclass(frozen=True)
class Words:
    """What the plan says of words and dates.

    Attributes
    ----------
    missing, not_applicable : frozenset of str
        Words of the codebook that stand for no answer and for not asked.
    grades : tuple of str
        The official grades.
    earliest, latest : date
        No date of the assessment lies outside.
    """

    missing: frozenset[str]
    not_applicable: frozenset[str]
    grades: tuple[str, ...]
    earliest: date
    latest: date


def failed(code: str, expected: str = "") -> Outcome:
    """A cell that sets its row aside."""
    return Outcome(None, QUARANTINE, code, expected)
