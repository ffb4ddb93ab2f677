"""Shares: one way of writing a column, 0.85 or 85% or 85, stored as 0 to 1."""

from __future__ import annotations

from dataclasses import replace

from kaohe.base.tables import Column
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE
from kaohe.clean.parse import EXCEL_ERRORS, NUMBER, VAGUE, in_range, is_several
from kaohe.clean.values import BLANK, Outcome, Parser, Words, failed


def share_style(cells: list[Cell]) -> dict[str, int]:
    """How a column writes its shares: position of the first cell of each style.

    Styles are ``sign`` (85%), ``hundred`` (85) and ``fraction`` (0.85); 0 and 1 fit any.
    A value just above 1 beside fractions is a share that is too large, not another style.
    """
    first: dict[str, int] = {}
    for position, cell in enumerate(cells):
        text = tidy(to_text(cell))
        if text.endswith("%"):
            style = "sign" if NUMBER.fullmatch(text[:-1]) else ""
        elif NUMBER.fullmatch(text):
            value = float(text)
            style = "" if value in {0.0, 1.0} else "fraction" if value < 1 else "hundred" if value > 1.5 else "above"
        else:
            style = ""
        if style:
            first.setdefault(style, position)
    if "above" in first:
        if not first.keys() & {"fraction", "sign"}:
            first.setdefault("hundred", first["above"])
        del first["above"]
    return first


def share_parser(column: Column, words: Words, style: str) -> Parser:
    """The parser of a share column that is written in one style."""
    skip = words.missing | words.not_applicable

    def parse(cell: Cell) -> Outcome:
        if is_blank(cell) or tidy(to_text(cell)) in skip:
            return BLANK
        if is_several(to_text(cell)):
            return failed("K262")
        text = tidy(to_text(cell))
        if text.upper() in EXCEL_ERRORS:
            return failed("K264")
        body = text.removesuffix("%")
        if not NUMBER.fullmatch(body):
            return failed("K262" if VAGUE.search(text) else "K261")
        value = float(body)
        percent = text.endswith("%") or style == "hundred"
        outcome = Outcome(value / 100, NORMALISE, "K287") if percent else Outcome(value)
        if not percent and text != to_text(cell):
            outcome = Outcome(value, NORMALISE, "K282")
        share = _bounded(column)
        return in_range(outcome, share)

    return parse


def _bounded(column: Column) -> Column:
    """The column with the bounds of a share where it has none."""
    return replace(
        column, kind="number", unit="",
        min=0.0 if column.min is None else column.min, max=1.0 if column.max is None else column.max,
    )  # fmt: skip
