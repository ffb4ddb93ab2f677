"""Places: twelve-digit statistical codes, names as people write them, and who is a target.

Names are resolved within a level and, where known, a parent; an ambiguous name is never guessed.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kaohe.base.errors import InputRefused

LEVELS = ("province", "city", "county", "town", "village")
LEVEL_ZH = {"province": "省", "city": "市", "county": "县", "town": "镇", "village": "村"}
ZH_LEVEL = {zh: level for level, zh in LEVEL_ZH.items()}
PROVINCE, PROVINCE_NAME = "440000000000", "广东省"
OWN_CODE = re.compile(PROVINCE[:2] + r"\d{10}", re.ASCII)  # of a place of the province
# Marks that nobody sees, as they come with text from pages and chats: zero widths, directions of writing, controls.
UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_INVISIBLE = re.compile(f"[{UNSEEN}\u00a0\u3000\\s]")
_SUFFIX = {
    "city": ("市",),
    "county": ("自治县", "县", "区", "市"),
    "town": ("街道", "镇", "乡"),
    "village": ("村委会", "村民委员会", "社区", "村"),
}
_ETHNIC = re.compile("(各族|壮族|瑶族|畲族|回族|满族)+自治县$")


def tidy_name(text: str) -> str:
    """The place name `text` without invisible characters and blanks, full-width letters narrowed."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def level_of(code: str) -> str:
    """Level of the twelve-digit statistical `code`, from its trailing zeros: province, city, county, town or village."""
    if code[2:] == "0" * 10:
        return "province"
    if code[4:] == "0" * 8:
        return "city"
    if code[6:] == "0" * 6:
        return "county"
    if code[9:] == "0" * 3:
        return "town"
    return "village"


def parent_code(code: str, level: str) -> str:
    """Code of the place at `level` that holds `code`."""
    keep = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}[level]
    return code[:keep] + "0" * (12 - keep)


@dataclass(frozen=True)
class Place:
    """One place of the register.

    Attributes
    ----------
    code, parent : str
        Statistical codes of twelve digits: its own, and that of the place above it.
    name : str
        Official name.
    level : {"province", "city", "county", "town", "village"}
    """

    code: str
    name: str
    level: str
    parent: str


def short_name(name: str, level: str) -> str:
    """The short form of `name` that people use at its `level`: 韶关 for 韶关市, 乳源 for 乳源瑶族自治县; 城区 keeps its 区."""
    stripped = _ETHNIC.sub("", name)
    if stripped != name and len(stripped) >= 2:
        return stripped
    for suffix in _SUFFIX.get(level, ()):
        if name.endswith(suffix) and len(name) - len(suffix) >= 2:
            return name.removesuffix(suffix)
    return name


class Gazetteer:
    """Looks places up by code, official name, short name or alias, within level and parent.

    Parameters
    ----------
    places : iterable of Place
    aliases : iterable of (alias, level, code)
    """

    def __init__(self, places: Iterable[Place], aliases: Iterable[tuple[str, str, str]] = ()) -> None:
        self.by_code: dict[str, Place] = {p.code: p for p in places}
        self._names: dict[tuple[str, str], list[str]] = {}
        for place in self.by_code.values():
            official = tidy_name(place.name)
            for name in {official, short_name(official, place.level)}:
                self._names.setdefault((place.level, name), []).append(place.code)
        for alias, level, code in aliases:
            codes = self._names.setdefault((level, tidy_name(alias)), [])
            if code in self.by_code and code not in codes:
                codes.append(code)

    def name(self, code: str) -> str:
        """Official name of `code`; the code itself when it is not in the register."""
        place = self.by_code.get(code)
        return place.name if place else code

    def candidates(self, text: str, level: str, parent: str = "") -> list[str]:
        """Codes at `level` that `text` may mean, below `parent` where one is given.

        `text` may be a code, an official name, a short name or an alias.

        Parameters
        ----------
        text : str
            Code of 12 digits, or of 6 as the register of divisions writes it, or a name.
        level : {"province", "city", "county", "town", "village"}
        parent : str
            Code of a place of any level above; empty: anywhere.

        Returns
        -------
        list of str
            Codes of twelve digits in the order of the register; several where a name is not unique.
        """
        tidy = tidy_name(text)
        if re.fullmatch(r"\d{12}", tidy, re.ASCII):
            found = [tidy] if tidy in self.by_code and level_of(tidy) == level else []
        elif re.fullmatch(r"\d{6}", tidy, re.ASCII):
            code = tidy + "000000"
            found = [code] if code in self.by_code and level_of(code) == level else []
        else:
            found = self._names.get((level, tidy), [])
        if parent:
            above = level_of(parent)
            found = [c for c in found if parent_code(c, above) == parent]
        return list(found)

    def at_level(self, level: str, parent: str = "") -> list[Place]:
        """Places at `level` in code order, below `parent` where one is given."""
        above = level_of(parent) if parent else ""
        return [
            p
            for c, p in sorted(self.by_code.items())
            if p.level == level and (not parent or parent_code(c, above) == parent)
        ]


def read_divisions(path: Path) -> list[Place]:
    """The province's cities and counties from a divisions file.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with columns code (six digits), city, county (empty for a city), kind.

    Raises
    ------
    InputRefused
        K120 when a column is missing or a code is not six digits of the province.
    """
    places: list[Place] = []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        for line, row in enumerate(reader, start=2):
            code = (row.get("code") or "").strip()
            if not OWN_CODE.fullmatch(f"{code}000000") or not row.get("city"):
                raise InputRefused(
                    "K120",
                    "The divisions file has a bad row",
                    where=f"{path.name} line {line}",
                    got=str(row),
                    expected=f"code of six digits beginning with {PROVINCE[:2]}, city, county, kind",
                )
            full = code + "000000"
            if row.get("county"):
                places.append(Place(full, row["county"], "county", parent_code(full, "city")))
            else:
                places.append(Place(full, row["city"], "city", parent_code(full, "province")))
    return places


def read_aliases(path: Path, kind: str = "") -> list[tuple[str, str, str]]:
    """Aliases (alias, level, code) from a CSV in UTF-8 with the columns alias, level, code and, if any, kind and note.

    Parameters
    ----------
    path : Path
    kind : str
        Only aliases of this kind (旧称, 简称, 拼音, 功能区); all of them when empty.

    Raises
    ------
    InputRefused
        K121 when one alias means two codes at one level, a column is missing, or a level or code is malformed.
    """
    seen: dict[tuple[str, str], str] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle), start=2):
            code, level = row.get("code") or "", row.get("level") or ""
            if (
                not row.get("alias")
                or level not in LEVELS
                or not re.fullmatch(r"\d{12}", code)
                or level_of(code) != level
            ):
                raise InputRefused(
                    "K121",
                    "An alias points nowhere",
                    where=f"{path.name} line {line}",
                    got=f"{row.get('alias')}, {level}, {code}",
                    expected=f"alias, level ({', '.join(LEVELS[1:])}) and a code of twelve digits at that level",
                )
            if kind and row.get("kind") != kind:
                continue
            key = (row["alias"], row["level"])
            if seen.get(key, row["code"]) != row["code"]:
                raise InputRefused(
                    "K121",
                    "An alias means two places",
                    where=path.name,
                    got=f"{row['alias']}: {seen[key]}, {row['code']}",
                    remedy="keep one line, or give each its own alias",
                )
            seen[key] = row["code"]
    return [(alias, level, code) for (alias, level), code in seen.items()]
