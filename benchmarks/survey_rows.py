"""Household survey files of any length for the benchmark of cleaning: seeded, in GB18030, as dirty as the office's.

Every answer of the codebook stands in them, with questions that were not asked left empty, answers that
are not known, and in a few rows in a hundred what teams send: thousands separators, full-width
digits, units, dates in words, rough numbers, wrong check digits, short county names, copies.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.clean.recognise import CHECKS, WEIGHTS

CHUNK = 50_000
TOWNS, VILLAGES = 3, 6
UNKNOWN = np.array(["不知道", "拒答", "不详", ""], dtype=object)
DIRTY_SHARE = 0.002
UNKNOWN_SHARE = 0.01
COPY_SHARE = 0.0005
NAMES = ("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何", "永秀国文志建玉兰春海德福金荣华明桂凤平生树林清云英强丽芳")


def write_office(folder: Path, rows: int, plan: Plan, seed: int) -> Path:
    """A raw folder with registers, samples and one household file of `rows` rows; the file's path."""
    places, villages, counties = _places(plan)
    objects = [
        ("对象编码", "对象名称", "考核类别"),
        *((c, plan.gazetteer.name(c), k.short) for k in plan.classes.values() for c in k.members),
        ("DW001", "单位001", "帮扶单位"),
    ]
    _write(folder / "registry/objects.csv", objects)
    _write(folder / "registry/places.csv", places)
    stages = ("1", "1", str(TOWNS), str(TOWNS), str(VILLAGES), str(VILLAGES), str(rows), str(rows))
    drawn = [(v, "抽样", *stages) for v in villages]
    heads = tuple(c.label for c in contract("sample_villages", plan).columns)
    _write(folder / "survey/sample_villages.csv", [heads, *drawn])
    (folder / "origin.toml").write_text(f"synthetic = true\nseed = {seed}\n", encoding="utf-8")
    out = folder / "survey/households/全省_住户.csv"
    out.parent.mkdir(parents=True)
    sample = folder / "survey/sample_households.csv"
    heads = tuple(c.label for c in contract("sample_households", plan).columns)
    with out.open("wb") as households, sample.open("wb") as listed:
        listed.write((",".join(heads) + "\r\n").encode("gb18030"))
        for start in range(0, rows, CHUNK):
            rng = np.random.default_rng((seed, start))
            n = min(CHUNK, rows - start)
            columns = _chunk(rng, start, n, villages, counties, plan)
            ids, homes = columns["household"].copy(), columns["village"].copy()
            kind, size = columns["hh_kind"].copy(), columns["hh_size"].copy()
            kind[np.isin(kind, UNKNOWN)], size[np.isin(size, UNKNOWN)] = "一般农户", "3"
            _dirty(rng, columns, plan)
            listed.write(_text({
                "1": ids, "2": homes, "3": _full(n, "抽样"), "4": kind, "5": size, "6": _full(n, "完成"),
            }))  # fmt: skip
            table = {c.label: columns[c.name] for c in contract("households", plan).columns}
            households.write(_text(table, header=start == 0))
    return out


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode("gb18030"))


def _text(columns: dict[str, np.ndarray], *, header: bool = False) -> bytes:
    """Lines of CSV, quoted where a comma stands in a cell, as Excel writes them."""
    cells = [pa.array(values.tolist(), pa.string()) for values in columns.values()]
    cells = [pc.if_else(pc.match_substring(c, ","), pc.binary_join_element_wise('"', c, '"', ""), c) for c in cells]
    lines = pc.binary_join_element_wise(*cells, ",").to_pylist()
    if header:
        lines.insert(0, ",".join(columns))
    return ("\r\n".join(lines) + "\r\n").encode("gb18030")


def _full(n: int, value: str) -> np.ndarray:
    return np.full(n, value, dtype=object)


def _places(plan: Plan) -> tuple[list[tuple[str, ...]], list[str], list[str]]:
    """Rows of the register of places; codes of the villages; names of their counties."""
    rows: list[tuple[str, ...]] = [("区划代码", "名称", "级别", "上级代码", "省定贫困村")]
    villages: list[str] = []
    for city in plan.classes["city14"].members:
        rows.append((city, plan.gazetteer.name(city), "市", "440000000000", ""))
        for county in plan.gazetteer.at_level("county", city):
            rows.append((county.code, county.name, "县", city, ""))
            for t in range(1, TOWNS + 1):
                town = f"{county.code[:6]}{100 + t}000"
                rows.append((town, f"{'甲乙丙'[t - 1]}镇", "镇", county.code, ""))
                for v in range(1, VILLAGES + 1):
                    villages.append(f"{town[:9]}{200 + v}")
                    rows.append((villages[-1], f"{'一二三四五六'[v - 1]}村", "村", town, "是"))
    return rows, villages, [plan.gazetteer.name(v[:6] + "000000") for v in villages]


def _digits(values: np.ndarray, width: int) -> np.ndarray:
    return np.char.zfill(values.astype("U"), width).astype(object)


