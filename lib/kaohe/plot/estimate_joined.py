"""What a table of estimates knows of itself when it comes out of several, or has its keys in the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import pandas as pd

MAPPINGS = ("labels", "units", "names", "heads", "directions", "asks", "levels")
LISTS = ("by", "shares", "persons")
TEXTS = ("source", "note")
MIXED = "混合"  # level of confidence of a table whose rows have several


def unindexed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the named levels of its index as columns again, first; what it says of itself stays.

    Examples
    --------
    >>> unindexed(pd.DataFrame({"v": [1]}, index=pd.Index(["a"], name="city"))).values.tolist()
    [['a', 1]]
    """
    names = [n for n in frame.index.names if n is not None and n not in frame.columns]
    if not names or frame.columns.nlevels > 1:
        return frame
    out = frame.reset_index(names)
    out.attrs = deepcopy(frame.attrs)
    return out


def combined(parts: Sequence[tuple[Mapping[str, Any], Iterable[str]]]) -> dict[str, Any]:
    """What several tables say of themselves, as one.

    Parameters
    ----------
    parts : list of (mapping, variables)
        What each table says (see `kaohe.plot.estimate_table.describe`), and the variables it has.

    Returns
    -------
    dict
        Names, labels and units of all; shares by variable; sources and notes one after the other, each
        once; what disagrees (record, size) is left out, a level of confidence that disagrees is `MIXED`.

    Examples
    --------
    >>> made = combined([({"by": ["c"], "source": "甲", "record": "户"}, ["y"]),
    ...                  ({"by": ["c"], "source": "乙", "record": "户", "all_shares": True}, ["z"])])
    >>> made["by"], made["source"], made["record"], made["shares"]
    (['c'], '甲；乙', '户', ['z'])
    """
    said = [dict(p) for p, _ in parts]
    if all(s == said[0] for s in said):
        return deepcopy(said[0])
    out: dict[str, Any] = {}
    for key in MAPPINGS:
        merged: dict[str, Any] = {}
        for s in reversed(said):
            merged |= deepcopy(s.get(key, {}))
        if merged:
            out[key] = merged
    for key in LISTS:
        out[key] = list(dict.fromkeys(v for s in said for v in s.get(key, ())))
    own = [v for s, names in parts if s.get("all_shares") for v in names]
    out["shares"] = list(dict.fromkeys([*out["shares"], *own]))
    for key in TEXTS:
        texts = dict.fromkeys(str(s[key]) for s in said if s.get(key))
        if texts:
            out[key] = "；".join(texts)
    for key in ("record", "size", "published"):
        values = [s[key] for s in said if key in s]
        if len(values) == len(said) and all(v == values[0] for v in values):
            out[key] = values[0]
    levels = {float(s.get("level", 0.95)) if s.get("level") != MIXED else MIXED for s in said}
    out["level"] = levels.pop() if len(levels) == 1 else MIXED
    return out
