"""The survey's weights from clean tables: stage factors, nonresponse, calibration, diagnostics."""

from __future__ import annotations

import pandas as pd

from kaohe.base.built import BUILT, DTYPES
from kaohe.base.errors import InputRefused
from kaohe.base.places import PROVINCE, parent_code
from kaohe.base.plan import Plan
from kaohe.base.tables import OUTCOMES, RANDOM, size_group
from kaohe.design.calibrate import Calibration
from kaohe.design.diagnose import diagnose
from kaohe.design.nonresponse import weighting_classes
from kaohe.design.rake import rake
from kaohe.design.weights import household_factors, village_factors

MARGINS = {"county": "县", "hh_kind": "户类型", "size_group": "家庭规模"}
TABLES = ("weights", "response", "nonresponse", "calibration", "weight_diagnostics")
COMPLETED, REFUSED, NOT_CONTACTED, VACANT = OUTCOMES


def empty_table(name: str) -> pd.DataFrame:
    """The built table `name` without rows: the columns of its contract in `kaohe.base.built.BUILT`, with their dtypes."""
    return pd.DataFrame({c: pd.Series(dtype=DTYPES[mark]) for c, (mark, _) in BUILT[name].columns.items()})


def calibration_record(plan: Plan) -> Calibration:
    """How the final weight of the table ``weights`` was calibrated, by the choices of `plan`."""
    choice = plan.choices["calibration"]
    return Calibration("w_nonresponse", tuple(choice["margins"]), partition=choice["partition"], method="raking")


def build_weights(clean: dict[str, pd.DataFrame], plan: Plan) -> dict[str, pd.DataFrame]:
    """Weights of the survey's respondents, and the account of how they came about.

    Parameters
    ----------
    clean : dict of DataFrame
        sample_villages, sample_households, households, totals, places. Without a sample all
        tables are empty.
    plan : Plan
        Choices of nonresponse classes and calibration margins.

    Returns
    -------
    dict
        Tables ``weights`` (respondents only), ``response`` (province, cities, counties, helper cities),
        ``nonresponse``, ``calibration``, ``weight_diagnostics``, as their contracts have them.
        Where the office gave no register totals, ``weight`` is the weight after nonresponse and
        ``calibration`` is empty.

    Raises
    ------
    InputRefused
        K310, K311 for the sample file, K320 to K323 for totals.

    Notes
    -----
    Vacant dwellings are out of scope; dwellings where nobody was met count as eligible, so that
    response rates are not flattered. A completed interview whose form was set aside counts as
    not answered. A city without a single usable answer carries no weights: its estimates are absent,
    those of the province stand for the other cities, and its row in ``response`` says so.
    """
    villages, households = clean["sample_villages"], clean["sample_households"]
    if not len(villages) or not len(households) or not len(clean["households"]):
        return {name: empty_table(name) for name in TABLES}
    listed = household_factors(households, village_factors(villages))
    everyone = _everyone(households, clean["households"], set(listed["household"]))
    listed["size_group"] = [size_group(x) for x in listed["register_size"]]
    listed["responded"] = listed["household"].isin(everyone.loc[everyone["responded"], "household"])
    names = dict(zip(clean["places"]["place"], clean["places"]["name"], strict=True))
    eligible = listed[listed["outcome"] != VACANT]
    eligible = eligible[eligible.groupby("city")["responded"].transform("any")].copy()
    if not len(eligible):
        return {**{name: empty_table(name) for name in TABLES}, "response": _responses(everyone, clean, names)}
    choice = plan.choices["nonresponse"]
    adjusted = weighting_classes(
        eligible, weight="w_design", responded="responded", classes=choice["classes"], partition="city",
        min_respondents=int(choice["min_respondents"]), max_factor=float(choice["max_factor"]),
    )  # fmt: skip
    eligible["nr_class"], eligible["f_nonresponse"] = adjusted.classes, adjusted.factors
    sample = eligible[eligible["responded"]].reset_index(drop=True)
    sample["w_nonresponse"] = sample["w_design"] * sample["f_nonresponse"]
    sample, calibration = _calibrated(sample, clean["totals"], names, plan)
    diagnostics = diagnose(sample, weight="weight", by="city")
    diagnostics["name"] = diagnostics["city"].map(names).fillna(diagnostics["city"])
    register = calibration[calibration["margin"] == "county"].groupby("city")["target"].sum()
    diagnostics["register_households"] = diagnostics["city"].map(register).astype(float)
    return {
        "weights": sample[BUILT["weights"].names].sort_values("household", ignore_index=True),
        "response": _responses(everyone, clean, names),
        "nonresponse": adjusted.account[BUILT["nonresponse"].names],
        "calibration": calibration[BUILT["calibration"].names],
        "weight_diagnostics": diagnostics[BUILT["weight_diagnostics"].names],
    }


