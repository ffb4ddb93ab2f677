"""What a caller may leave out of the frames of the public functions, filled in from the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kaohe.base.errors import KaoheError, nearest
from kaohe.base.plan import Plan
from kaohe.grade.inputs import text

STREAM_COLUMNS = ("object", "class_id", "stream", "score")


def as_streams(streams: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Streams with every column that the composite needs.

    Parameters
    ----------
    streams : DataFrame
        One row a target and stream (object, stream, score), or one row a target with a column for
        each stream (object, survey, cross, daily); object may be the index. Classes and streams by id
        or official name. Optional: class_id (else the class that the plan lists the target in, by
        code or name), weight (else the plan's), low, high (else the score; 0 and 100 where it
        is missing), se (points, of the survey stream; in a wide frame `survey_se`), missing_share, note.
    plan : Plan

    Returns
    -------
    DataFrame
        The long form; a frame that is complete comes back as it is.

    Raises
    ------
    KaoheError
        K432 for a missing column, an unknown class or stream, or a score that is no number from 0 to
        100; K130 for a city that the plan leaves out.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> wide = pd.DataFrame({"object": ["440200000000"], "survey": [80.0], "cross": [90.0], "daily": [70.0]})
    >>> as_streams(wide, load_plan())[["class_id", "stream", "score", "weight"]].to_numpy().tolist()
    [['city14', 'survey', 80.0, 0.3], ['city14', 'cross', 90.0, 0.4], ['city14', 'daily', 70.0, 0.3]]
    """
    out = frame_of("streams", streams).rename(columns={name: key for key, name in plan.streams.items()})
    if "object" not in out.columns:
        raise refuse("streams", f"columns {', '.join(map(str, out.columns))}", "object, stream, score")
    out["object"] = text(out["object"])
    if "class_id" not in out.columns:
        out["class_id"] = [class_of(code, plan) for code in out["object"]]
    out["class_id"] = _ids(
        out["class_id"], [(c.id, n) for c in plan.classes.values() for n in (c.name, c.short, c.label)]
    )
    _known("class", out["class_id"], list(plan.classes))
    if "stream" not in out.columns:
        out = _long(out, plan)
    missing = [c for c in STREAM_COLUMNS if c not in out.columns]
    if missing:
        raise refuse("streams", f"no column {', '.join(missing)}", ", ".join(STREAM_COLUMNS))
    out["stream"] = _ids(out["stream"], list(plan.streams.items()))
    _known("stream", out["stream"], list(plan.streams))
    out["score"] = numbers("streams › score", out["score"])
    off = out[~(out["score"].isna() | out["score"].between(-1e-9, 100 + 1e-9))]
    if len(off):
        raise refuse(f"{off['object'].iloc[0]} › {off['stream'].iloc[0]}", f"{off['score'].iloc[0]:g}", "0 to 100")
    if "weight" not in out.columns:
        out["weight"] = [
            plan.classes[c].streams.get(s, np.nan) for c, s in zip(out["class_id"], out["stream"], strict=True)
        ]
    for column, blank in (("low", 0.0), ("high", 100.0)):
        if column not in out.columns:
            out[column] = out["score"].fillna(blank)
    if "se" not in out.columns:
        out["se"] = np.nan
    return out


