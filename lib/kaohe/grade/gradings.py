"""Each item as the target itself, the cross-assessment and the field forms grade it, side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan


def gradings(self_compare: pd.DataFrame, evidence: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Each item of each target as graded by itself, by the cross-assessment, and by the field forms.

    Parameters
    ----------
    self_compare : DataFrame
        Built table: object, class_id, item, name, self_grade, index_grade.
    evidence : DataFrame
        Built table: object, item, evidence (mean value of the field forms).
    plan : Plan
        Its scale turns the evidence into a grade.

    Returns
    -------
    DataFrame
        object, class_id, item, name, self_grade, index_grade, field_grade; empty where there is none.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> own = pd.DataFrame({"object": ["x"], "class_id": ["city14"], "item": [1], "name": ["甲"], "self_grade": ["好"], "index_grade": ["较好"]})
    >>> gradings(own, pd.DataFrame({"object": ["x"], "item": [1], "evidence": [60.0]}), load_plan())["field_grade"].tolist()
    ['一般']
    """
    seen = evidence.loc[evidence["evidence"].notna(), ["object", "item", "evidence"]].drop_duplicates(
        ["object", "item"]
    )
    out = self_compare[["object", "class_id", "item", "name", "self_grade", "index_grade"]].merge(
        seen, on=["object", "item"], how="left", validate="m:1"
    )
    words = ["" if np.isnan(v) else plan.scale.grade(float(v)) for v in out["evidence"]]
    return out.assign(field_grade=words).drop(columns="evidence")
