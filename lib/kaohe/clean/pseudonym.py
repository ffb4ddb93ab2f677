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

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kaohe.base.tables import PSEUDONYMS
from kaohe.clean.batch import Batch
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.coded import Coded, Codes, Rows, Texts, to_mask
from kaohe.clean.codes import NOTE
from kaohe.clean.office import Office
from kaohe.clean.stored import stored_texts

DIGITS = 32
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # no digits: none looks like a number of a person
_AS_IT_IS = r"^([0-9]*X?|\p{Han}*)$"
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
        What `kaohe.clean.stored.stored_frame` gives: the rows in use.
    batch : Batch
        Still holds the raw cells.
    office : Office
        With the key; without one (a check that stores nothing) the columns are missing throughout.
    """
    wanted = PSEUDONYMS.get(batch.contract.name, ())
    if not wanted:
        return frame
    rows = batch.live_rows()
    at = next(i for i, c in enumerate(frame.columns) if c == "src_file")
    out = frame.copy()
    for column, source, _ in wanted:
        cells = Coded.join([part.raw[source] for part in batch.parts]).take(rows)
        keys = _keys(cells, source, frame["village"], office.secret)
        out.insert(at, column, stored_texts(keys))
        at += 1
        if column in SHARED:
            _note_shared(keys, frame["household"], rows, batch, source, SHARED[column])
    return out


def _keys(cells: Coded, source: str, villages: pd.Series, secret: bytes) -> pa.Array:
    """The pseudonym of each row, null where there is none; each distinct value is worked out once."""
    if not secret:
        return pa.nulls(len(cells), pa.large_string())
    used, codes = np.unique(cells.codes, return_inverse=True)
    values = _normal_entries(cells.entries, used, source)
    if source == "head_name":
        names = (values[code] for code in codes.tolist())
        values = [name and f"{name}\x00{village}" for name, village in zip(names, villages, strict=True)]
        codes = np.arange(len(values))
    made = pa.array([key or None for key in pseudonyms(source, values, secret)], pa.large_string())
    return made.take(pa.array(codes))


def _normal_entries(entries: Sequence[Cell], used: Codes, source: str) -> list[str]:
    """Entries as they are hashed; many texts that are plain already are told all at once."""
    if not isinstance(entries, Texts):
        return [normal(source, entries[at]) for at in used.tolist()]
    chosen = entries.array.take(pa.array(used))
    values: list[str] = chosen.to_pylist()
    odd = np.flatnonzero(~to_mask(pc.match_substring_regex(chosen, _AS_IT_IS)))
    for at in odd.tolist():
        values[at] = normal(source, values[at])
    return values


def _note_shared(
    keys: pa.Array, households: pd.Series, rows: Rows, batch: Batch, source: str, code: str
) -> None:  # fmt: skip
    """A note at each household that shares a person or an account with another."""
    found = keys.dictionary_encode()
    numbers = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    often = np.bincount(numbers[numbers >= 0], minlength=1) > 1
    same = np.flatnonzero((numbers >= 0) & often[numbers])
    for _, group in pd.Series(same).groupby(numbers[same], sort=False):
        for at in group:
            others = [str(h) for h in households.iloc[group] if h != households.iloc[at]]
            batch.remark(int(rows[at]), code, source, action=NOTE, expected=f"与 {'、'.join(others[:5])} 不同")
