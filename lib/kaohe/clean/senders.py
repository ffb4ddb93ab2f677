"""Who sent a file: the target or city that its path names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from kaohe.base.places import short_name
from kaohe.base.plan import Plan

UNKNOWN = "未指明报送单位"


class Senders:
    """Finds the sender of a file by the names in its path.

    Parameters
    ----------
    plan : Plan
        Gives the cities.
    objects : mapping of code to name
        Targets of the register; those of the plan are known without it.
    """

    def __init__(self, plan: Plan, objects: Mapping[str, str] | None = None) -> None:
        cities = {c: plan.gazetteer.name(c) for k in plan.classes.values() for c in k.members}
        self._names = {**cities, **(objects or {})}
        self._codes = {code[:6]: code for code in cities}
        words: dict[str, set[str]] = {}
        for code, name in self._names.items():
            for word in {name, short_name(name, "city")}:
                words.setdefault(word, set()).add(code)
        sure = {word: next(iter(codes)) for word, codes in words.items() if len(codes) == 1 and len(word) >= 2}
        self._words = sorted(sure.items(), key=lambda kv: (-len(kv[0]), kv[0]))
        self._find = cache(self._look)

    def code(self, file: str) -> str:
        """Code of the sender of a file (a path below the raw folder); empty where the path names none."""
        return self._find(file)

    def name(self, file: str) -> str:
        """Name of the sender of a file, or 未指明报送单位."""
        return self.name_of(self.code(file))

    def name_of(self, code: str) -> str:
        """Name of a code; 未指明报送单位 for none."""
        return self._names.get(code, code) or UNKNOWN

    def _look(self, file: str) -> str:
        """The part nearest to the file's own name decides; in one part the longest name."""
        for part in reversed(file.split("/")):
            for word, code in self._words:
                if word in part:
                    return code
            digits = re.match(r"(\d{6})(?!\d)", part, re.ASCII)
            if digits and digits[1] in self._codes:
                return self._codes[digits[1]]
        return ""
