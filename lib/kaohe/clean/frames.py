"""Registers for a draw: one file in, typed rows out; a file with a single row that cannot be read is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.frames import FRAMES
from kaohe.base.ledger import Finding, Ledger
from kaohe.base.plan import Plan
from kaohe.clean.codes import QUARANTINE, REFUSE, describe
from kaohe.clean.intake import Limits
from kaohe.clean.office import Office, read_words
from kaohe.clean.reading import read_table
from kaohe.clean.resolve import Register
from kaohe.clean.stored import stored_frame

_SHOWN = 3


def read_frame(path: Path, name: str, plan: Plan) -> pd.DataFrame:
    """One register of `kaohe.base.frames`, as typed columns.

    Parameters
    ----------
    path : Path
        CSV or workbook in any encoding that `kaohe clean` reads, with the Chinese headers.
    name : str
        A key of `FRAMES`.
    plan : Plan

    Returns
    -------
    DataFrame
        The columns of the contract; other columns of the file (persons above all) are not taken over.

    Raises
    ------
    InputRefused
        K910 for a file that is missing or refused, and for rows with cells that cannot be read: in a
        register none can be left out, or what is drawn stands for something else.
    """
    contract = FRAMES[name]
    if not path.is_file():
        raise InputRefused(
            "K910", "The register cannot be used for a draw", where=str(path), got="no such file",
            expected=f"{contract.label}: csv or xlsx with the columns {'、'.join(c.label for c in contract.columns)}",
        )  # fmt: skip
    home = path.absolute()
    office = Office(
        raw=home.parent, plan=plan, ledger=Ledger(), words=read_words(plan), register=Register.build(plan),
        limits=Limits.of(plan),
    )  # fmt: skip
    batch = read_table(contract, [home], office)
    wrong = [f for f in office.ledger.findings if f.action in {QUARANTINE, REFUSE}]
    if wrong or not len(batch):
        raise InputRefused(
            "K910", "The register cannot be used for a draw", where=str(path),
            got=f"{len(wrong)} findings" if wrong else "no rows", expected="a register of which every row can be read",
            remedy="\n            ".join(["mend these, in the file", *_first(wrong)]),
        )  # fmt: skip
    return stored_frame(batch)[[c.name for c in contract.columns]]


def _first(wrong: Sequence[Finding]) -> list[str]:
    """The first findings, line by line, and how many more there are."""
    more = len(wrong) - _SHOWN
    told = [line for finding in wrong[:_SHOWN] for line in describe(finding).splitlines()]
    lines = [line for line in told if not line.startswith("  done ")]  # nothing is set aside or used here
    return [*lines, f"and {more} more like these"] if more > 0 else lines
