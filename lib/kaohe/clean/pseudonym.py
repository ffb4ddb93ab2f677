"""Personal values replaced by keyed pseudonyms before anything is written.

A pseudonym is HMAC-SHA256 under the office's key of the kind and the value, its first 128 bits as
32 letters a to p (GB/T 37964-2019 calls it 假名化 by a keyed function). The same value gives the same
pseudonym under one key; without the key it cannot be had from the value, not even by trying all
identity numbers. Names are taken together with their village: so that frequent names say nothing.
"""

from __future__ import annotations

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
    made: list[str | None] = _letters(kind, [value.encode() for value in values if value], secret).to_pylist()
    found = iter(made)
    return [str(next(found)) if value else "" for value in values]


def _letters(kind: str, values: Sequence[bytes], secret: bytes) -> pa.Array:
    """HMAC-SHA256 of many values under one key (RFC 2104), the padded key hashed once, as Arrow texts."""
    size = sha256().block_size
    key = (secret if len(secret) <= size else sha256(secret).digest()).ljust(size, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in key) + f"kaohe {kind}\0".encode()).copy
    outer = sha256(bytes(byte ^ 0x5C for byte in key)).copy
    digests = bytearray()
    for value in values:
        one, two = inner(), outer()
        one.update(value)
        two.update(one.digest())
        digests += two.digest()
    halves = np.frombuffer(bytes(digests), np.uint8).reshape(-1, sha256().digest_size)[:, : DIGITS // 2]
    letters = np.empty((len(halves), DIGITS), np.uint8)
    letters[:, 0::2], letters[:, 1::2] = halves >> 4, halves & 15
    letters += ord("a")  # no digits: none looks like a number of a person
    offsets = np.arange(len(halves) + 1, dtype=np.int64) * DIGITS
    return pa.LargeStringArray.from_buffers(len(halves), pa.py_buffer(offsets), pa.py_buffer(letters))


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
    out = frame.copy(deep=False)
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
        names = [values[code] for code in codes.tolist()]
        values = [name and name + b"\0" + village.encode() for name, village in zip(names, villages, strict=True)]
        codes = np.arange(len(values))
    there = np.fromiter(map(bool, values), np.bool_, len(values))
    made = _letters(source, values if there.all() else [value for value in values if value], secret)
    place = np.cumsum(there) - 1
    return made.take(pa.array(place[codes], mask=~there[codes]))


def _normal_entries(entries: Sequence[Cell], used: Codes, source: str) -> list[bytes]:
    """Entries as they are hashed; many texts that are plain already are told all at once."""
    if not isinstance(entries, Texts):
        return [normal(source, entries[at]).encode() for at in used.tolist()]
    chosen = entries.array.take(pa.array(used))
    values: list[bytes] = chosen.cast(pa.large_string()).cast(pa.large_binary()).to_pylist()
    odd = np.flatnonzero(~to_mask(pc.match_substring_regex(chosen, _AS_IT_IS)))
    for at in odd.tolist():
        values[at] = normal(source, entries[int(used[at])]).encode()
    return values


def _note_shared(keys: pa.Array, households: pd.Series, rows: Rows, batch: Batch, source: str, code: str) -> None:
    """A note at each household that shares a person or an account with another."""
    numbers = keys.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    often = np.bincount(numbers[numbers >= 0], minlength=1) > 1
    same = np.flatnonzero((numbers >= 0) & often[numbers])
    groups: dict[int, list[int]] = {}
    for at, number in zip(same.tolist(), numbers[same].tolist(), strict=True):
        groups.setdefault(number, []).append(at)
    names = dict(zip(same.tolist(), households.iloc[same].tolist(), strict=True))
    for group in groups.values():
        for at in group:
            others = [names[one] for one in group if names[one] != names[at]]
            batch.remark(int(rows[at]), code, source, action=NOTE, expected=f"与 {'、'.join(others[:5])} 不同")