def _chunk(
    rng: np.random.Generator, start: int, n: int, villages: list[str], counties: list[str], plan: Plan
) -> dict[str, np.ndarray]:
    """Sound rows: clean name to texts."""
    home = rng.integers(0, len(villages), n)
    codes, names = np.array(villages, dtype=object)[home], np.array(counties, dtype=object)[home]
    cities = np.array([plan.gazetteer.name(v[:4] + "00000000") for v in villages], dtype=object)[home]
    days = np.datetime64("2020-09-01") + rng.integers(0, 28, n)
    first, given = (np.array(list(text), dtype=object) for text in NAMES)
    name = rng.choice(first, n) + rng.choice(given, n) + np.where(rng.random(n) < 0.8, rng.choice(given, n), "")
    columns = {
        "household": np.array([f"{c[:6]}H{k:07d}" for k, c in enumerate(codes.tolist(), start)], dtype=object),
        "city": cities, "county": names, "village": codes, "visit_date": days.astype("U10").astype(object),
        "enumerator": "DC" + _digits(rng.integers(0, 500, n), 3), "head_name": name, "id_number": _id_numbers(start, n),
        "phone": "199" + _digits(rng.integers(0, 10**8, n), 8),
        "account": "6200" + _digits(rng.integers(0, 10**15, n), 15),
    }  # fmt: skip
    columns.update(_answers(rng, n, plan))
    return columns


def _id_numbers(start: int, n: int) -> np.ndarray:
    """Identity numbers of an unallocated area, one a person: a step coprime to the number of slots visits each once."""
    slot = np.arange(start, start + n, dtype=np.int64) * 7_368_787 % (22_000 * 998)
    days = (np.datetime64("1940-01-01") + slot // 998).astype("U10")
    body = "449901" + np.char.replace(days, "-", "").astype(object) + _digits(slot % 998 + 1, 3)
    grid = np.array([[int(d) for d in text] for text in body.tolist()])
    return body + np.array(list(CHECKS), dtype=object)[grid @ np.array(WEIGHTS) % 11]


def _answers(rng: np.random.Generator, n: int, plan: Plan) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {}
    numbers: dict[str, np.ndarray] = {}
    for q in plan.table_questions("household", asked=True):
        low, high = q.min or 0.0, q.max or 0.0
        if q.type == "yesno":
            made[q.id] = np.where(rng.random(n) < 0.7, "是", "否").astype(object)
        elif q.levels:
            made[q.id] = rng.choice(np.array(q.levels, dtype=object), n)
        elif q.type == "money":
            amount = np.minimum(rng.lognormal(8.5, 1.2, n), high * 0.9).astype(np.int64)
            amount[rng.random(n) < 0.3] = 0
            numbers[q.id], made[q.id] = amount, amount.astype("U").astype(object)
        elif q.type == "number":
            value = np.round(np.minimum(rng.gamma(2.0, 2.0, n), high), 1)
            made[q.id] = value.astype("U").astype(object)
        else:
            value = np.minimum(low + rng.poisson(2.0, n), high).astype(np.int64)
            if q.at_most:
                value = np.minimum(value, numbers[q.at_most])
            numbers[q.id], made[q.id] = value, value.astype("U").astype(object)
        if q.applies:
            of, operator, wanted = q.condition() or ("", "", "")
            asked = numbers[of] > 0 if operator == ">" else made[of] == {"1": "是"}.get(wanted, wanted)
            made[q.id] = np.where(asked, made[q.id], "")
    for q in plan.table_questions("household", asked=True):
        lost = rng.random(n) < UNKNOWN_SHARE
        made[q.id] = np.where(lost & (made[q.id] != ""), rng.choice(UNKNOWN, n), made[q.id])
    return made


def _dirty(rng: np.random.Generator, columns: dict[str, np.ndarray], plan: Plan) -> None:
    """Overwrite cells of a few rows as teams do; each fault in `DIRTY_SHARE` of the rows."""
    n = len(columns["household"])
    amounts = [q.id for q in plan.table_questions("household", asked=True) if q.type == "money"]
    counts = [q.id for q in plan.table_questions("household", asked=True) if q.type == "int"]

    def some() -> list[int]:
        return np.flatnonzero(rng.random(n) < DIRTY_SHARE).tolist()

    def wide(text: str) -> str:
        return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)

    for make in (lambda v: f"{int(v):,}", wide, lambda v: f"{v}元", lambda v: f"约{v}"):
        for row in some():
            name = amounts[int(rng.integers(len(amounts)))]
            if str(columns[name][row]).isdigit():
                columns[name][row] = make(columns[name][row])
    for row in some():
        columns[counts[int(rng.integers(len(counts)))]][row] = "999"
    for row in some():
        columns["visit_date"][row] = columns["visit_date"][row].replace("-", "/")
    for row in some():
        year, month, day = columns["visit_date"][row].replace("/", "-").split("-")
        columns["visit_date"][row] = f"{year}年{int(month)}月{int(day)}日"
    for row in some():
        columns["id_number"][row] = columns["id_number"][row][:-1] + "A"
    for row in some():
        columns["county"][row] = columns["county"][row].removesuffix("县").removesuffix("区")
    for row in np.flatnonzero(rng.random(n - 1) < COPY_SHARE).tolist():
        for values in columns.values():
            values[row + 1] = values[row]
