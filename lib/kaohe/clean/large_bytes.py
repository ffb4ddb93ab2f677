"""Rows of a large text file as bytes: where quotes stand and how many fields a row has (see `kaohe.clean.large_text`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NEWLINE, RETURN, QUOTE = 10, 13, 34


class Unusual(Exception):
    """Something the careful reader must look at."""


def bare_returns(part: npt.NDArray[np.uint8], breaks: npt.NDArray[np.int64]) -> bool:
    """True when a carriage return stands elsewhere than before a line feed, or at the very end."""
    inside = breaks[(breaks > 0) & (breaks <= len(part))]
    return int((part == RETURN).sum()) != int((part[inside - 1] == RETURN).sum())


def check_quotes(part: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], separator: int) -> None:
    """Every quote opens or closes a field, or is one of a pair within a quoted field."""
    if not len(quotes):
        return
    opening, closing = quotes[::2], quotes[1::2]
    before = part[np.maximum(opening - 1, 0)]
    opens = (opening == 0) | (before == separator) | (before == NEWLINE)
    opens[1:] |= closing[:-1] + 1 == opening[1:]
    after = part[np.minimum(closing + 1, len(part) - 1)]
    closes = (closing == len(part) - 1) | (after == separator) | (after == NEWLINE) | (after == RETURN)
    closes[:-1] |= closing[:-1] + 1 == opening[1:]
    if not (opens.all() and closes.all()):
        raise Unusual


def count_fields(
    part: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], begins: npt.NDArray[np.int64], separator: int
) -> npt.NDArray[np.int32]:
    """Fields of each row: its separators outside quotes, and one."""
    separators = (part == separator).view(np.int8)
    counted: npt.NDArray[np.int32] = np.add.reduceat(separators, begins, dtype=np.int32) + 1
    if len(quotes):
        quoted = np.add.reduceat(separators, quotes, dtype=np.int32)[::2]
        rows = np.searchsorted(begins, quotes[::2], side="right") - 1
        counted -= np.bincount(rows, quoted, len(begins)).astype(np.int32)
    return counted
