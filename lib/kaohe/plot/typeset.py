"""Setting of text: cutting, wrapping, and the check that no text is cut off or overlaps another."""

from __future__ import annotations

import re
from typing import Any

from kaohe.plot import fonts

# Fine enough that whole pixels do not widen the characters.
_FINE = 400
_RUN = re.compile(r"[0-9A-Za-z.,+−%-]+$")
_NO_LINE_START = "，。、；：！？）》”’〕％%"


def shorten(text: str, width: float, size: float) -> str:
    """`text`, cut with … so that it is at most `width` inches wide at `size` points."""
    if fonts.width(text, size) <= width:
        return text
    kept = text
    while kept and fonts.width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept + "…"


def wrap(text: str, width: float, size: float = 9.5, most: int = 0) -> list[str]:
    """`text` in lines of at most `width` inches: none starts with a closing mark, none breaks a number or Latin word.

    Only what is wider than a line by itself is broken all the same.

    Parameters
    ----------
    most : int
        Greatest number of lines; the last one is cut with …; 0 for any number.
    """
    lines = [""]
    for character in text.strip():
        if lines[-1] and fonts.width(lines[-1] + character, size) > width:
            carry = _carried(lines[-1], character)
            lines[-1] = lines[-1][: len(lines[-1]) - len(carry)]
            lines.append((carry + character).lstrip())
        else:
            lines[-1] += character
    if most and len(lines) > most:
        rest = "".join(lines[most - 1 :])
        lines = [*lines[: most - 1], shorten(rest, width, size)]
    return [line.rstrip() for line in lines]


def _carried(line: str, following: str) -> str:
    """The end of `line` that goes to the next one with `following`: a number stays whole, a closing mark keeps a character."""
    run = _RUN.search(line)
    if run and run.start() and (following in _NO_LINE_START or _RUN.search(following)):
        return run.group()
    if following in _NO_LINE_START and len(line) > 1:
        return line[-2:] if line[-1] in _NO_LINE_START and len(line) > 2 else line[-1]
    return ""


def balanced(text: str, width: float, size: float = 9.5) -> list[str]:
    """`text` wrapped into as few lines as `width` allows, of about the same length."""
    lines = wrap(text, width, size)
    if len(lines) == 1:
        return lines
    narrow = width
    while len(closer := wrap(text, narrow - size / 72, size)) == len(lines) and narrow > size / 36:
        lines, narrow = closer, narrow - size / 72
    return lines


def check_layout(figure: Any, tolerance: float = 0.02) -> list[str]:
    """Texts of a figure that leave it or overlap another by more than `tolerance` inches.

    Returns
    -------
    list of str
        One line for each fault; empty when there is none.
    """
    import matplotlib as mpl
    import numpy as np
    from matplotlib.backends.backend_agg import RendererAgg

    texts = [t for t in figure.texts if t.get_text().strip()]
    if not texts:
        return []
    dpi = figure.dpi
    with mpl.rc_context({"text.hinting": "none"}):
        figure.set_dpi(_FINE)
        make: Any = RendererAgg
        renderer = make(1, 1, _FINE)
        boxes = np.array([t.get_window_extent(renderer).extents for t in texts]) / _FINE
        figure.set_dpi(dpi)
    width, height = figure.get_size_inches()
    faults = []
    outside = (boxes[:, 0] < -tolerance) | (boxes[:, 1] < -tolerance)
    outside |= (boxes[:, 2] > width + tolerance) | (boxes[:, 3] > height + tolerance)
    faults += [f"leaves the picture: {texts[i].get_text()!r}" for i in np.flatnonzero(outside)]
    x0, y0, x1, y1 = boxes.T
    wide = np.minimum(x1[:, None], x1) - np.maximum(x0[:, None], x0)
    high = np.minimum(y1[:, None], y1) - np.maximum(y0[:, None], y0)
    clash = np.triu((wide > tolerance) & (high > tolerance), k=1)
    faults += [f"overlap: {texts[i].get_text()!r} and {texts[j].get_text()!r}" for i, j in np.argwhere(clash)]
    return faults
