"""Personal columns: identity numbers, telephones and accounts are checked, and nothing of them is kept.

Each distinct value is checked once; sound identity numbers of a long column are told by their
digits all at once (GB 11643), telephones and accounts by their form.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kaohe.base.tables import Column
from kaohe.clean.batch import Batch, Part
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.coded import Coded, Mask, Texts, text_bytes, to_mask
from kaohe.clean.codes import NORMALISE
from kaohe.clean.office import Office
from kaohe.clean.recognise import CHECKS, PROVINCES, WEIGHTS
from kaohe.clean.scrub import DEMO_AREA, account_fault, id_fault, phone_fault

_PLAIN = {"id_number": "^[0-9]{17}[0-9X]$", "phone": "^1[3-9][0-9]{9}$", "account": "^[0-9]{12,19}$"}
_FORMS = {"phone": phone_fault, "account": account_fault}
_SPACED = "spaced"
_DIGITS = 17


def check_persons(batch: Batch, part: Part, column: Column, office: Office) -> None:
    """Enter what is wrong with a personal column; its values stay missing.

    Here the distinct values of a column are at hand together (``raw.entries``): what is to be kept
    in place of them is worked out once each and taken to the rows by ``raw.codes``.
    """
    raw = part.raw[column.name]
    if column.name not in _PLAIN:
        return
    faults = _faults(raw, column.name, office)
    marked = np.zeros(len(raw.entries), np.bool_)
    marked[list(faults)] = True
    for row in raw.rows(marked).tolist():
        code = faults[int(raw.codes[row])]
        if code == _SPACED:
            batch.remark(part.start + row, "K282", column.name, action=NORMALISE)
        elif column.name == "id_number":
            batch.flag(part.start + row, code, column.name)
        else:
            batch.remark(part.start + row, code, column.name)


def _faults(raw: Coded, name: str, office: Office) -> dict[int, str]:
    """Distinct values that are not sound, by entry number, with the code of the fault."""
    latest = office.plan.dates["end"]
    entries = raw.entries
    doubtful = np.ones(len(entries), np.bool_)
    if isinstance(entries, Texts):
        doubtful = ~to_mask(pc.match_substring_regex(entries.array, _PLAIN[name]))
        if name == "id_number":
            plain = np.flatnonzero(~doubtful)
            sound = sound_ids(entries.array.take(pa.array(plain)), latest, synthetic=office.synthetic)
            doubtful[plain[~sound]] = True
    faults: dict[int, str] = {}
    for at in np.flatnonzero(doubtful).tolist():
        code = _fault(entries[at], name, latest, synthetic=office.synthetic)
        if code:
            faults[at] = code
    return faults


def _fault(cell: Cell, name: str, latest: date, *, synthetic: bool) -> str:
    if is_blank(cell):
        return ""
    text = to_text(cell)
    if name != "id_number":
        return _FORMS[name](text)
    code = id_fault(text, latest=latest, synthetic=synthetic)
    return code or (_SPACED if tidy(text) != text or text != text.upper() else "")


def sound_ids(array: pa.Array, latest: date, *, synthetic: bool) -> Mask:
    """Which identity numbers are sound by GB 11643.

    Parameters
    ----------
    array : Arrow array of str
        Each of seventeen digits and a digit or X.
    latest : date
        No birth after this day.
    synthetic : bool
        Accept the unallocated area of demonstration data.

    Returns
    -------
    bool array
        False also for what `kaohe.clean.scrub.id_fault` has to look at: it names the rule.
    """
    grid = text_bytes(array.cast(pa.string())).reshape(-1, _DIGITS + 1)
    if not len(grid):
        return np.zeros(0, np.bool_)
    digits = (grid - ord("0")).astype(np.int16)
    checks = np.frombuffer(CHECKS.encode(), np.uint8)
    sound = checks[digits[:, :_DIGITS] @ np.array(WEIGHTS, np.int16) % len(CHECKS)] == grid[:, _DIGITS]
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1], np.int16)
    month, day = digits[:, 10:12] @ np.array([10, 1], np.int16), digits[:, 12:14] @ np.array([10, 1], np.int16)
    real = (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1800)
    first = (year.astype("int64") - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    born = first.astype("datetime64[D]") + (day - 1)
    real &= (born.astype("datetime64[M]") == first) & (born <= np.datetime64(latest))
    area = digits[:, :4] @ np.array([1000, 100, 10, 1], np.int16)
    known = np.isin(area // 100, list(PROVINCES)) & (area % 100 != 0) & (area != int(DEMO_AREA))
    if synthetic:
        known |= area == int(DEMO_AREA)
    found: Mask = sound & real & known
    return found
