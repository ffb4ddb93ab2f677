"""Who gets which form: an index table for each target, a field form for each place of the sample list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.ledger import Finding
from kaohe.base.places import ZH_LEVEL, Place, level_of, parent_code
from kaohe.base.plan import Form, Plan
from kaohe.base.tables import RAW
from kaohe.clean.form_places import sample_places
from kaohe.clean.form_tables import PLACE_LEVELS
from kaohe.clean.raw_folder import list_files
from kaohe.clean.resolve import Register

NEEDED = ("objects", "places", "sample_villages")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 80


@dataclass(frozen=True)
class FormFor:
    """One form to give out.

    Attributes
    ----------
    form : Form
    code : str
        The target or place it is about.
    heads : tuple of (label, text)
        Its header fields.
    path : str
        Where it is written, relative to the folder of forms; without two alike.
    """

    form: Form
    code: str
    heads: tuple[tuple[str, str], ...]
    path: str


@dataclass(frozen=True)
class Roll:
    """Register and sample list as cleaned, and why files of them were not used.

    Attributes
    ----------
    register : Register
        Targets and places.
    sample : frozenset of str
        Codes of the sample villages, with the towns and counties that hold them.
    refusals : tuple of Finding
        Why files of the register or of the sample list were not used.
    """

    register: Register
    sample: frozenset[str]
    refusals: tuple[Finding, ...] = ()


def read_roll(raw: Path, plan: Plan) -> Roll:
    """Targets, places and sample villages from the folder `raw`, read as `plan` asks; nothing else of the folder is read.

    Raises
    ------
    InputRefused
        K210, K236, K237 as `kaohe.clean.run.clean_all`.
    """
    from kaohe.clean.run import clean_tables

    patterns = [RAW[name].pattern for name in NEEDED]
    paths = [p for p in list_files(raw) if any(p.relative_to(raw).match(pattern) for pattern in patterns)]
    cleaned = clean_tables(raw, paths, plan)
    refusals = tuple(f for f in cleaned.ledger.findings if f.action == "refuse")
    villages = [str(v) for v in cleaned.tables["sample_villages"]["village"]]
    return Roll(_register(cleaned.tables, plan), sample_places(villages), refusals)


def _register(tables: dict[str, pd.DataFrame], plan: Plan) -> Register:
    """The register of the clean tables `objects` and `places`."""
    objects, rows = tables["objects"], tables["places"]
    columns = (rows[c].astype(str) for c in ("place", "name", "level", "parent"))
    places = [Place(code, name, ZH_LEVEL[level], parent) for code, name, level, parent in zip(*columns, strict=True)]
    targets = zip(objects["object"], objects["name"], objects["class_id"], strict=True)
    return Register.build(plan, places, {str(code): (str(name), str(c)) for code, name, c in targets})


def forms_for(roll: Roll, plan: Plan, wanted: Sequence[str] = (), forms: Sequence[str] = ()) -> list[FormFor]:
    """The forms to give out, index tables first, then places in order of code.

    Parameters
    ----------
    roll : Roll
    plan : Plan
    wanted : sequence of str
        Targets (a city with the sample places in it), counties (with the sample places in them),
        or twelve-digit codes of towns and villages, in the sample or not; all when empty.
    forms : sequence of str
        Ids of forms, ``index`` or ``field``; all when empty.

    Raises
    ------
    InputRefused
        K130, K131 for a name that is no target and no place, K346 for an unknown form or when
        there is nothing to write.
    """
    chosen = _chosen_forms(forms, plan)
    codes = {_code(text, roll, plan) for text in wanted}
    out: list[FormFor] = []
    for code, name in sorted(roll.register.objects.items()):
        form = plan.forms[plan.classes[roll.register.classes[code]].form]
        if form.id in chosen and (not codes or code in codes):
            out.append(FormFor(form, code, (("考核对象", name),), f"index/{safe_name(name)}.xlsx"))
    inside = {c for c in roll.sample if not codes or any(parent_code(c, up) in codes for up in PLACE_LEVELS[:2])}
    for code in sorted(inside | {c for c in codes if c.isdigit() and level_of(c) in PLACE_LEVELS[1:]}):
        form = plan.forms[level_of(code)]
        if form.id in chosen:
            out.append(_for_place(form, code, roll))
    if not out:
        raise InputRefused(
            "K346", "There is no form to write", got="、".join(wanted) or "the whole list",
            expected="a target of the register, or a place of survey/sample_villages",
            remedy="put the sample list into the raw folder, name a place by its code, or use --blank",
        )  # fmt: skip
    return _apart(out)


def _chosen_forms(forms: Sequence[str], plan: Plan) -> set[str]:
    kinds = {"index": "index_table", "field": "field_form"}
    chosen: set[str] = set()
    for text in forms or plan.forms:
        found = [f.id for f in plan.forms.values() if f.id == text or f.kind == kinds.get(text)]
        if not found:
            raise InputRefused(
                "K346", "Unknown form", got=text, expected="、".join([*plan.forms, *kinds]), remedy="name one of these"
            )
        chosen |= set(found)
    return chosen


def _code(text: str, roll: Roll, plan: Plan) -> str:
    """Code of a target or place that the user named."""
    places = roll.register.gazetteer
    known = dict(roll.register.objects)
    known |= {c: places.name(c) for c in places.by_code if level_of(c) == "county"}
    if re.fullmatch(r"\d{12}", text, re.ASCII) and text in places.by_code:
        return text
    return plan.resolve_target(text, known)


def _for_place(form: Form, code: str, roll: Roll) -> FormFor:
    levels = PLACE_LEVELS[: PLACE_LEVELS.index(form.level) + 1]
    names = [roll.register.gazetteer.name(parent_code(code, level)) for level in levels]
    last = "_".join(safe_name(n) for n in names[2:] or names[1:])
    kind = {"county": "县级", "town": "镇级", "village": "村级"}[form.level]
    path = f"field/{safe_name(names[0])}/{safe_name(names[1])}/{kind}_{last}.xlsx"
    return FormFor(form, code, tuple(zip(form.header, names, strict=True)), path)


def _apart(forms: list[FormFor]) -> list[FormFor]:
    """Give files that would have one name their code, whatever the letters' case."""
    counts: dict[str, int] = {}
    for entry in forms:
        counts[entry.path.casefold()] = counts.get(entry.path.casefold(), 0) + 1
    return [e if counts[e.path.casefold()] == 1 else replace(e, path=_with_code(e)) for e in forms]


