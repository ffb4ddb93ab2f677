"""The columns of a table parsed by their kind: numbers, dates, places below their city, persons dropped.

A parser is asked once about each distinct cell; what it says is taken to the rows by code.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kaohe.base.tables import Column
from kaohe.clean.batch import Batch, Part
from kaohe.clean.cells import Cell, tidy
from kaohe.clean.coded import Coded, Codes, Numbers, combine, numbers
from kaohe.clean.codes import NORMALISE, QUARANTINE
from kaohe.clean.office import Office
from kaohe.clean.parse import make_parser
from kaohe.clean.persons import check_persons
from kaohe.clean.plain import outcomes
from kaohe.clean.scrub import mask_text
from kaohe.clean.shares import share_parser, share_style
from kaohe.clean.stored import NUMERIC
from kaohe.clean.values import BLANK, Outcome, Parser, Words


def parse_columns(batch: Batch, part: Part, office: Office) -> None:
    """Parse the columns of a part; failures set rows aside, repairs are entered."""
    for column in batch.contract.columns:
        if column.name not in part.segment.layout.columns:
            continue
        if column.kind == "personal":
            check_persons(batch, part, column, office)
        elif column.kind == "place" and column.level != "city":
            _below_city(batch, part, column, office)
        else:
            raw = part.raw[column.name]
            values, found = outcomes(raw.entries, column, office.words, _parser(raw, column, office))
            if column.kind in NUMERIC:
                values = Numbers(numbers(values))
            part.values[column.name] = Coded(values, raw.codes)
            _enter(batch, part, column, raw.codes, found)
        if column.kind == "text":
            _mask(batch, part, column)


def _enter(batch: Batch, part: Part, column: Column, codes: Codes, found: Mapping[int, Outcome]) -> None:
    """Enter failures row by row, then repairs by code; `codes` number the outcomes of the rows."""
    if not found:
        return
    rank = {c: k for k, c in enumerate(dict.fromkeys(o.code for o in found.values() if o.action != QUARANTINE), 1)}
    kinds = np.zeros(max(int(codes.max(initial=0)), *found) + 1, np.int32)
    for at, outcome in found.items():
        kinds[at] = -1 if outcome.action == QUARANTINE else rank[outcome.code]
    of_row = kinds[codes]
    for row in np.flatnonzero(of_row == -1).tolist():
        outcome = found[int(codes[row])]
        batch.flag(part.start + row, outcome.code, column.name, expected=outcome.expected)
    repaired = {code: np.flatnonzero(of_row == kind) for code, kind in rank.items()}
    for code, rows in sorted(repaired.items(), key=lambda item: item[1][:1].tolist()):
        if len(rows):
            batch.repairs(part, column, code, rows, [found[k].expected for k in codes[rows].tolist()])


def _parser(raw: Coded, column: Column, office: Office) -> Parser:
    if column.kind == "share":
        first: list[Cell] = [raw[row] for row in raw.firsts().tolist()]
        return share_parser(column, office.words, next(iter(share_style(first)), ""))
    if column.kind == "object":
        return _skipping(office.register.target, office.words)
    if column.kind == "place":
        return _skipping(lambda cell: office.register.place(cell, "city"), office.words)
    return make_parser(column, office.words)


def _skipping(parser: Parser, words: Words) -> Parser:
    """A parser that takes the codebook's missing words as blank."""
    skip = words.missing | words.not_applicable

    def parse(cell: Cell) -> Outcome:
        return BLANK if isinstance(cell, str) and tidy(cell) in skip else parser(cell)

    return parse


def _below_city(batch: Batch, part: Part, column: Column, office: Office) -> None:
    """Resolve counties within the city of the same row, once for each pair that occurs."""
    raw, city = part.raw[column.name], part.values.get("city")
    codes, samples = combine([raw.codes, city.codes] if city is not None else [raw.codes])
    found = [
        office.register.place(raw[row], column.level, str((city[row] if city is not None else "") or ""))
        for row in samples.tolist()
    ]
    part.values[column.name] = Coded([o.value for o in found], codes)
    _enter(batch, part, column, codes, {k: o for k, o in enumerate(found) if o.code})


def _mask(batch: Batch, part: Part, column: Column) -> None:
    """Mask personal data in free text before anything is stored."""
    values = part.values[column.name]
    masked = [("", 0) if v is None else mask_text(str(v)) for v in values.entries]
    hits = np.array([n > 0 for _, n in masked], np.bool_)
    if not hits.any():
        return
    kept = [text if n else v for v, (text, n) in zip(values.entries, masked, strict=True)]
    part.values[column.name] = Coded(kept, values.codes)
    for row in values.rows(hits).tolist():
        count = masked[int(values.codes[row])][1]
        batch.remark(part.start + row, "K208", column.name, action=NORMALISE, value=f"{count} 处")
