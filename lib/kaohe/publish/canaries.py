"""Every personal value of the raw files, held in memory only, to be looked for in what is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.cells import Cell, is_blank, to_text
from kaohe.clean.intake import FileRefused, Limits, read_file
from kaohe.clean.recognise import NARROW
from kaohe.clean.scrub import is_personal_header

_NUMBER = re.compile(r"(?<![A-Za-z\d.])\d(?:[ \-.·]?\d){6,}[Xx]?(?![A-Za-z\d])", re.ASCII)
_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0002ffff·]{2,}")
_HEADER_ROWS = 30
SHORT = 2  # names of so many characters are looked for as a whole cell or word only


@dataclass(frozen=True)
class Canaries:
    """Personal values by kind.

    Attributes
    ----------
    numbers : set of str
        Digits only (and a final X), seven or more.
    names : set of str
        Two characters or more; without those that are words of the plan or names of places.
    unread : list of str
        Files below the raw folder that could not be opened: what they hold is not looked for.
    """

    numbers: set[str] = field(default_factory=set, repr=False)
    names: set[str] = field(default_factory=set, repr=False)
    unread: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.names)

    def found_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where a text holds one of them: start, end, what it is."""
        if self.numbers:
            for m in _NUMBER.finditer(text.translate(NARROW)):
                if _digits(m[0]) in self.numbers:
                    yield m.start(), m.end(), "a number of a person in the raw files"
        if self.names:
            for m in _RUN.finditer(text):
                yield from self._names(m[0], m.start())

    @cached_property
    def sizes(self) -> list[int]:
        """Lengths of names that occur."""
        return sorted({len(n) for n in self.names})

    def _names(self, run: str, at: int) -> Iterator[tuple[int, int, str]]:
        for size in self.sizes:
            if size <= SHORT:
                if run in self.names and len(run) == size:
                    yield at, at + size, "a name in the raw files"
                continue
            for k in range(len(run) - size + 1):
                if run[k : k + size] in self.names:
                    yield at + k, at + k + size, "a name in the raw files"


def _digits(text: str) -> str:
    return re.sub(r"[^\dX]", "", text.translate(NARROW).upper())


def collect(raw: Path, plan: Plan, words: Iterable[str] = ()) -> Canaries:
    """Personal values of the raw files, by the headers of their columns.

    Parameters
    ----------
    raw : Path
        A missing folder gives none.
    plan : Plan
    words : iterable of str
        Texts whose parts are no names: places, objects, labels.
    """
    found = Canaries()
    if not raw.is_dir():
        return found
    limits = Limits.of(plan)
    labels = [c.label for t in RAW.values() for c in t.columns]
    for path in sorted(p for p in raw.rglob("*") if p.is_file() and p.name not in {"README.md", "origin.toml"}):
        try:
            sheets = read_file(path, path.name, labels, limits).sheets
        except (FileRefused, OSError):
            found.unread.append(path.relative_to(raw).as_posix())
            continue
        for sheet in sheets:
            _take(sheet.rows, found)
    vocabulary = "\n".join(words)
    found.names.difference_update([n for n in found.names if n in vocabulary])
    return found


def _take(rows: Sequence[list[Cell]], found: Canaries) -> None:
    columns: dict[int, bool] = {}
    for number, row in enumerate(rows):
        if number < _HEADER_ROWS:
            heads = {k: str(c) for k, c in enumerate(row) if isinstance(c, str) and is_personal_header(c)}
            filled = sum(not is_blank(c) for c in row)
            if heads and filled >= 3:
                columns = dict.fromkeys(heads, True)
                continue
        for k in columns:
            if k < len(row) and not is_blank(row[k]):
                text = "".join(to_text(row[k]).split())
                digits = _digits(text)
                if len(digits) >= 7:
                    found.numbers.add(digits)
                elif _RUN.fullmatch(text) and len(text) <= 12:
                    found.names.add(text)
