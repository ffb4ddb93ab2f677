"""The records behind each screen: which form, row or household a hint rests on, with its address.

A list is complete for what the screen counts; for screens of shares (of a team, an enumerator, a
city) it is given where the screen raised its flag. Answers of households are never repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE
from kaohe.clean.screen_base import Clean, field_grades, names_of, outside, owner_of, periods, tick_groups
from kaohe.clean.screens import straight_answers
from kaohe.clean.screens_against import SURVEY_PAIRS, index_beside_field, self_beside_field, self_beside_index

RECORD_COLUMNS = ("screen", "label", "object", "name", "number", "record", "value", "file", "sheet", "row")
Record = tuple[str, str, str, str, str, str, int]
_SRC = list(LINEAGE[:3])
_LEVEL = {"county": "县级表", "town": "镇级表", "village": "村级表"}


def build_screen_records(clean: Clean, plan: Plan, screens: pd.DataFrame) -> pd.DataFrame:
    """The built table ``screen_records``.

    Parameters
    ----------
    clean : dict of DataFrame
        Clean tables.
    plan : Plan
    screens : DataFrame
        What `kaohe.clean.screens.build_screens` gave: labels, names and flags.

    Returns
    -------
    DataFrame
        `RECORD_COLUMNS`: one row a record, numbered within screen and object; `file`, `sheet`, `row`
        point into the raw files.
    """
    flagged = set(screens.loc[screens["flagged"], ["screen", "object"]].itertuples(index=False, name=None))
    rows = [record for make in MAKERS for record in make(clean, plan, flagged)]
    frame = pd.DataFrame(rows, columns=["screen", "object", "record", "value", "file", "sheet", "row"])
    labels = screens[["screen", "object", "label", "name"]].drop_duplicates(["screen", "object"])
    frame = frame.merge(labels, on=["screen", "object"], how="inner", validate="many_to_one")
    frame = frame.sort_values(["screen", "object", "file", "sheet", "row", "record"], ignore_index=True)
    frame["number"] = frame.groupby(["screen", "object"]).cumcount() + 1
    return frame[list(RECORD_COLUMNS)]


Flags = set[tuple[str, str]]


def _form_word(row: dict[str, object], names: dict[str, str]) -> str:
    """A form in words: 村级表 上塘村."""
    return f"{_LEVEL.get(str(row['form']), '')} {names.get(str(row['place']), str(row['place']))}".strip()


def _forms(clean: Clean) -> pd.DataFrame:
    return clean["forms"].set_index("form_key")


def good_by_team(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Forms of a flagged team with their number of best grades."""
    field, names = field_grades(clean, plan), names_of(plan, clean)
    if field.empty:
        return
    best = (
        field.assign(best=field["grade"] == plan.grades[0]).groupby(["team", "form_key"])["best"].agg(["sum", "size"])
    )
    forms = _forms(clean)
    for (team, key), n in best.iterrows():
        if ("good_by_team", str(team)) in flagged:
            form = forms.loc[key].to_dict()
            said = f"{plan.grades[0]} {int(n['sum'])}／{int(n['size'])} 项"
            yield ("good_by_team", str(team), _form_word(form, names), said, *_at(form))


