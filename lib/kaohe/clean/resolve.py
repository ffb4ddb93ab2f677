"""Places and targets as people write them, resolved against the register, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kaohe.base.errors import nearest
from kaohe.base.places import PROVINCE_NAME, Gazetteer, Place, level_of, parent_code, short_name, tidy_name
from kaohe.base.plan import Plan
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE
from kaohe.clean.values import BLANK, Outcome, failed

_LEVEL_ZH = {"city": "市", "county": "县（市、区）", "town": "镇", "village": "村"}


@dataclass
class Register:
    """What the register says: places, targets by code, and the places' own flags.

    Attributes
    ----------
    gazetteer : Gazetteer
        Divisions of the plan, its aliases, and the places of the register.
    objects : dict of code to name
    classes : dict of code to class id
    excluded : dict of code to clause
    zones : frozenset of str
        Names of functional zones, which count to the county an alias gives.
    used : set of str
        Names that were not the official ones and were understood.
    """

    gazetteer: Gazetteer
    objects: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    zones: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)
    _names: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def build(
        cls, plan: Plan, places: Iterable[Place] = (), objects: Mapping[str, tuple[str, str]] | None = None
    ) -> Register:
        """A register of the plan's divisions and aliases, `places`, and `objects` (code to name and class)."""
        known = {p.code: p for p in plan.divisions}
        known.update({p.code: p for p in places if p.code not in known})
        register = cls(Gazetteer(known.values(), plan.aliases), excluded=dict(plan.excluded), zones=plan.zones)
        for code, (name, class_id) in (objects or {}).items():
            register.objects[code] = name
            register.classes[code] = class_id
            for text in {tidy_name(name), short_name(tidy_name(name), "city"), code}:
                register._names.setdefault(text, []).append(code)
        return register

    def place(self, cell: Cell, level: str, parent: str = "") -> Outcome:
        """The code of a place at `level` below `parent`.

        The name may stand behind its province and city (广东省韶关市武江区), and a city's in Latin letters
        (Shaoguan). K275 unknown, K276 ambiguous, K277 known but below another parent; K351 notes a
        functional zone, K285 any other name that is not the official one.
        """
        if is_blank(cell):
            return BLANK
        text = to_text(cell)
        found = self.gazetteer.candidates(text, level, parent)
        if not found:
            text, parent, found = self._behind_parents(text, level, parent)
        if len(found) == 1:
            self.used.add(tidy_name(text))
            if tidy_name(text) in self.zones:
                return Outcome(found[0], NORMALISE, "K351", f"按配置归入{self.gazetteer.name(found[0])}")
            official = to_text(cell) in {found[0], self.gazetteer.name(found[0])}
            return (
                Outcome(found[0]) if official else Outcome(found[0], NORMALISE, "K285", self.gazetteer.name(found[0]))
            )
        if len(found) > 1:
            return failed("K276", "可能是：" + self.describe(found))
        elsewhere = self.gazetteer.candidates(text, level) if parent else []
        if elsewhere:
            return failed("K277", f"{self.gazetteer.name(parent)}之内；名册中是：{self.describe(elsewhere)}")
        known = [p.name for p in self.gazetteer.at_level(level, parent)]
        close = "、".join(nearest(tidy_name(text), known)) if known else ""
        return failed("K275", f"{_LEVEL_ZH[level]}名称或 12 位代码，如 {close}" if close else "")

    def _behind_parents(self, text: str, level: str, parent: str) -> tuple[str, str, list[str]]:
        """A name without province and city in front, the parent that these give, and what it may mean."""
        plain = tidy_name(text)
        short = plain.removeprefix(PROVINCE_NAME).removeprefix(PROVINCE_NAME.removesuffix("省"))
        if level == "city":
            if short.isascii():
                short = re.sub(r"(?i)(city|shi)$", "", short).capitalize()
            return (short, parent, self.gazetteer.candidates(short, level, parent)) if short else (text, parent, [])
        for city in self.gazetteer.at_level("city"):
            rest = short.removeprefix(city.name)
            if rest and rest != short:
                if parent and parent_code(parent, "city") != city.code:
                    return rest, parent, []
                return rest, parent or city.code, self.gazetteer.candidates(rest, level, parent or city.code)
        return text, parent, self.gazetteer.candidates(short, level, parent) if short != plain else []

    def code(self, cell: Cell, levels: tuple[str, ...]) -> Outcome:
        """A twelve-digit code that stands in the register at one of `levels`; K279 malformed, K281 unknown."""
        if is_blank(cell):
            return BLANK
        text = to_text(cell)
        plain = tidy(text)
        if not re.fullmatch(r"\d{12}", plain, re.ASCII):
            return failed("K279", "12 位数字")
        if plain not in self.gazetteer.by_code or level_of(plain) not in levels:
            return failed("K281", f"名册中的{'、'.join(_LEVEL_ZH[x] for x in levels)}代码")
        return Outcome(plain) if plain == text else Outcome(plain, NORMALISE, "K282")

    def target(self, cell: Cell) -> Outcome:
        """The code of a target given by code, name or short name; K288 when the plan leaves it out."""
        if is_blank(cell):
            return BLANK
        text = to_text(cell)
        plain = tidy_name(text)
        if text in self.objects:
            return Outcome(text)
        found = list(dict.fromkeys(self._names.get(plain, [])))
        if not found:
            cities = self.gazetteer.candidates(plain, "city")
            found = [c for c in cities if c in self.objects]
            left_out = [c for c in cities if c in self.excluded]
            if left_out:
                return failed("K288", self.excluded[left_out[0]])
        if len(found) > 1:
            return failed("K276", "可能是：" + "、".join(found))
        if not found:
            close = "、".join(nearest(plain, self.objects.values())) if self.objects else ""
            return failed("K275", f"考核对象名称或编码，如 {close}" if close else "")
        if text == self.objects[found[0]]:
            return Outcome(found[0])
        return Outcome(found[0], NORMALISE, "K285", self.objects[found[0]])

    def describe(self, codes: Iterable[str]) -> str:
        """Names of places with their parents and codes, for a sender to choose from."""
        shown = []
        for code in list(codes)[:5]:
            level = level_of(code)
            above = "".join(
                self.gazetteer.name(parent_code(code, up))
                for up in ("city", "county")
                if up != level and level != "city"
            )
            shown.append(f"{above}{self.gazetteer.name(code)}（{code}）")
        return "、".join(shown)
