"""Checks of a plan folder: every fault is named with its key, its value and what would be right."""

from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kaohe.base.codebook import Question, check_concepts
from kaohe.base.disclosure import check_disclosure
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.plan import Form, Item, Plan, Rule, Scale, TargetClass

INTAKE = {"file_mb", "unzipped_mb", "ratio", "ratio_from_mb", "rows", "columns", "cell_characters"}
SCREEN_SHARES = (
    "good_share_spread", "straight_forms", "identical_forms", "straight_households", "double_kappa", "self_better",
    "survey_share",
)  # fmt: skip
SECTIONS = {
    "schema", "plan", "grades", "classes", "streams", "excluded", "concepts", "forms", "dates",
    "daily_sources", "survey_topics", "rules", "talk_list", "cross_teams", "choices",
}  # fmt: skip
CHOICES = {
    "scale", "alternative_scales", "items", "levels", "missing", "county", "ties", "rules", "income",
    "survey", "nonresponse", "calibration", "uncertainty", "daily", "intake", "rectification", "draw", "screens",
}  # fmt: skip
OPTIONAL = {"alternative_scales", "rectification", "draw"}
# Ids that code calls by name; what they stand for (names, numbers, members, items, weights) is the plan's.
CLASS_KINDS = {"city14": "city", "city6": "city", "unit235": "unit"}
FIELD, FIELD_LEVELS = "field_form", ("county", "town", "village")
STREAMS = ("survey", "cross", "daily")


def refuse(code: str, key: str, got: object, expected: str) -> InputRefused:
    """A refusal of one key of plan.toml."""
    return InputRefused(code, "The plan has a fault", where=f"plan.toml › {key}", got=str(got), expected=expected)


def build_plan(
    folder: Path,
    raw: dict[str, Any],
    questions: dict[str, Question],
    disclosure: dict[str, Any],
    digest: str,
) -> Plan:
    """Check the raw tables and build a `Plan`; see `kaohe.base.plan.load_plan`."""
    _keys("", raw, SECTIONS)
    _keys("choices", raw["choices"], CHOICES)
    grades = tuple(g["name"] for g in sorted(raw["grades"], key=lambda g: -g["order"]))
    streams = {s["id"]: s["name"] for s in raw["streams"]}
    concepts = {c["id"]: c["short"] for c in raw["concepts"]}
    forms = {f["id"]: _form(f, concepts) for f in raw["forms"]}
    excluded = {e["place"]: e["clause"] for e in raw["excluded"]}
    out = {e["place"]: e["name"] for e in raw["excluded"]}
    classes = {c["id"]: _class(c, streams, forms, excluded, out) for c in raw["classes"]}
    _check_ids(raw, classes, forms)
    choices = raw["choices"]
    scale = _scale("choices.scale", choices["scale"], grades)
    alternatives = tuple(
        _scale(f"choices.alternative_scales[{i}]", s, grades)
        for i, s in enumerate(choices.get("alternative_scales", []))
    )
    rules = tuple(Rule(**r) for r in raw["rules"])
    _check_rules(rules, grades, choices)
    _check_choices(raw, questions)
    _check_intake(choices["intake"])
    _check_screens(choices["screens"])
    _check_topics(raw["survey_topics"], questions)
    check_concepts(questions, concepts)
    check_disclosure(disclosure, folder)
    return Plan(
        folder=folder, raw=raw, meta=raw["plan"], grades=grades, classes=classes, streams=streams,
        concepts=concepts, forms=forms, rules=rules,
        daily_sources={s["id"]: s["name"] for s in raw["daily_sources"]},
        dates={d["id"]: d["date"] for d in raw["dates"] if isinstance(d.get("date"), date)},
        excluded=excluded, choices=choices, scale=scale, alternative_scales=alternatives,
        questions=questions, disclosure=disclosure, digest=digest,
    )  # fmt: skip


def _check_ids(raw: dict[str, Any], classes: dict[str, TargetClass], forms: dict[str, Form]) -> None:
    """Refuse ids that code does not know: what they name would be left out of parts of the result without a word."""
    for table, known in (("classes", set(CLASS_KINDS)), ("streams", set(STREAMS)), ("forms", set(FIELD_LEVELS))):
        ids = [e["id"] for e in raw[table] if table != "forms" or e["kind"] == FIELD]
        got = [f"{i} is not known" for i in sorted(set(ids) - known)] + [
            f"{i} is missing" for i in sorted(known - set(ids))
        ]
        got += [f"{i} stands twice" for i in sorted(known) if ids.count(i) > 1]
        if got:
            raise _unknown_id(table, ", ".join(got), f"the ids {', '.join(sorted(known))}, each once")
    for cls in classes.values():
        if (cls.kind, cls.form) != (CLASS_KINDS[cls.id], cls.id):
            raise _unknown_id(
                f"classes.{cls.id}",
                f"kind {cls.kind}, form {cls.form}",
                f"kind {CLASS_KINDS[cls.id]}, form {cls.id}",
            )
    for level in FIELD_LEVELS:
        if forms[level].level != level:
            raise _unknown_id(f"forms.{level}.level", forms[level].level, level)


