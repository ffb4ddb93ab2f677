"""A column as its distinct entries and one code a row: what is worked out once an entry is taken by code.

Entries stand in a list, or, where a column has many, in an Arrow array (`Texts`) or a numpy array
(`Numbers`), so that a million codes or amounts never become a million Python objects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
MANY = 2_000
_TABLE = 1 << 24


class _Stored(Sequence[Any], ABC):
    """Entries in an array, made Python objects when they are asked for."""

    array: Any

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self._one(i) for i in range(*at.indices(len(self)))]
        return self._one(int(at))

    @abstractmethod
    def _one(self, at: int) -> Any: ...


class Texts(_Stored):
    """Many distinct texts in an Arrow array; null stands for None."""

    array: pa.Array

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    def _one(self, at: int) -> Any:
        return self.array[at].as_py()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.array.to_pylist())

    def holds(self, characters: bytes) -> bool:
        """True when any of these bytes stands in any of the texts (UTF-8)."""
        data = text_bytes(self.array)
        return any(bool((data == byte).any()) for byte in characters)


class Numbers(_Stored):
    """Numbers in a float64 array; NaN stands for None."""

    array: npt.NDArray[np.float64]

    def __init__(self, array: npt.NDArray[np.float64]) -> None:
        self.array = array

    def _one(self, at: int) -> Any:
        value = float(self.array[at])
        return None if value != value else value


class Coded(Sequence[Any]):
    """A column: `entries`, distinct or nearly so, and `codes`, the entry of each row.

    Attributes
    ----------
    entries : list, Texts or Numbers
    codes : int32 array, one a row
    """

    def __init__(self, entries: Sequence[Any], codes: Codes) -> None:
        self.entries = entries
        self.codes = codes
        self._own = False

    @classmethod
    def of(cls, cells: Sequence[object]) -> Coded:
        """Encode cells; equal cells of different types (1, 1.0, True) stay apart."""
        if set(map(type, cells)) <= {str, type(None)}:
            index = {cell: code for code, cell in enumerate(dict.fromkeys(cells))}
            codes = np.fromiter(map(index.__getitem__, cells), np.int32, len(cells))
            return cls(Texts(pa.array(list(index), pa.string())) if len(index) > MANY else list(index), codes)
        keys = list(zip(map(type, cells), cells, strict=True))
        kinds = {key: code for code, key in enumerate(dict.fromkeys(keys))}
        codes = np.fromiter(map(kinds.__getitem__, keys), np.int32, len(cells))
        return cls([cell for _, cell in kinds], codes)

    @classmethod
    def blank(cls, n: int) -> Coded:
        """A column of `n` missing entries."""
        return cls([None], np.zeros(n, np.int32))

    @classmethod
    def join(cls, parts: Sequence[Coded]) -> Coded:
        """Columns one below another; entries of different parts may repeat."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(p.entries) for p in parts)])
        codes = [p.codes + np.int32(s) for p, s in zip(parts, starts[:-1], strict=True)]
        together = np.concatenate(codes) if codes else np.zeros(0, np.int32)
        return cls(_join_entries([p.entries for p in parts]), together)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Any]: ...
    def __getitem__(self, row: int | slice) -> Any:
        if isinstance(row, slice):
            return [self.entries[code] for code in self.codes[row].tolist()]
        return self.entries[self.codes[row]]

    def __iter__(self) -> Iterator[Any]:
        entries = self.entries if isinstance(self.entries, list) else list(self.entries)
        return map(entries.__getitem__, self.codes.tolist())

    def __setitem__(self, row: int, value: object) -> None:
        self.put([row], value)

    def put(self, rows: Sequence[int] | Rows, value: object) -> None:
        """Give rows another value."""
        if not self._own or not isinstance(self.entries, list):
            self.entries, self.codes, self._own = list(self.entries), self.codes.copy(), True
        if not self.entries or self.entries[-1] is not value:
            self.entries.append(value)
        self.codes[rows] = len(self.entries) - 1

    def take(self, rows: Any) -> Coded:
        """The given rows, with the same entries."""
        return Coded(self.entries, self.codes[rows])

    def judge(self, test: Callable[[Any], bool], *, sure: str = "", answer: bool = False) -> Mask:
        """What `test` says of each entry; many texts that match the pattern `sure` get `answer` unasked."""
        entries = self.entries
        if not (sure and isinstance(entries, Texts)):
            return np.fromiter(map(test, entries), np.bool_, len(entries))
        array = entries.array
        known = to_mask(pc.match_substring_regex(array, sure))
        verdict = np.full(len(array), answer)
        for at in np.flatnonzero(~known).tolist():
            verdict[at] = test(entries[at])
        return verdict

    def rows(self, entries: Mask) -> Rows:
        """Rows whose entry is marked, in order."""
        return np.flatnonzero(entries[self.codes]) if entries.any() else np.zeros(0, np.int64)

    def missing(self) -> Mask:
        """Rows without a value."""
        if isinstance(self.entries, Texts):
            none = to_mask(pc.is_null(self.entries.array))
        elif isinstance(self.entries, Numbers):
            none = np.isnan(self.entries.array)
        else:
            none = np.fromiter((e is None for e in self.entries), np.bool_, len(self.entries))
        found: Mask = none[self.codes] if none.any() else np.zeros(len(self.codes), np.bool_)
        return found

    def firsts(self) -> Rows:
        """The first row of each entry that occurs, in order of rows."""
        where = np.full(len(self.entries), len(self.codes), np.int64)
        where[self.codes[::-1]] = np.arange(len(self.codes))[::-1]
        return np.sort(where[where < len(self.codes)])

    def floats(self) -> npt.NDArray[np.float64]:
        """A column of numbers, missing as NaN."""
        return numbers(self.entries)[self.codes]

    def stamps(self) -> npt.NDArray[np.datetime64]:
        """A column of dates as datetime64 in microseconds, missing as NaT."""
        days = [e.isoformat() if isinstance(e, date) else "NaT" for e in self.entries]
        return np.array(days or ["NaT"], dtype="datetime64[us]")[self.codes]

    def texts(self) -> pa.Array:
        """A column of texts as an Arrow array, missing as null."""
        return texts(self.entries).take(pa.array(self.codes))

    def canonical(self) -> Codes:
        """Codes that are equal exactly where the entries are; -1 where there is none."""
        if isinstance(self.entries, Texts):
            found = self.entries.array.dictionary_encode().indices.fill_null(-1)
            same = found.to_numpy(zero_copy_only=False)
        else:
            index: dict[object, int] = {None: -1}
            for entry in self.entries:
                index.setdefault(entry, len(index))
            same = np.fromiter(map(index.__getitem__, self.entries), np.int32, len(self.entries))
        found_codes: Codes = same.astype(np.int32)[self.codes]
        return found_codes


