"""What the bytes of a text file say of its encoding: UTF-8 or not, two encodings in one file, mojibake."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

GB18030_BOM = "\ufeff".encode("gb18030")
MOJIBAKE = re.compile(
    "\ufffd|锟斤拷|烫烫烫|屯屯屯|[ÃÂâäåæçèé][\u0080-\u00bf\u0152-\u0178\u2013-\u203a\u20ac]{1,2}[ÃÂâäåæçèé]"
)
_CHUNK = 1 << 25
_NEWLINE, _RETURN = 10, 13


def begins_in_utf8(data: bytes, head: int) -> bool:
    """True when the lines within the first `head` bytes are UTF-8."""
    try:
        data[: data.rfind(b"\n", 0, head) + 1].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def has_utf8_line(data: bytes) -> bool:
    """True when some line holds Chinese text in UTF-8: beside GB18030, the file then mixes two encodings.

    Lines whose first characters beyond ASCII cannot be UTF-8 are passed over without being decoded.
    """
    view, start = np.frombuffer(data, np.uint8), 0
    while start < len(data):
        stop = data.rfind(b"\n", start, start + _CHUNK) + 1 or len(data)
        part = view[start:stop]
        edges = np.concatenate(([0], np.flatnonzero((part == _NEWLINE) | (part == _RETURN)) + 1, [len(part)]))
        high = np.flatnonzero(part >= 0x80)
        at = np.searchsorted(high, edges)
        lines = np.flatnonzero(np.diff(at))
        for line in lines[_may_be_utf8(part, high[at[lines]])].tolist():
            if _is_chinese_utf8(part[edges[line] : edges[line + 1]].tobytes()):
                return True
        start = stop
    return False


def _may_be_utf8(part: npt.NDArray[np.uint8], lead: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which characters may begin UTF-8: lead and following bytes fit, and so does what comes next."""
    near_end = lead + 4 >= len(part)
    one, two, three, four = (part[np.minimum(lead + k, len(part) - 1)] for k in range(4))
    short = one < 0xE0
    fits = (one >= 0xC2) & (one <= 0xF4) & _follows(two)
    pair_next = (three < 0x80) | ((three >= 0xC2) & (three <= 0xF4) & _follows(four))
    found: npt.NDArray[np.bool_] = near_end | (fits & np.where(short, pair_next, _follows(three)))
    return found


def _follows(byte: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    return (byte >= 0x80) & (byte < 0xC0)


def _is_chinese_utf8(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= c <= "\u9fff" for c in text) >= 4