def _with_code(entry: FormFor) -> str:
    return f"{entry.path.removesuffix('.xlsx')}_{safe_name(entry.code)}.xlsx"


def safe_name(text: str) -> str:
    """A name that every system takes as a file name: no reserved signs, device names or final dots.

    Examples
    --------
    >>> safe_name("A/B：办公室. ")
    'A_B：办公室'
    >>> safe_name("CON")
    'CON_'
    """
    name = _UNSAFE.sub("_", text).strip(" .")[:_LONGEST].rstrip(" .")
    return f"{name}_" if not name or _DEVICE.fullmatch(name) else name


def blank_list(plan: Plan, forms: Iterable[str] = ()) -> list[FormFor]:
    """One empty workbook of each form, with an open header.

    Parameters
    ----------
    plan : Plan
        Whose forms are given out.
    forms : iterable of str
        Ids of forms, ``index`` or ``field``; all when empty.

    Returns
    -------
    list of FormFor
        In the order of the plan, each for no place, below the folder ``blank``.

    Raises
    ------
    InputRefused
        K346 for an unknown form.
    """
    chosen = _chosen_forms(list(forms), plan)
    return [
        FormFor(form, "", (), f"blank/{safe_name(_blank_name(form, plan))}.xlsx")
        for form in plan.forms.values()
        if form.id in chosen
    ]


def _blank_name(form: Form, plan: Plan) -> str:
    target = next((c for c in plan.classes.values() if c.form == form.id), None)
    return (
        f"{target.short}考核指标表"
        if target
        else {"county": "县级", "town": "镇级", "village": "村级"}[form.level] + "考评表"
    )
