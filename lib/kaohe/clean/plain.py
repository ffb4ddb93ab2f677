"""Plain cells of columns with many distinct ones, taken as a whole: what a parser would pass unchanged.

A parser is asked about every distinct cell. Where a column has thousands of them (codes, amounts)
nearly all are plain: digits, or letters and digits. Those get their value here, all at once, and
the parser is asked only about the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kaohe.base.tables import Column
from kaohe.clean.coded import Mask, Numbers, Texts, numbers, to_mask
from kaohe.clean.values import Outcome, Parser, Words

# up to fifteen digits: exact as a float, and no number that lost digits in a spreadsheet
_NUMBER = r"^-?[0-9]{1,15}$|^-?[0-9]{1,9}\.[0-9]{1,6}$"
_CODE = "^[0-9A-Za-z][0-9A-Za-z_-]*$"
_NUMBERS = ("int", "number", "money")


def outcomes(
    entries: Sequence[Any], column: Column, words: Words, parser: Parser
) -> tuple[Sequence[object], dict[int, Outcome]]:
    """The value of each distinct cell, and the outcomes that are more than a value.

    Parameters
    ----------
    entries : sequence of Cell
    column : Column
    words : Words
    parser : Parser
        Of the column.

    Returns
    -------
    values : sequence, as long as `entries`
        None where a cell is missing or was not understood.
    found : dict of entry number to Outcome
        Repairs and failures.
    """
    if isinstance(entries, Texts) and column.kind in _NUMBERS:
        return _numbers(entries, column, words, parser)
    if isinstance(entries, Texts) and column.kind == "code":
        return _codes(entries, words, parser)
    all_outcomes = list(map(parser, entries))
    return [o.value for o in all_outcomes], {k: o for k, o in enumerate(all_outcomes) if o.code}


def _plain(entries: Texts, pattern: str, words: Words) -> Mask:
    """Texts of this form that are not among the codebook's words for no answer."""
    skip = pa.array(sorted(words.missing | words.not_applicable), entries.array.type)
    return to_mask(pc.match_substring_regex(entries.array, pattern)) & ~to_mask(pc.is_in(entries.array, skip))


def _numbers(entries: Texts, column: Column, words: Words, parser: Parser) -> tuple[Numbers, dict[int, Outcome]]:
    plain = _plain(entries, _NUMBER, words)
    values = np.full(len(entries), np.nan)
    values[plain] = entries.array.filter(pa.array(plain)).cast(pa.float64()).to_numpy()
    plain &= _within(values, column)
    found: dict[int, Outcome] = {}
    for at in np.flatnonzero(~plain).tolist():
        outcome = parser(entries[at])
        values[at] = numbers([outcome.value])[0]
        if outcome.code:
            found[at] = outcome
    return Numbers(values), found


def _within(values: npt.NDArray[np.float64], column: Column) -> Mask:
    """Numbers within a column's range, and whole where they must be."""
    good = ~np.isnan(values)
    if column.kind == "int":
        good &= values == np.floor(values)
    if column.min is not None:
        good &= values >= column.min
    if column.max is not None:
        good &= values <= column.max
    return good


def _codes(entries: Texts, words: Words, parser: Parser) -> tuple[Texts, dict[int, Outcome]]:
    plain = _plain(entries, _CODE, words)
    asked = np.flatnonzero(~plain).tolist()
    answers = [parser(entries[at]) for at in asked]
    if not asked:
        return entries, {}
    texts = pa.array([None if o.value is None else str(o.value) for o in answers], entries.array.type)
    values = pc.replace_with_mask(entries.array, pa.array(~plain), texts)
    return Texts(values), {at: o for at, o in zip(asked, answers, strict=True) if o.code}
