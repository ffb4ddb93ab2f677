"""Large text tables read column by column, where that gives exactly what the csv module gives.

Separators, quotes and line ends are ASCII, and no byte of a character in UTF-8 or GB18030 can be
taken for one of them. So the lines are split as bytes, and only distinct cells are decoded.
`read_large` gives None for anything out of the ordinary (a fault, an unusual quote, NUL bytes, a
bare carriage return, many rows of other widths): the careful reader of `kaohe.clean.intake` then
reads the file, and refuses it where it must, with line and byte.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from kaohe.clean.cells import Cell
from kaohe.clean.coded import MANY, Coded, Texts, text_bytes
from kaohe.clean.encodings import GB18030_BOM, MOJIBAKE, begins_in_utf8, has_utf8_line
from kaohe.clean.grid import Grid
from kaohe.clean.large_bytes import NEWLINE, QUOTE, RETURN, Unusual, bare_returns, check_quotes, count_fields

_CHUNK = 1 << 25
_BLOCK = 1 << 22
_LONGEST = 5_000_000
_ODD_ROWS = 500
_BREAKS = 20
_HEAD = 800_000
_BINARY = pa.dictionary(pa.int32(), pa.binary())


@dataclass(frozen=True)
class LargeText:
    """A table read by columns, the line each row begins on, its encoding and separator."""

    rows: Grid
    numbers: array[int]
    encoding: str
    separator: str


@dataclass
class _Lines:
    """What is known of the rows so far."""

    separator: str
    width: int = 0
    rows: int = 0
    lines: int = 0
    numbers: list[npt.NDArray[np.int64]] = field(default_factory=list)
    odd: dict[int, bytes] = field(default_factory=dict)
    chunks: list[pa.Table] = field(default_factory=list)


def read_large(data: bytes, find_separator: Callable[[str], str], max_rows: int, max_columns: int) -> LargeText | None:
    """A text table as columns, or None when it needs the careful reader.

    Parameters
    ----------
    data : bytes
        The whole file.
    find_separator : callable
        The separator by the first lines; empty where they leave it open.
    max_rows, max_columns : int
        Larger tables are left to the careful reader, which refuses them.
    """
    with ThreadPoolExecutor(1) as beside:
        return _read(data, find_separator, max_rows, max_columns, beside)


def _read(
    data: bytes, find_separator: Callable[[str], str], max_rows: int, max_columns: int, beside: ThreadPoolExecutor
) -> LargeText | None:
    """`read_large`; whether two encodings are mixed is looked at beside the splitting."""
    try:
        data, start, encoding = _encoding(data)
        mixed = beside.submit(has_utf8_line, data) if encoding.startswith("GB") else None
        codec = "gb18030" if encoding.startswith("GB") else "utf-8"
        separator = find_separator(data[start : start + _HEAD].decode(codec, "ignore"))
        if len(separator.encode()) != 1:
            raise Unusual
        lines = _split(data, start, separator, max_rows)
        if lines.width > max_columns or lines.width < 2:
            raise Unusual
        odd = {row: _fields(line, codec, separator, max_columns) for row, line in lines.odd.items()}
        grid = _grid(lines, odd, codec)
        if mixed is not None and mixed.result():
            raise Unusual
        return LargeText(grid, _numbers(lines), encoding, separator)
    except (Unusual, UnicodeDecodeError, pa.ArrowInvalid):
        return None


def _encoding(data: bytes) -> tuple[bytes, int, str]:
    """The bytes (UTF-16 as UTF-8), where the text begins, and its encoding; cells are decoded strictly later."""
    start, encoding = 0, "UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data, encoding = data.decode("utf-16").encode(), "UTF-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        start, encoding = 3, "UTF-8 BOM"
    elif not begins_in_utf8(data, _HEAD):
        bom = data.startswith(GB18030_BOM)
        start, encoding = (len(GB18030_BOM), "GB18030 BOM") if bom else (0, "GB18030")
    if b"\x00" in data:
        raise Unusual
    return data, start, encoding


def _split(data: bytes, start: int, separator: str, max_rows: int) -> _Lines:
    """Rows, their lines and their fields as binary dictionaries, chunk by chunk."""
    lines = _Lines(separator)
    view, buffer = np.frombuffer(data, np.uint8), pa.py_buffer(data)
    while start < len(data):
        stop = _chunk(view, buffer, start, min(start + _CHUNK, len(data)), lines)
        if stop == start or lines.rows > max_rows or len(lines.odd) > _ODD_ROWS:
            raise Unusual
        start = stop
    if not lines.chunks:
        raise Unusual
    return lines


def _chunk(view: npt.NDArray[np.uint8], buffer: pa.Buffer, start: int, stop: int, lines: _Lines) -> int:
    """Read the whole rows between `start` and `stop`; where they end."""
    part = view[start:stop]
    breaks, quotes = np.flatnonzero(part == NEWLINE), np.flatnonzero(part == QUOTE)
    last = stop == len(view)
    if last and (not len(breaks) or breaks[-1] != len(part) - 1):
        breaks = np.append(breaks, len(part))
    ends = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    if not len(ends):
        return start
    length = min(int(ends[-1]) + 1, len(part))
    quotes = quotes[quotes < length]
    if len(quotes) % 2 or (last and length < len(part)):
        raise Unusual
    part = part[:length]
    check_quotes(part, quotes, ord(lines.separator))
    begins = np.concatenate(([0], ends[:-1] + 1))
    carriage = part[np.maximum(ends - 1, 0)] == RETURN
    sizes = ends - begins - ((ends > begins) & carriage)
    at = np.searchsorted(breaks, ends)
    spans = np.diff(at, prepend=-1)
    if int(sizes.max()) > _LONGEST or int(spans.max()) > _BREAKS or bare_returns(part, breaks):
        raise Unusual
    if not lines.width:
        fields = count_fields(part, quotes, begins, ord(lines.separator))
        lines.width = int(np.bincount(fields[sizes > 0][:1000], minlength=1).argmax())
    chunk = _Chunk(buffer.slice(start, length), begins, ends, bool((spans > 1).any()))
    odd = np.flatnonzero(sizes == 0)
    try:
        tables = chunk.read(odd, lines)
    except pa.ArrowInvalid:
        fields = count_fields(part, quotes, begins, ord(lines.separator))
        odd = np.flatnonzero((fields != lines.width) | (sizes == 0))
        tables = chunk.read(odd, lines)
    lines.chunks.extend(tables)
    for row in odd.tolist():
        lines.odd[lines.rows + row] = part[begins[row] : ends[row]].tobytes()
    lines.numbers.append(lines.lines + 1 + np.concatenate(([0], at[:-1] + 1)))
    lines.rows += len(ends)
    lines.lines += int(at[-1]) + 1
    return start + length


@dataclass(frozen=True)
class _Chunk:
    """Whole rows of a file: their bytes, where each begins and ends, and whether any holds a line break."""

    buffer: pa.Buffer
    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    breaks: bool

    def read(self, odd: npt.NDArray[np.int64], lines: _Lines) -> list[pa.Table]:
        """Fields of the usual rows between the odd ones; pyarrow refuses rows of another width."""
        if len(odd) > _ODD_ROWS:
            raise Unusual
        edges = [-1, *odd.tolist(), len(self.ends)]
        spans = [(above + 1, below) for above, below in pairwise(edges) if below - above > 1]
        return [self._rows(first, past, lines) for first, past in spans]

    def _rows(self, first: int, past: int, lines: _Lines) -> pa.Table:
        begin, end = int(self.begins[first]), int(self.ends[past - 1])
        names = [str(k) for k in range(lines.width)]
        table = arrow_csv.read_csv(
            pa.BufferReader(self.buffer.slice(begin, end - begin)),
            arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter=lines.separator, newlines_in_values=self.breaks, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(names, _BINARY)
            ),
        )
        if table.num_rows != past - first:
            raise Unusual
        return table


def _fields(line: bytes, codec: str, separator: str, most: int) -> list[Cell]:
    """The cells of one row, as the csv module splits it."""
    text = line.decode(codec)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        raise Unusual from None
    if len(rows) > 1 or (rows and len(rows[0]) > most):
        raise Unusual
    return [f or None for f in rows[0]] if rows else []


def _grid(lines: _Lines, odd: dict[int, list[Cell]], codec: str) -> Grid:
    if any(isinstance(v, str) and MOJIBAKE.search(v) for cells in odd.values() for v in cells):
        raise Unusual
    usual = np.ones(lines.rows, np.bool_)
    usual[list(odd)] = False
    where = np.flatnonzero(usual) if odd else None

    def one(at: int) -> Coded:
        chunks = [c for table in lines.chunks for c in table.column(at).chunks] if at < lines.width else []
        strays = {row: cells[at] for row, cells in odd.items() if at < len(cells)}
        return _with_odd(*_column(chunks, codec), lines.rows, where, strays)

    widest = max([lines.width, *(len(cells) for cells in odd.values())])
    with ThreadPoolExecutor(max_workers=pa.cpu_count()) as pool:
        columns = list(pool.map(one, range(widest)))
    return Grid(columns, odd, lines.width)


def _column(chunks: list[pa.Array], codec: str) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """One field of the usual rows: its chunks brought to one dictionary, and that decoded."""
    if not chunks:
        return pa.nulls(0, pa.string()), np.zeros(0, np.int32)
    unified = pa.chunked_array(chunks).unify_dictionaries()
    codes = np.concatenate([c.indices.to_numpy(zero_copy_only=False) for c in unified.chunks])
    array = _decode(unified.chunk(0).dictionary, codec)
    _refuse_mojibake(array)
    return pc.if_else(pc.equal(array, ""), None, array), codes


def _with_odd(
    array: pa.Array, codes: npt.NDArray[np.int32], n: int, usual: npt.NDArray[np.int64] | None, odd: dict[int, Cell]
) -> Coded:
    """A column of all rows; cells of rows of another width put in, blank where they have none."""
    if usual is not None:
        full = np.full(n, len(array), np.int32)
        full[usual] = codes if len(codes) else len(array)
        for code, row in enumerate(odd, len(array) + 1):
            full[row] = code
        array, codes = pa.concat_arrays([array, pa.array([None, *odd.values()], pa.string())]), full
    return Coded(Texts(array) if len(array) > MANY else array.to_pylist(), codes)


def _decode(binary: pa.Array, codec: str) -> pa.Array:
    """Distinct cells as text; strict."""
    if not (text_bytes(binary) >= 0x80).any() or codec == "utf-8":
        return binary.cast(pa.string())
    return pa.array(b"\0".join(binary.to_pylist()).decode(codec).split("\0"), pa.string())


def _refuse_mojibake(array: pa.Array) -> None:
    if not (text_bytes(array) >= 0x80).any():
        return
    if MOJIBAKE.search("\0".join(array.to_pylist())):
        raise Unusual


def _numbers(lines: _Lines) -> array[int]:
    numbers: array[int] = array("q")
    numbers.frombytes(np.concatenate(lines.numbers).astype(np.int64).tobytes())
    return numbers
