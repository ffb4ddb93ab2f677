"""Personal values replaced by keyed pseudonyms before anything is written.

A pseudonym is HMAC-SHA256 under the office's key of the kind and the value, its first 128 bits as
32 letters a to p (GB/T 37964-2019 calls it 假名化 by a keyed function). The same value gives the same
pseudonym under one key; without the key it cannot be had from the value, not even by trying all
identity numbers. Names are taken together with their village: so that frequent names say nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

import pandas as pd

from kaohe.base.tables import PSEUDONYMS
from kaohe.clean.batch import Batch
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.codes import NOTE
from kaohe.clean.office import Office

DIGITS = 32
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # no digits: none looks like a number of a person
SHARED = {"person_key": "K863", "account_key": "K864"}


def pseudonyms(kind: str, values: Sequence[str], secret: bytes) -> list[str]:
    """Pseudonyms of values in order; empty for empty values.

    Parameters
    ----------
    kind : str
        What the values are: the same number as a telephone and as an account gives two pseudonyms.
    values : sequence of str
        Any length; pass distinct values where there are many.
    secret : bytes
        The key.

    Examples
    --------
    >>> one, two, none = pseudonyms("id_number", ["11010519491231002X", "440524188001010014", ""], b"k" * 32)
    >>> len(one), one == two, none
    (32, False, '')
    """
    start = hmac.new(secret, f"kaohe {kind}\x00".encode(), sha256)
    out = []
    for value in values:
        if not value:
            out.append("")
            continue
        one = start.copy()
        one.update(value.encode())
        out.append(one.hexdigest()[:DIGITS].translate(LETTERS))
    return out


def normal(kind: str, cell: Cell) -> str:
    """A personal value as it is hashed: no blanks, hyphens or country code, full width narrowed, x as X."""
    if is_blank(cell):
        return ""
    text = tidy(to_text(cell))
    if kind == "head_name":
        return "".join(text.split())
    text = text.upper().replace("-", "").replace(" ", "")
    return text.removeprefix("+86") if kind == "phone" else text


def add_keys(frame: pd.DataFrame, batch: Batch, office: Office) -> pd.DataFrame:
    """The clean frame of a table with its pseudonym columns before the lineage; notes of shared ones.

    Parameters
    ----------
    frame : DataFrame
        ``batch.frame()``: the rows in use.
    batch : Batch
        Still holds the raw cells.
    office : Office
        With the key; without one (a check that stores nothing) the columns are missing throughout.
    """
    wanted = PSEUDONYMS.get(batch.contract.name, ())
    if not wanted:
        return frame
    rows = batch.live()
    at = next(i for i, c in enumerate(frame.columns) if c == "src_file")
    out = frame.copy()
    for column, source, _ in wanted:
        cells = batch.raw[source]
        values = [normal(source, cells[r]) for r in rows]
        if source == "head_name":
            values = [v and f"{v}\x00{place}" for v, place in zip(values, frame["village"], strict=True)]
        keys = pseudonyms(source, values, office.secret) if office.secret else [""] * len(rows)
        series = pd.Series(keys, dtype="str", index=frame.index)
        out.insert(at, column, series.mask(series == ""))
        at += 1
        if column in SHARED:
            _note_shared(series, frame["household"], rows, batch, source, SHARED[column])
    return out


def _note_shared(keys: pd.Series, households: pd.Series, rows: list[int], batch: Batch, source: str, code: str) -> None:
    """A note at each household that shares a person or an account with another."""
    same = keys[(keys != "") & keys.duplicated(keep=False)]
    for _, group in same.groupby(same, sort=False):
        for at in group.index:
            others = [str(h) for h in households[group.index] if h != households[at]]
            batch.remark(rows[at], code, source, action=NOTE, expected=f"与 {'、'.join(others[:5])} 不同")
