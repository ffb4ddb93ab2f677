"""The plan as data: what is assessed, how streams combine, and what the office chose.

`load_plan` reads a plan folder and refuses a faulty one by naming the key, the value found
and what would be right (see `kaohe.base.plan_checks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from kaohe.base.clock import months_later
from kaohe.base.codebook import Question, load_codebook
from kaohe.base.conversions import Conversion, read_conversions
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import sha256_text
from kaohe.base.places import Gazetteer, Place, read_aliases, read_divisions, tidy_name
from kaohe.base.plan_files import DEFAULT_PLAN, PLANS, find_plan, lacking, read_text
from kaohe.base.plan_files import read_toml as read_toml
from kaohe.base.plan_rows import Form as Form
from kaohe.base.plan_rows import Item as Item
from kaohe.base.plan_rows import Rule as Rule
from kaohe.base.plan_rows import TargetClass as TargetClass
from kaohe.base.scale import Scale as Scale


@dataclass(frozen=True, repr=False)
class Plan:
    """A whole plan: the document's rules, the office's choices, the codebook and the places.

    In the examples ``s = kaohe.open()``, whose ``s.plan`` it is.

    Attributes
    ----------
    folder, digest : Path, str
        Where it was read, and the hash of its files.
    raw, meta, choices, disclosure : dict
        plan.toml as read, its ``[plan]`` and ``[choices]``; disclosure.toml.
    grades : tuple of str
        Official words, best first.
    classes, forms, questions : dict
        `TargetClass`, `Form` and `Question` by id.
    streams, concepts, daily_sources : dict of id to name
    rules, dates : tuple of Rule, dict of id to date
        All rules (see `active_rules`); the plan's deadlines.
    excluded : dict of code to clause
        Places that the plan leaves out.
    scale, alternative_scales : Scale, tuple of Scale
        Values of grades in force (the office's choice), and those that the sensitivity analysis tries.
    """

    folder: Path
    raw: dict[str, Any]
    meta: dict[str, Any]
    grades: tuple[str, ...]
    classes: dict[str, TargetClass]
    streams: dict[str, str]
    concepts: dict[str, str]
    forms: dict[str, Form]
    rules: tuple[Rule, ...]
    daily_sources: dict[str, str]
    dates: dict[str, date]
    excluded: dict[str, str]
    choices: dict[str, Any]
    scale: Scale
    alternative_scales: tuple[Scale, ...]
    questions: dict[str, Question]
    disclosure: dict[str, Any]
    digest: str

    def __repr__(self) -> str:
        parts = f"{len(self.classes)} classes, {len(self.forms)} forms, {len(self.questions)} questions"
        return f"<Plan {self.meta['id']} of {self.meta['year']}: {parts}, {self.folder}>"

    @cached_property
    def divisions(self) -> list[Place]:
        """Cities and counties of the province.

        Examples
        --------
        >>> s.plan.divisions[0].name, len(s.plan.divisions)
        ('广州市', 143)
        """
        return read_divisions(self.folder / "divisions.csv")

    @cached_property
    def aliases(self) -> list[tuple[str, str, str]]:
        """Other names of places: (alias, level, code).

        Examples
        --------
        >>> s.plan.aliases[0]
        ('梅县', 'county', '441403000000')
        """
        return read_aliases(self.folder / "aliases.csv")

    @cached_property
    def zones(self) -> frozenset[str]:
        """Names of functional zones: they have no code of their own, an alias says which county they count to.

        Examples
        --------
        >>> sorted(s.plan.zones)[:2]
        ['仲恺区', '仲恺高新区']
        """
        return frozenset(alias for alias, _, _ in read_aliases(self.folder / "aliases.csv", "功能区"))

    @cached_property
    def conversions(self) -> list[Conversion]:
        """Units the office allows to be converted.

        Examples
        --------
        >>> len(s.plan.conversions)
        0
        """
        return read_conversions(self.folder / "conversions.csv")

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """Cities and counties by name; towns and villages come from the office's register.

        Examples
        --------
        >>> s.plan.gazetteer.name("440200000000"), s.plan.gazetteer.candidates("韶关", "city")
        ('韶关市', ['440200000000'])
        """
        return Gazetteer(self.divisions, self.aliases)

    @property
    def active_rules(self) -> list[Rule]:
        """The capping rules in force (the office's choice).

        Examples
        --------
        >>> [r.id for r in s.plan.active_rules]
        ['V1', 'V2']
        """
        active = set(self.choices["rules"]["active"])
        return [r for r in self.rules if r.id in active]

    @property
    def poverty_line(self) -> float:
        """Relative poverty line, yuan per head and year: the office's share of rural income.

        Examples
        --------
        >>> round(s.plan.poverty_line, 1)
        8468.1
        """
        income = self.choices["income"]
        return float(income["provincial_rural_income"] * income["share"])

    @property
    def rectify_due(self) -> date | None:
        """Until when rectification plan and report are due: the plan's months after the office's notification.

        None until `[choices.rectification] notified` says when the result was notified.

        Examples
        --------
        >>> s.plan.rectify_due is None
        True
        """
        notified = self.choices.get("rectification", {}).get("notified")
        after = next(int(d["months_after_notification"]) for d in self.raw["dates"] if d["id"] == "rectify_due")
        return None if notified is None else months_later(notified, after)

    def table_questions(self, table: str, *, asked: bool = False) -> list[Question]:
        """Questions of ``household`` or ``village``, in codebook order; `asked` leaves out derived.

        Parameters
        ----------
        table : {"household", "village"}
        asked : bool
            Only what is asked in the field.

        Examples
        --------
        >>> [q.id for q in s.plan.table_questions("village", asked=True)][:3]
        ['v_households', 'v_population', 'v_poor']
        """
        return [q for q in self.questions.values() if q.table == table and not (asked and q.type == "derived")]

    def city_class(self, code: str) -> TargetClass | None:
        """The class that the city of this `code` belongs to; None for any other code.

        Examples
        --------
        >>> s.plan.city_class("440200000000").short, s.plan.city_class("440700000000")
        ('任务市', None)
        """
        return next((c for c in self.classes.values() if code in c.members), None)

    def check_not_excluded(self, text: str) -> None:
        """Refuse a target that the plan leaves out, named in `text` by code or name, quoting the plan's clause.

        Raises
        ------
        InputRefused
            K130.

        Examples
        --------
        >>> s.plan.check_not_excluded("韶关市")  # nothing: it is assessed
        """
        tidy = tidy_name(text)
        for code, clause in self.excluded.items():
            name = self.gazetteer.name(code)
            if tidy in {code, code[:6], name, name.removesuffix("市")}:
                raise InputRefused(
                    "K130", f"{name} is not assessed under this plan", got=text, expected=clause,
                    remedy="choose one of the cities of this plan",
                )  # fmt: skip

    def resolve_target(self, text: str, known: dict[str, str]) -> str:
        """The code of a target given by code, name or short name.

        Parameters
        ----------
        text : str
            What the user typed.
        known : dict of code to name
            The targets there are.

        Raises
        ------
        InputRefused
            K130 for an excluded place, K131 with the three nearest names for an unknown one.

        Examples
        --------
        >>> s.plan.resolve_target("韶关", {"440200000000": "韶关市"})
        '440200000000'
        """
        self.check_not_excluded(text)
        tidy = tidy_name(text)
        for code, name in known.items():
            same = {code, name, name.removesuffix("市")}
            if code.isdigit() and len(code) == 12 and code.endswith("000000"):
                same.add(code[:6])
            if tidy in same:
                return code
        candidates = [c for c in self.gazetteer.candidates(tidy, "county") if c in known]
        if len(candidates) == 1:
            return candidates[0]
        names = nearest(tidy, known.values())
        raise InputRefused(
            "K131", "Unknown target", got=text if text.strip() else repr(text),
            expected="one of " + ", ".join(names) + ", …" if names else "a known target",
            remedy="`kaohe targets` lists all of them",
        )  # fmt: skip


def load_plan(folder: Path | str | None = None, *, draft: bool = False) -> Plan:
    """Read and check a plan folder (the packaged 2020 plan when none is given).

    Parameters
    ----------
    folder : path, optional
        A folder with plan.toml, codebook.toml, disclosure.toml, divisions.csv, aliases.csv,
        corrections.csv and conversions.csv, or the year of a packaged plan.
    draft : bool
        True: lines marked ``# EDIT`` are let through, for `kaohe plan check` only.

    Returns
    -------
    Plan
        Everything in it has been checked.

    Raises
    ------
    InputRefused
        K140 for a missing or unreadable file, K141 another schema, K142 to K159 for a faulty value
        (K157: marks of a new year's plan are left), K160 for a faulty question, K162 no such folder;
        each names the file, the key, the value and what would be right.
    """
    from kaohe.base.plan_checks import build_plan
    from kaohe.base.plan_schema import FILES, check_schema, refuse_draft
    from kaohe.base.plan_shape import check_shape

    path = find_plan(folder or "")
    raw = read_toml(path / "plan.toml")
    check_schema("plan.toml", raw)
    for name in ("plan.toml", "disclosure.toml") if path != PLANS / DEFAULT_PLAN else ():
        check_shape(name, read_toml(path / name), read_toml(PLANS / DEFAULT_PLAN / name))
    questions = load_codebook(path / "codebook.toml")
    disclosure = read_toml(path / "disclosure.toml")
    texts = {}
    for name in FILES:
        if not (path / name).is_file():
            raise lacking(path, name)
        texts[name] = read_text(path / name)
    if not draft:
        refuse_draft(texts)
    return build_plan(path, raw, questions, disclosure, sha256_text("\0".join(texts.values())))