def same_forms(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Forms of one grade, and forms that equal another of their team."""
    field, names = field_grades(clean, plan), names_of(plan, clean)
    if field.empty:
        return
    forms = _forms(clean)
    ordered = field.sort_values(["form_key", "item"])
    sheets = ordered.groupby(["team", "form", "form_key"])["grade"].agg(["nunique", "first", "|".join]).reset_index()
    for row in sheets[sheets["nunique"] == 1].to_dict("records"):
        form = forms.loc[row["form_key"]].to_dict()
        yield ("straight_forms", str(row["team"]), _form_word(form, names), f"全部为{row['first']}", *_at(form))
    for (team, _, _), part in sheets.groupby(["team", "form", "join"], sort=True):
        if len(part) < 2:
            continue
        words = {k: _form_word(forms.loc[k].to_dict(), names) for k in part["form_key"]}
        for key in part["form_key"]:
            others = [w for k, w in words.items() if k != key]
            said = f"与 {'、'.join(others[:3])}{'等' if len(others) > 3 else ''} 逐项相同"
            yield ("identical_forms", str(team), words[key], said, *_at(forms.loc[key].to_dict()))


def dates_outside(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Forms and households dated outside the visit."""
    names = names_of(plan, clean)
    for key, _, table, start, due in periods(plan):
        frame = clean[table]
        late = frame[(frame["city"].fillna("") != "") & outside(frame, start, due)]
        for row in late.to_dict("records"):
            what = _form_word(row, names) if table == "forms" else "样本户"
            yield (key, str(row["city"]), what, row["visit_date"].date().isoformat(), *_at(row))


def tick_faults(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Items without a clear tick, each with its cell."""
    owner = owner_of(clean, plan)
    for key, _, part in tick_groups(clean):
        for row in part.to_dict("records"):
            said = str(row["value"]) or "空白"
            where = f"{row['column']} {row['cell']}".strip()
            yield (key, owner(row), where, said, str(row["file"]), str(row["sheet"]), int(row["row"]))


def index_against_field(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Items whose index grade is a step or more above the mean of the field grades."""
    beside = index_beside_field(clean, plan)
    for row in beside[beside["above"]].to_dict("records"):
        said = f"指标表 {row['grade']}，实地平均 {row['seen']:.1f} 分"
        yield ("index_over_field", str(row["object"]), _item(row, plan), said, *_at(row))


def self_against_index(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Items that a target graded better than the assessment did."""
    both = self_beside_index(clean, plan)
    for row in both[both["better"]].to_dict("records"):
        said = f"自评 {row['own']}，考核 {row['grade']}"
        yield ("self_over_index", str(row["object"]), _item(row, plan), said, *_at(row))


def self_against_field(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Items that a target graded a step or more above the mean of the field grades."""
    beside = self_beside_field(clean, plan)
    classes = dict(zip(clean["objects"]["object"], clean["objects"]["class_id"], strict=True))
    for row in beside[beside["above"]].to_dict("records"):
        said = f"自评 {row['grade']}，实地平均 {row['seen']:.1f} 分"
        item = _item({**row, "form": plan.classes[classes[row["object"]]].form}, plan)
        yield ("self_over_field", str(row["object"]), item, said, *_at(row))


def survey_against_cross(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Field grades of a guarantee in the cities where the survey says otherwise."""
    field, names = field_grades(clean, plan), names_of(plan, clean)
    for row in field.to_dict("records"):
        key = f"survey_cross_{row['concept']}"
        if row["concept"] in SURVEY_PAIRS and (key, str(row["city"])) in flagged:
            yield (key, str(row["city"]), _form_word(row, names), str(row["grade"]), *_at(row))


def straight_households(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Households of a flagged enumerator whose answers on the scale are all the same (not which)."""
    same, n = straight_answers(clean, plan)
    rows = clean["households"][same] if n else clean["households"].iloc[:0]
    for row in rows.to_dict("records"):
        if ("straight_households", str(row["enumerator"])) in flagged:
            said = f"{n} 题答案相同"
            yield ("straight_households", str(row["enumerator"]), "样本户", said, *_at(row))


def double_graded(clean: Clean, plan: Plan, flagged: Flags) -> Iterator[Record]:
    """Items that two forms of one place grade differently."""
    doubles = clean.get("doubles")
    if doubles is None:
        return
    names = names_of(plan, clean)
    for row in doubles[doubles["grade"] != doubles["other_grade"]].to_dict("records"):
        what = f"{_form_word(row, names)} {_item(row, plan)}"
        said = f"{row['grade']}；另一张（{row['other_file']} 第 {row['other_row']} 行）{row['other_grade']}"
        yield ("double_graded", str(row["city"]), what, said, *_at(row))


def _item(row: dict[str, object], plan: Plan) -> str:
    items = {i.no: i.name for i in plan.forms[str(row["form"])].items}
    return f"第 {row['item']} 项 {items[int(str(row['item']))]}"


def _at(row: dict[str, object]) -> tuple[str, str, int]:
    file, sheet, number = (row[c] for c in _SRC)
    return str(file), str(sheet), int(str(number))


MAKERS: tuple[Callable[[Clean, Plan, Flags], Iterator[Record]], ...] = (
    good_by_team, same_forms, straight_households, dates_outside, tick_faults, index_against_field, self_against_index,
    self_against_field, survey_against_cross, double_graded,
)  # fmt: skip