def _long(wide: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    parts = []
    for cls in plan.classes.values():
        mine = wide[wide["class_id"] == cls.id]
        for stream in cls.streams:
            if len(mine) and stream not in wide.columns:
                raise refuse(
                    "streams", f"no column stream, and none {stream}", f"{', '.join(cls.streams)} for {cls.id}"
                )
            if len(mine):
                error = mine[f"{stream}_se"].to_numpy() if f"{stream}_se" in wide.columns else np.nan
                parts.append(
                    pd.DataFrame(
                        {"object": mine["object"], "class_id": cls.id, "stream": stream, "score": mine[stream], "se": error}
                    )
                )  # fmt: skip
    out = pd.concat(parts) if parts else pd.DataFrame(columns=[*STREAM_COLUMNS, "se"])
    return out.sort_index(kind="stable").reset_index(drop=True)


def index_rows(items: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grades of index tables, given as a plain frame, as the grading reads them.

    Parameters
    ----------
    items : DataFrame
        One row a target and item of its index table: object, item (its number, or its code as
        city14.01, of the form of the target's class), grade ("" where not graded). Optional: class_id, remark (不适用… for an item that does not apply). An item without
        a row is not graded.
    plan : Plan

    Returns
    -------
    rows, people : DataFrame
        As `kaohe.grade.forms.item_rows` and `kaohe.grade.inputs.roster` give them.

    Raises
    ------
    KaoheError
        K432 for a missing column, an unknown class, item or grade, an item of another form, or one graded twice.
    """
    from kaohe.grade.forms import item_rows

    items = frame_of("items", items)
    missing = [c for c in ("object", "item", "grade") if c not in items.columns]
    if missing:
        raise refuse("items", f"no column {', '.join(missing)}", "object, item, grade")
    given = items.assign(object=text(items["object"]), grade=text(items["grade"]))
    named = text(items["item"])
    code = named.str.extract(r"^([A-Za-z]\w*)\.(\d+)$")
    given["item"] = numbers("items › item", code[1].where(code[1].notna(), named))
    given["of_form"] = code[0].fillna("")
    given["remark"] = text(items["remark"]) if "remark" in items.columns else ""
    if "class_id" not in given.columns:
        given["class_id"] = [class_of(code, plan) for code in given["object"]]
    _known("class", given["class_id"], list(plan.classes))
    _known("grade", given.loc[~given["grade"].isin(["", "不适用"]), "grade"], list(plan.grades))
    for row in given.itertuples():
        form = plan.forms[plan.classes[row.class_id].form]
        count = len(form.items)
        if row.of_form not in {"", form.id}:
            got = f"{row.of_form}.{row.item:02.0f}"
            raise refuse(f"{row.object} › item", got, f"an item of {form.id}, the form of {row.class_id}")
        if not (float(row.item).is_integer() and 1 <= row.item <= count):
            raise refuse(f"{row.object} › item", f"{row.item:g}", f"1 to {count}, the items of {row.class_id}")
    twice = given[given.duplicated(["object", "item"])]
    if len(twice):
        raise refuse(f"{twice['object'].iloc[0]} › item", f"{twice['item'].iloc[0]:g} twice", "each item once")
    people = given[["object", "class_id"]].drop_duplicates().assign(name=lambda f: f["object"])
    people["kind"] = [plan.classes[c].kind for c in people["class_id"]]
    order = {c: i for i, c in enumerate(plan.classes)}
    people = people.sort_values(
        ["class_id", "object"], key=lambda s: s.map(order) if s.name == "class_id" else s, ignore_index=True
    )
    forms = people.assign(form=[plan.classes[c].form for c in people["class_id"]], place=people["object"])
    forms["form_key"] = forms["form"] + ":" + forms["object"]
    forms = forms.drop(columns=["class_id", "name", "kind"]).assign(visit_date=pd.NaT)
    for column in ("city", "county", "town", "village", "team"):
        forms[column] = ""
    key = dict(zip(forms["object"], forms["form_key"], strict=True))
    grades = given.drop(columns="of_form").assign(form_key=given["object"].map(key))
    return item_rows({"forms": forms, "grades": grades}, plan), people


def class_of(code: str, plan: Plan) -> str:
    """The class that the plan lists a target in, by its code or name."""
    plan.check_not_excluded(code)
    found = plan.city_class(code)
    for cls in plan.classes.values():
        for member in cls.members:
            name = plan.gazetteer.name(member)
            if found is None and code in {member[:6], name, name.removesuffix("市")}:
                found = cls
    if found is None:
        raise refuse("class_id", f"none given for {code}", f"a column class_id: {', '.join(plan.classes)}")
    return found.id


def frame_of(where: str, given: pd.DataFrame) -> pd.DataFrame:
    """A copy of a frame, with the column object taken from its index where it has none."""
    if not isinstance(given, pd.DataFrame):
        raise refuse(where, f"a {type(given).__name__}", "a DataFrame")
    if "object" in given.columns or isinstance(given.index, pd.RangeIndex | pd.MultiIndex):
        return given.copy()
    if given.index.name == "object" or pd.api.types.is_string_dtype(given.index.dtype):
        return given.rename_axis("object").reset_index()
    return given.copy()


def numbers(where: str, given: pd.Series) -> pd.Series:
    """Numbers of a column or series; text that is none is refused, not blanked."""
    made = pd.to_numeric(given, errors="coerce").astype("float64")
    odd = given[made.isna() & given.notna()]
    if len(odd):
        raise refuse(where, str(odd.iloc[0]) or "nothing", "numbers")
    return made


def score_series(scores: pd.Series | Mapping[str, float] | Sequence[float] | np.ndarray) -> pd.Series:
    """Scores by target from a series, a dict, a list or an array."""
    made = scores if isinstance(scores, pd.Series) else pd.Series(scores)
    return numbers("scores", made)


def _ids(given: pd.Series, names: list[tuple[str, str]]) -> pd.Series:
    """Ids where ids or official names are given; anything else as it stands."""
    back = {name: key for key, name in names}
    return pd.Series([back.get(v, v) for v in given], index=given.index, dtype="object")


def _known(what: str, values: pd.Series, known: list[str]) -> None:
    unknown = sorted({str(v) for v in values} - set(known))
    if unknown:
        raise refuse(what, ", ".join(unknown[:3]), f"one of {', '.join(nearest(unknown[0], known) or known)}")


def refuse(where: str, got: str, expected: str) -> KaoheError:
    """A refusal of a frame given to one of the public functions."""
    return KaoheError("K432", "A frame given to the grading cannot be used", where=where, got=got, expected=expected)