def combine(columns: Iterable[Codes]) -> tuple[Codes, Rows]:
    """Number the combinations of codes that occur: the number of each row, and a row that has each."""
    combined, *others = (codes.astype(np.int64) - (int(codes.min()) if len(codes) else 0) for codes in columns)
    for plain in others:
        combined = _renumber(combined) * (int(plain.max(initial=0)) + 1) + plain
    numbered = _renumber(combined).astype(np.int32)
    sample = np.zeros(int(numbered.max(initial=-1)) + 1, np.int64)
    sample[numbered[::-1]] = np.arange(len(numbered))[::-1]
    return numbered, sample


def _renumber(codes: Rows) -> Rows:
    """Codes numbered without gaps."""
    top = int(codes.max(initial=-1)) + 1
    if top > _TABLE:
        return np.unique(codes, return_inverse=True)[1].astype(np.int64)
    there = np.zeros(top, np.bool_)
    there[codes] = True
    return (np.cumsum(there) - 1)[codes]


def numbers(entries: Sequence[Any]) -> npt.NDArray[np.float64]:
    """Entries as float64, None as NaN."""
    if isinstance(entries, Numbers):
        return entries.array
    return np.array([np.nan if e is None else float(e) for e in entries], np.float64)


def texts(entries: Sequence[Any]) -> pa.Array:
    """Entries as Arrow texts with 64-bit offsets, None as null."""
    if isinstance(entries, Texts):
        return entries.array.cast(pa.large_string())
    return pa.array(entries, pa.large_string())


def to_mask(array: pa.Array) -> Mask:
    """An Arrow array of truth values as a numpy one; null is False."""
    found: Mask = array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.bool_)
    return found


def text_bytes(array: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of all texts of an Arrow array (string or binary, not a slice), one after another."""
    _, offsets, data = array.buffers()
    if data is None or not len(array):
        return np.zeros(0, np.uint8)
    wide = array.type in {pa.large_string(), pa.large_binary()}
    end = int(np.frombuffer(offsets, np.int64 if wide else np.int32)[len(array)])
    return np.frombuffer(data, np.uint8)[:end]


def _join_entries(parts: list[Sequence[object]]) -> Sequence[object]:
    if parts and all(isinstance(p, Numbers) for p in parts):
        return Numbers(np.concatenate([numbers(p) for p in parts]))
    if any(isinstance(p, Texts) for p in parts):
        return Texts(pa.concat_arrays([texts(p) for p in parts]))
    return [entry for part in parts for entry in part]
