"""The rows of a plan file as objects: forms with their items, classes of targets, rules that limit the grade."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One official indicator of a form. `name` is the official wording, never reworded.

    Attributes
    ----------
    form : str
        Id of the form.
    no : int
        Official number of the item, from 1.
    concept : str
        What it is about: the same concept on forms of several levels can be compared.
    group, subgroup, name, data_source : str
        Official wording.
    """

    form: str
    no: int
    concept: str
    group: str
    subgroup: str
    name: str
    data_source: str = ""

    @property
    def code(self) -> str:
        """Form and number, as ``city14.03``."""
        return f"{self.form}.{self.no:02d}"


@dataclass(frozen=True)
class Form:
    """An index table (annex 2) or a field form (annex 3).

    Attributes
    ----------
    id, title : str
        As ``city14`` or ``village``; official heading.
    level : str
        Whom it is about: city, unit, county, town, village.
    kind : {"index_table", "field_form"}
    annex : int
        Number of the plan's annex.
    header, footer : tuple of str
        Labels of the fields above and below the items.
    remark : str
        Head of the column of remarks; empty: there is none.
    items : tuple of Item
        In official order.
    local_criteria_items : tuple of int
        Numbers of the items that follow local criteria in villages not designated by the province.
    """

    id: str
    level: str
    kind: str
    annex: int
    title: str
    header: tuple[str, ...]
    footer: tuple[str, ...]
    remark: str
    items: tuple[Item, ...]
    local_criteria_items: tuple[int, ...] = ()

    def by_concept(self) -> dict[str, Item]:
        """Items by concept; each concept stands once on a form."""
        return {i.concept: i for i in self.items}


@dataclass(frozen=True)
class TargetClass:
    """A class of targets with its own index table and stream weights.

    Attributes
    ----------
    id, name, short, label : str
        As ``city14``, 有脱贫攻坚任务, 任务市, 有脱贫攻坚任务的14个市.
    kind : {"city", "unit"}
    n : int
        Number of targets in the class.
    form : str
        Id of its index table.
    members : tuple of str
        Codes of its cities; empty for units, which the register lists.
    streams : dict of stream to float
        Weights of the streams, shares that sum to 1.
    clause : str
        Where the plan says so.
    """

    id: str
    name: str
    short: str
    label: str
    kind: str
    n: int
    form: str
    members: tuple[str, ...]
    streams: dict[str, float]
    clause: str


@dataclass(frozen=True)
class Rule:
    """A fact that limits the grade.

    Attributes
    ----------
    id, field : str
        As ``V1``; the fact it looks at.
    when : bool
        The value of the fact at which it fires.
    cap : str
        The best grade that is left when it fires.
    clause, text : str
        Where the plan says so, and its wording.
    explicit : bool
        The plan words it as a limit; where not, the office decides whether it binds.
    """

    id: str
    field: str
    when: bool
    cap: str
    clause: str
    text: str
    explicit: bool