def _everyone(sample: pd.DataFrame, answered: pd.DataFrame, usable: set[str]) -> pd.DataFrame:
    """All sampled households with their places and whether an answer can be used."""
    out = sample.loc[sample["selection"] == RANDOM, ["household", "village", "outcome"]].copy()
    for level in ("county", "city"):
        out[level] = [parent_code(v, level) for v in out["village"]]
    with_form = out["household"].isin(set(answered["household"])) & out["household"].isin(usable)
    out["has_form"] = with_form
    out["responded"] = (out["outcome"] == COMPLETED) & with_form
    return out


def _responses(everyone: pd.DataFrame, clean: dict[str, pd.DataFrame], names: dict[str, str]) -> pd.DataFrame:
    return _response(everyone.assign(helper=everyone["village"].map(helper_cities(clean["pairing"]))), names)


def helper_cities(pairing: pd.DataFrame) -> dict[str, str]:
    """Helper city by village, for the villages that have one.

    Parameters
    ----------
    pairing : DataFrame
        village, helper_city (codes; empty or missing without one).
    """
    known = pairing[pairing["helper_city"].notna() & (pairing["helper_city"] != "")]
    return dict(zip(known["village"], known["helper_city"], strict=True))


def _response(listed: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Outcomes of the sample by province, city, county and helper city (its paired villages)."""
    outcome = listed["outcome"]
    counts = pd.DataFrame({
        "selected": 1, "completed": listed["responded"], "refused": outcome == REFUSED,
        "not_contacted": outcome == NOT_CONTACTED, "vacant": outcome == VACANT,
        "set_aside": (outcome == COMPLETED) & ~listed["has_form"],
    }).astype(int)  # fmt: skip
    parts = []
    for level in ("province", "city", "county", "helper"):
        key = pd.Series(PROVINCE, index=listed.index) if level == "province" else listed[level]
        sums = counts.groupby(key.rename("domain"), sort=True).sum().reset_index()
        parts.append(sums.assign(domain_type=level))
    out = pd.concat(parts, ignore_index=True)
    out["name"] = ["全省" if d == PROVINCE else names.get(str(d), str(d)) for d in out["domain"]]
    in_scope = (out["selected"] - out["vacant"]).astype(float)
    out["response_rate"] = out["completed"] / in_scope.where(in_scope > 0)
    return out[BUILT["response"].names]


def register_margins(totals: pd.DataFrame, names: dict[str, str]) -> dict[str, dict[str, dict[object, float]]]:
    """Register totals by city, margin column and level; counties by code.

    Raises
    ------
    InputRefused
        K327 for a county name that the register does not know in that city.
    """
    out: dict[str, dict[str, dict[object, float]]] = {}
    by_label = {label: column for column, label in MARGINS.items()}
    counties = {(code[:4], name): code for code, name in names.items() if code[4:6] != "00" and code[6:] == "000000"}
    for row in totals.itertuples(index=False):
        margin = by_label[str(row.margin)]
        level = str(row.level)
        if margin == "county" and not (len(level) == 12 and level.isdigit()):
            code = counties.get((str(row.city)[:4], level))
            if code is None:
                raise InputRefused(
                    "K327", "A register total names an unknown county", where=f"totals › {names.get(str(row.city), row.city)}",
                    got=level, expected="a county of this city, by code or name",
                )  # fmt: skip
            level = code
        out.setdefault(str(row.city), {}).setdefault(margin, {})[level] = float(row.households)
    return out


def _calibrated(
    sample: pd.DataFrame, totals: pd.DataFrame, names: dict[str, str], plan: Plan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sample with f_calibration and weight, and the account of margins."""
    choice = plan.choices["calibration"]
    if not len(totals):
        return sample.assign(f_calibration=1.0, weight=sample["w_nonresponse"]), empty_table("calibration")
    margins = register_margins(totals, names)
    parts, accounts = [], []
    for city, group in sample.groupby("city", sort=True):
        given = margins.get(str(city), {})
        wanted = {m: given.get(m, {}) for m in choice["margins"]}
        raked = rake(
            group, wanted, weight="w_nonresponse", tol=float(choice["tolerance"]),
            max_iter=int(choice["max_iterations"]), where=names.get(str(city), str(city)),
        )  # fmt: skip
        parts.append(group.assign(f_calibration=raked.g, weight=raked.weights))
        accounts.append(raked.reached.assign(city=city, iterations=raked.iterations))
    account = pd.concat(accounts, ignore_index=True)
    account["level_name"] = [names.get(str(v), str(v)) for v in account["level"]]
    return pd.concat(parts, ignore_index=True), account
