"""The survey stream: indicators of the codebook become scores, with their sampling variance.

s = 100 · clip((x − floor) / (target − floor), 0, 1), weighted by the codebook; the variance
follows from the covariances of the estimates by the delta method.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kaohe.base.codebook import Question
from kaohe.base.plan import Plan
from kaohe.grade.inputs import Tables, take

DOMAIN = {"city14": "city", "city6": "helper"}
HIDDEN = frozenset({"suppressed", "missing"})


@dataclass(frozen=True)
class SurveyScores:
    """Survey scores of the targets that have this stream.

    Attributes
    ----------
    items : DataFrame
        One row a target and scored indicator: object, class_id, indicator, label, estimate, se,
        floor, target, score, weight (adds to 1), contribution (adds to the score), n, quality, and
        is_share, deff.
    cov : dict of object to array
        Covariance of the estimates of one target, in the order of the scored indicators; NaN
        where it cannot be estimated.
    streams : DataFrame
        One row a target: object, class_id, score, low, high, se, missing_share, note.
    between : dict of (object, object) to array
        Covariance of the estimates of two targets whose samples share something (rows: the first
        one's indicators); pairs that share nothing are left out.
    """

    items: pd.DataFrame
    cov: dict[str, np.ndarray]
    streams: pd.DataFrame
    between: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    def joint(self, objects: list[str]) -> np.ndarray:
        """Covariance of all estimates of several targets, in the order of targets, then indicators."""
        blocks = [
            [self.cov[a] if a == b else self.between.get((a, b), np.zeros_like(self.cov[a])) for b in objects]
            for a in objects
        ]
        out: np.ndarray = np.block(blocks)
        return out


def scored_questions(plan: Plan) -> list[Question]:
    """The codebook's questions that carry weight in the survey score, in its order."""
    return [q for q in plan.questions.values() if q.weight > 0]


def indicator_score(x: np.ndarray, floor: np.ndarray | float, target: np.ndarray | float) -> np.ndarray:
    """Score of estimates: 0 at the floor or beyond, 100 at the target or beyond.

    Parameters
    ----------
    x, floor, target : array
        In the indicator's own unit; the target may lie below the floor (less is better).
    """
    scores: np.ndarray = 100.0 * np.clip((np.asarray(x) - floor) / (np.asarray(target) - floor), 0.0, 1.0)
    return scores


def gradient(x: np.ndarray, floor: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Derivative of the score by the estimate: 0 where the score is cut off at 0 or 100."""
    share = (x - floor) / (target - floor)
    slopes: np.ndarray = np.where((share > 0) & (share < 1), 100.0 / (target - floor), 0.0)
    return slopes


def survey_scores(survey: Tables, people: pd.DataFrame, plan: Plan) -> SurveyScores:
    """Score the survey for every target whose class has this stream.

    Parameters
    ----------
    survey : tables
        `estimates` (task cities in domain type city, helper cities in domain type helper),
        `estimate_cov` and `estimate_cov_between`.
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    plan : Plan
        Codebook and scale.

    Notes
    -----
    An indicator without a usable estimate is missing: the bounds set it to 0 and to 100, and the
    stream is not available when the missing share of weight exceeds the plan's choice.
    Variance: d' V d with d_i = w_i · ds_i/dx_i (delta method).
    """
    questions = scored_questions(plan)
    total = sum(q.weight for q in questions)
    concerned = people[people["class_id"].isin([c.id for c in plan.classes.values() if "survey" in c.streams])]
    frame = pd.DataFrame(
        [
            {
                "indicator": q.id, "label": q.shown, "floor": float(q.floor or 0.0), "target": float(q.target or 0.0),
                "weight": q.weight / total, "share": q.is_share, "order": i,
            }
            for i, q in enumerate(questions)
        ]
    )  # fmt: skip
    items = concerned[["object", "class_id"]].merge(frame, how="cross")
    items["domain_type"] = items["class_id"].map(DOMAIN)
    estimates = take(survey, "estimates").rename(columns={"domain": "object"})
    estimates = estimates[estimates["domain_type"].isin(DOMAIN.values())].drop(columns="is_share")
    items = items.merge(estimates, on=["domain_type", "object", "indicator"], how="left", validate="m:1")
    items["is_share"] = items.pop("share")
    items["quality"] = items["quality"].fillna("missing").astype("object")
    items["n"] = items["n"].fillna(0).astype("int64")
    hidden = items["quality"].isin(HIDDEN) | items["estimate"].isna()
    items["estimate"] = items["estimate"].where(~hidden)
    items["score"] = indicator_score(
        items["estimate"].to_numpy(), items["floor"].to_numpy(), items["target"].to_numpy()
    )
    used = items["weight"].where(items["score"].notna(), 0.0).groupby(items["object"]).transform("sum")
    items["contribution"] = items["weight"] * items["score"] / used.where(used > 0)
    items = items.sort_values(["object", "order"], ignore_index=True)
    cov = _covariances(items, take(survey, "estimate_cov"), [q.id for q in questions])
    between = _between(items, take(survey, "estimate_cov_between"), [q.id for q in questions])
    return SurveyScores(items.drop(columns=["order"]), cov, _streams(items, cov, plan), between)


def _covariances(items: pd.DataFrame, given: pd.DataFrame, ids: list[str]) -> dict[str, np.ndarray]:
    """Covariance matrix by target: the table's entries, else the squared standard error on the diagonal."""
    place = {name: i for i, name in enumerate(ids)}
    known = given[given["a"].isin(place) & given["b"].isin(place)]
    parts = dict(list(known.groupby(["domain_type", "domain"])))
    out = {}
    for (code, kind), rows in items.groupby(["object", "domain_type"], sort=True):
        matrix = np.zeros((len(ids), len(ids)))
        np.fill_diagonal(matrix, rows["se"].to_numpy(dtype="float64") ** 2)
        part = parts.get((kind, code))
        if part is not None:
            a, b = part["a"].map(place).to_numpy(), part["b"].map(place).to_numpy()
            matrix[a, b] = part["cov"].to_numpy()
            matrix[b, a] = part["cov"].to_numpy()
        out[str(code)] = matrix
    return out


def _streams(items: pd.DataFrame, cov: dict[str, np.ndarray], plan: Plan) -> pd.DataFrame:
    limit = float(plan.choices["missing"]["item_share"])
    rows = []
    for (code, class_id), part in items.groupby(["object", "class_id"], sort=True):
        weight, score = part["weight"].to_numpy(), part["score"].to_numpy()
        gone = np.isnan(score)
        missing = float(weight[gone].sum())
        known = float((weight[~gone] * score[~gone]).sum())
        usable = missing <= limit + 1e-12 and not gone.all()
        names = "、".join(part["label"][gone])
        note = "" if not gone.any() else ("没有可用的调查估计" if gone.all() else f"缺指标：{names}")
        rows.append(
            {
                "object": code, "class_id": class_id, "stream": "survey",
                "score": known / (1 - missing) if usable else np.nan, "low": known,
                "high": known + 100.0 * missing, "se": _standard_error(part, cov[str(code)]) / (1 - missing) if usable else np.nan,
                "missing_share": missing, "note": note,
            }
        )  # fmt: skip
    columns = ["object", "class_id", "stream", "score", "low", "high", "se", "missing_share", "note"]
    return pd.DataFrame(rows, columns=columns)


def _between(items: pd.DataFrame, given: pd.DataFrame, ids: list[str]) -> dict[tuple[str, str], np.ndarray]:
    """Covariance matrices between targets, from the table's entries of each target's own domain type."""
    place = {name: i for i, name in enumerate(ids)}
    kinds = dict(zip(items["object"], items["domain_type"], strict=True))
    mine = given["domain_type"] == given["domain"].map(kinds)
    mine &= (given["domain_type"] == given["other"].map(kinds)) & (given["domain"] != given["other"])
    known = given[mine & given["a"].isin(place) & given["b"].isin(place) & given["cov"].notna()]
    out: dict[tuple[str, str], np.ndarray] = {}
    for (one, other), part in known.groupby(["domain", "other"], sort=True):
        matrix = np.zeros((len(ids), len(ids)))
        matrix[part["a"].map(place).to_numpy(), part["b"].map(place).to_numpy()] = part["cov"].to_numpy()
        out[str(one), str(other)] = matrix
    for (one, other), matrix in list(out.items()):
        out.setdefault((other, one), matrix.T)
    return out


def _slopes(part: pd.DataFrame) -> np.ndarray:
    """Weight times derivative of each indicator's score; 0 where it is cut off or not known."""
    slope = gradient(part["estimate"].to_numpy(), part["floor"].to_numpy(), part["target"].to_numpy())
    used: np.ndarray = part["weight"].to_numpy() * np.where(np.isnan(slope), 0.0, slope)
    return used


def _standard_error(part: pd.DataFrame, matrix: np.ndarray) -> float:
    used = _slopes(part)
    moving = used != 0
    variance = float(used[moving] @ matrix[np.ix_(moving, moving)] @ used[moving])
    return float(np.sqrt(max(variance, 0.0))) if not np.isnan(variance) else np.nan


def score_covariance(survey: SurveyScores, objects: list[str]) -> pd.DataFrame:
    """Covariance of the survey scores of several targets.

    Parameters
    ----------
    survey : SurveyScores
    objects : list of str
        Targets with a survey score.

    Returns
    -------
    DataFrame
        Targets × targets, points²; NaN on the diagonal where a variance cannot be estimated.

    Notes
    -----
    d_a' V_ab d_b with d_i = w_i · ds_i/dx_i (delta method), V_ab the covariance of the estimates of a
    and b: 0 where their samples share nothing.
    """
    parts = {str(code): part for code, part in survey.items.groupby("object", sort=False)}
    se = survey.streams.set_index("object")["se"]
    out = pd.DataFrame(0.0, index=objects, columns=objects)
    slopes = {
        code: _slopes(parts[code]) / parts[code]["weight"][parts[code]["score"].notna()].sum() for code in objects
    }
    for code in objects:
        out.loc[code, code] = se[code] ** 2
        for other in objects:
            if (code, other) in survey.between:
                out.loc[code, other] = slopes[code] @ survey.between[code, other] @ slopes[other]
    return out