def _unknown_id(where: str, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K158", "The plan has an id that the code does not know", where=f"plan.toml › {where}", got=got, expected=expected,
        remedy="keep the id, whatever it now stands for; change names, numbers, members and items (docs/operations.md, A new year)",
    )  # fmt: skip


def _keys(where: str, table: dict[str, Any], known: set[str]) -> None:
    for key in table:
        if key not in known:
            name = f"{where}.{key}" if where else key
            raise refuse("K142", name, key, f"a known key, as {', '.join(nearest(key, sorted(known)))}")
    for key in sorted(known - set(table) - OPTIONAL):
        raise refuse("K142", f"{where}.{key}" if where else key, "missing", "this table or key")


def _form(entry: dict[str, Any], concepts: dict[str, str]) -> Form:
    items = []
    for i, raw in enumerate(entry["items"], start=1):
        where = f"forms.{entry['id']}.items[{i}]"
        if raw["no"] != i:
            raise refuse("K143", f"{where}.no", raw["no"], f"numbers run from 1 without a gap: {i}")
        if raw["concept"] not in concepts:
            near = ", ".join(nearest(raw["concept"], concepts))
            raise refuse("K144", f"{where}.concept", raw["concept"], f"a concept of [[concepts]], as {near}")
        if not raw["name"].strip():
            raise refuse("K143", f"{where}.name", "empty", "the official wording")
        items.append(Item(form=entry["id"], **raw))
    seen = [i.concept for i in items]
    for concept in seen:
        if seen.count(concept) > 1:
            raise refuse("K144", f"forms.{entry['id']}", f"{concept} stands twice", "each concept once on a form")
    return Form(
        id=entry["id"], level=entry["level"], kind=entry["kind"], annex=entry["annex"], title=entry["title"],
        header=tuple(entry["header"]), footer=tuple(entry["footer"]), remark=entry["remark"],
        items=tuple(items), local_criteria_items=tuple(entry.get("local_criteria_items", ())),
    )  # fmt: skip


def _class(
    entry: dict[str, Any],
    streams: dict[str, str],
    forms: dict[str, Form],
    excluded: dict[str, str],
    out: dict[str, str],
) -> TargetClass:
    where = f"classes.{entry['id']}"
    weights = {k: float(v) for k, v in entry["streams"].items()}
    for stream, weight in weights.items():
        if stream not in streams:
            near = ", ".join(nearest(stream, streams))
            raise refuse("K145", f"{where}.streams.{stream}", stream, f"a stream of [[streams]], as {near}")
        if not (math.isfinite(weight) and weight > 0):
            raise refuse("K145", f"{where}.streams.{stream}", weight, "a weight above 0")
    total = math.fsum(weights.values())
    if abs(total - 1) > 1e-9:
        raise refuse("K146", f"{where}.streams", f"{weights}, sum {total:g}", "weights that add to 1")
    if entry["form"] not in forms:
        raise refuse("K145", f"{where}.form", entry["form"], f"one of {', '.join(forms)}")
    for member in entry["members"]:
        if member in excluded:
            raise refuse(
                "K147", f"{where}.members", f"{member} ({out[member]})", f"left out by the plan: {excluded[member]}"
            )
    if len(set(entry["members"])) != len(entry["members"]):
        raise refuse("K147", f"{where}.members", "a member stands twice", "each member once")
    if entry["members"] and len(entry["members"]) != entry["n"]:
        raise refuse("K147", f"{where}.members", f"{len(entry['members'])} members", f"n = {entry['n']}")
    return TargetClass(
        id=entry["id"], name=entry["name"], short=entry["short"], label=entry["label"], kind=entry["kind"],
        n=entry["n"], form=entry["form"], members=tuple(entry["members"]), streams=weights, clause=entry["clause"],
    )  # fmt: skip


def _scale(where: str, entry: dict[str, Any], grades: tuple[str, ...]) -> Scale:
    for key in ("values", "cuts"):
        unknown = set(entry[key]) - set(grades)
        if unknown:
            raise refuse("K148", f"{where}.{key}", ", ".join(sorted(unknown)), f"grades of {', '.join(grades)}")
        if any(not math.isfinite(v) for v in entry[key].values()):
            raise refuse("K148", f"{where}.{key}", entry[key], "finite numbers")
    if set(entry["values"]) != set(grades):
        raise refuse("K148", f"{where}.values", ", ".join(entry["values"]), f"a value for each of {', '.join(grades)}")
    if set(entry["cuts"]) != set(grades[:-1]):
        raise refuse("K148", f"{where}.cuts", ", ".join(entry["cuts"]), f"a cut for each of {', '.join(grades[:-1])}")
    scale = Scale(
        entry["name"],
        {k: float(v) for k, v in entry["values"].items()},
        {k: float(v) for k, v in entry["cuts"].items()},
    )
    if scale.order != list(grades):
        raise refuse("K148", f"{where}.values", entry["values"], f"values that fall from {grades[0]} to {grades[-1]}")
    for grade in grades:
        back = scale.grade(scale.values[grade])
        if back != grade:
            raise refuse(
                "K149", where, f"{grade} has the value {scale.values[grade]:g}, which the cut-offs call {back}",
                "values and cut-offs that round-trip: grade(value(g)) = g for every grade",
            )  # fmt: skip
    return scale


