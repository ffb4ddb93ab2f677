"""What the grades say without a scale: shares at each grade, who is ahead of whom under every scale, group scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.forms import ahead_pairs, lower_median, score_rows


def profiles(index: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `profiles`: the mix of grades of every target's index table.

    Parameters
    ----------
    index : DataFrame
        `kaohe.grade.cross.index_items`; a class scored by field evidence has shares of grades behind
        each item, and no worst or median grade.
    plan : Plan

    Returns
    -------
    DataFrame
        object, class_id, n_items (that apply), n_graded, at_good, at_fair, at_ordinary (share of the
        graded items at this grade or better), lower_median, worst, n_ahead, n_behind, n_open (targets
        of the class that it is ahead of, behind, or neither, under every increasing scale) and
        ordered (share of pairs of the class that are ordered so). Only targets with all items graded
        are compared; the others have n_ahead, n_behind, n_open of 0.

    Notes
    -----
    a is ahead of b iff P_a(≥ g) ≥ P_b(≥ g) for every g, one of them strictly.
    """
    order = plan.scale.order
    shares = [f"p{c}" for c in range(len(order))]
    applies = index[index["state"] != "not_applicable"]
    graded = applies[applies["state"] == "graded"]
    out = applies.groupby(["object", "class_id"], as_index=False).agg(n_items=("item", "size"))
    mean = graded.groupby("object")[shares].mean().reindex(out["object"])
    cumulated = mean.to_numpy().cumsum(axis=1)
    out["n_graded"] = out["object"].map(graded.groupby("object").size()).fillna(0).astype("int64")
    for place, name in enumerate(("at_good", "at_fair", "at_ordinary")):
        out[name] = cumulated[:, min(place, len(order) - 1)]
    own = graded[graded["basis"] == "index"]
    counts = np.stack(
        [own[own["grade"] == g].groupby("object").size().reindex(out["object"]).fillna(0).to_numpy() for g in order],
        axis=1,
    )
    out["lower_median"] = lower_median(counts, order)
    out["worst"] = [order[int(np.flatnonzero(row)[-1])] if row.any() else "" for row in counts]
    for name in ("n_ahead", "n_behind", "n_open"):
        out[name] = 0
    out["ordered"] = np.nan
    for _, part in out.groupby("class_id"):
        whole = part.index[part["n_graded"] == part["n_items"]]
        ahead = ahead_pairs(mean.to_numpy()[whole])
        out.loc[whole, "n_ahead"], out.loc[whole, "n_behind"] = ahead.sum(axis=1), ahead.sum(axis=0)
        out.loc[whole, "n_open"] = len(whole) - 1 - ahead.sum(axis=1) - ahead.sum(axis=0)
        if len(whole) > 1:
            out.loc[part.index, "ordered"] = ahead.sum() / (len(whole) * (len(whole) - 1) / 2)
    return out


def group_scores(index: pd.DataFrame, rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `group_scores`: scores of the groups of items (考核内容) of index tables and county forms.

    Parameters
    ----------
    index : DataFrame
        `kaohe.grade.cross.index_items`.
    rows : DataFrame
        `kaohe.grade.forms.item_rows`; its county forms are scored too, several forms of one county
        together.
    plan : Plan

    Returns
    -------
    DataFrame
        object, class_id ("" for counties), level, group, n_items, n_graded, score (0 to 100; NaN when
        the missing share exceeds the plan's choice), low, high.
    """
    county = rows[(rows["level"] == "county") & rows["county"].ne("")]
    columns = ["object", "class_id", "level", "group", "state", "grade", "value", "omega", "item"]
    both = pd.concat([index[columns], county.assign(object=county["county"], class_id="")[columns]], ignore_index=True)
    keys = ["object", "class_id", "level", "group"]
    first = both.groupby(keys, as_index=False)["item"].min().rename(columns={"item": "place"})
    first["key"] = np.arange(len(first)).astype(str)
    marked = both.merge(first, on=keys, how="left", validate="m:1")
    found = score_rows(marked, "key", plan)
    out = first.join(found, on="key")
    limit = float(plan.choices["missing"]["item_share"])
    out["score"] = out["score"].where(out["missing_share"] <= limit + 1e-12)
    return out