def _check_rules(rules: tuple[Rule, ...], grades: tuple[str, ...], choices: dict[str, Any]) -> None:
    ids = [r.id for r in rules]
    for rule in rules:
        if rule.cap not in grades:
            raise refuse("K150", f"rules.{rule.id}.cap", rule.cap, f"one of {', '.join(grades)}")
    for active in choices["rules"]["active"]:
        if active not in ids:
            raise refuse("K150", "choices.rules.active", active, f"rules of [[rules]]: {', '.join(ids)}")


def _check_choices(raw: dict[str, Any], questions: dict[str, Question]) -> None:
    choices = raw["choices"]
    levels = choices["levels"]["weights"]
    if abs(math.fsum(levels.values()) - 1) > 1e-9 or set(levels) != {"county", "town", "village"}:
        raise refuse("K151", "choices.levels.weights", levels, "county, town and village, adding to 1")
    if choices["items"]["weighting"] not in {"equal_items", "equal_groups"}:
        raise refuse("K151", "choices.items.weighting", choices["items"]["weighting"], "equal_items or equal_groups")
    for where, value in (
        ("choices.missing.item_share", choices["missing"]["item_share"]),
        ("choices.county.bottom_share", choices["county"]["bottom_share"]),
        ("choices.income.share", choices["income"]["share"]),
        ("choices.daily.measure_share", choices["daily"]["measure_share"]),
        ("choices.survey.max_half_width", choices["survey"]["max_half_width"]),
    ):
        if not 0 <= value <= 1:
            raise refuse("K151", where, value, "a share between 0 and 1")
    for where, value in (
        ("choices.survey.confidence", choices["survey"]["confidence"]),
        ("choices.uncertainty.level", choices["uncertainty"]["level"]),
    ):
        if not 0 < value < 1:
            raise refuse("K151", where, value, "a confidence above 0 and below 1, as 0.95")
    for key in ("nonresponse.classes", "calibration.margins"):
        table, name = key.split(".")
        for column in choices[table][name]:
            if column not in {"county", "hh_kind", "size_group"}:
                raise refuse("K152", f"choices.{key}", column, "one of county, hh_kind, size_group")
    for where, value, least in (
        ("choices.uncertainty.draws", choices["uncertainty"]["draws"], 1000),
        ("choices.uncertainty.seed", choices["uncertainty"]["seed"], 0),
        ("choices.ties.tolerance", choices["ties"]["tolerance"], 0),
        ("choices.levels.one_step", choices["levels"]["one_step"], 1),
    ):
        if value < least:
            raise refuse("K151", where, value, f"{least} or more")
    notice = choices.get("rectification", {})
    for key, value in notice.items():
        if key == "notified" and (not isinstance(value, date) or isinstance(value, datetime)):
            raise refuse("K151", "choices.rectification.notified", value, "a date, as 2021-02-26, without quotes")
        if key not in {"notified", "note"}:
            raise refuse("K142", f"choices.rectification.{key}", key, "notified or note")
    sources = {s["id"] for s in raw["daily_sources"]}
    for source in choices["daily"]["deductions"]:
        if source not in sources:
            raise refuse(
                "K153",
                f"choices.daily.deductions.{source}",
                source,
                f"a source, as {', '.join(nearest(source, sorted(sources)))}",
            )
    for source in sorted(sources - set(choices["daily"]["deductions"])):
        raise refuse("K153", "choices.daily.deductions", f"{source} is missing", "deductions for every source")
    if not any(q.weight for q in questions.values()):
        raise refuse("K154", "codebook", "no question has a weight", "at least one scored question")


def _check_intake(limits: dict[str, Any]) -> None:
    _keys("choices.intake", limits, INTAKE)
    for key, value in limits.items():
        whole = key in {"rows", "columns", "cell_characters"}
        kinds = (int,) if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not (math.isfinite(value) and value > 0):
            wanted = "a whole number above 0" if whole else "a number above 0"
            raise refuse("K378", f"choices.intake.{key}", repr(value), wanted)


def _check_screens(bounds: dict[str, Any]) -> None:
    _keys("choices.screens", bounds, {*SCREEN_SHARES, "least_households"})
    for key in SCREEN_SHARES:
        if not 0 <= bounds[key] <= 1:
            raise refuse("K151", f"choices.screens.{key}", bounds[key], "a share between 0 and 1")
    least = bounds["least_households"]
    if not isinstance(least, int) or least < 2:
        raise refuse("K151", "choices.screens.least_households", least, "a whole number, 2 or more")


def _check_topics(topics: dict[str, Any], questions: dict[str, Question]) -> None:
    for question in questions.values():
        if question.topic not in topics[question.table]:
            raise refuse(
                "K155", f"codebook › {question.id}.topic", question.topic,
                f"a topic of the plan: {'、'.join(topics[question.table])}",
            )  # fmt: skip
