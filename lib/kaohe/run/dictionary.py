"""The data dictionary: raw files, codebook and built tables, written from their contracts."""

from __future__ import annotations

from kaohe.base.built import BUILT, DTYPES, SCENARIO
from kaohe.base.frames import FRAMES
from kaohe.base.plan import Plan
from kaohe.base.tables import FORM_COLUMNS, GRADE_COLUMNS, LINEAGE, PSEUDONYMS, RAW
from kaohe.clean.agreement import DOUBLE_COLUMNS

KIND_NOTES = {
    "text": "text", "code": "code as text", "place": "place name or code", "object": "target name or code",
    "int": "whole number", "number": "number", "money": "yuan", "share": "share, 0 to 1 or with %", "flag": "是/否",
    "date": "date", "grade": "好/较好/一般/较差", "choice": "one of the values given", "item": "number of an item",
    "personal": "checked, then replaced by a keyed pseudonym or dropped",
}  # fmt: skip


def data_dictionary(plan: Plan) -> str:
    """The dictionary as Markdown, for docs/data_dictionary.md."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from `kaohe.base.tables`, `kaohe.base.built` and the codebook by `make docs`; do not edit.",
        "",
        "## Raw files",
        "",
        "Headers may stand below title rows; 合计 rows and notes below the table are recognised. Clean tables carry the",
        "English names and, for each row, " + ", ".join(f"`{c}`" for c in LINEAGE) + ".",
    ]
    for table in RAW.values():
        needed = "required" if table.required else "optional"
        lines += ["", f"### {table.name} {table.label}", "", f"`data/raw/{table.pattern}`, {needed}; key: "
                  + ", ".join(f"`{k}`" for k in table.key), "",
                  "| header | also accepted | clean column | kind | values, range | needed |", "|---|---|---|---|---|---|"]  # fmt: skip
        for c in table.columns:
            allowed = "、".join(c.allowed) or _range(c.min, c.max, c.unit)
            keys = {source: key for key, source, _ in PSEUDONYMS.get(table.name, ())}
            name = f"`{keys.get(c.name, c.name)}`" if c.kind != "personal" or c.name in keys else "(dropped)"
            need = "yes" if c.required else ""
            lines.append(f"| {c.label} | {'、'.join(c.aliases)} | {name} | {KIND_NOTES[c.kind]} | {allowed} | {need} |")
    lines += ["", "### Forms of annexes 2 and 3", "",
              "`data/raw/cross/index/` and `data/raw/cross/field/`: workbooks in the layout of the annexes, or one long table. They become",
              "`forms` (" + ", ".join(f"`{c}`" for c in FORM_COLUMNS) + ")",
              "and `grades` (" + ", ".join(f"`{c}`" for c in GRADE_COLUMNS) + "); `grade` is empty",
              "where an item does not apply, and its `remark` begins with 不适用.",
              "Places that were graded twice become `doubles` (" + ", ".join(f"`{c}`" for c in DOUBLE_COLUMNS) + "),",
              "one row an item; neither grading is in use until somebody says which is valid."]  # fmt: skip
    lines += ["", "## Registers for a draw", "", "Read by `kaohe draw` where they lie (see operations.md)."]
    for table in FRAMES.values():
        lines += [
            "",
            f"### {table.name} {table.label}",
            "",
            "| header | also accepted | values, range | needed |",
            "|---|---|---|---|",
        ]
        for c in table.columns:
            allowed = "、".join(c.allowed) or _range(c.min, c.max, c.unit)
            lines.append(f"| {c.label} | {'、'.join(c.aliases)} | {allowed} | {'yes' if c.required else ''} |")
    lines += ["", "## Codebook", ""]
    for unit, title in (("household", "Households 住户"), ("village", "Villages 村")):
        lines += [f"### {title}", "", "| question | label | topic | type | values, range | asked when | statistic | better | scored |",
                  "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for q in plan.table_questions(unit):
            values = q.derive or "、".join(q.levels) or _range(q.min, q.max, q.unit)
            stat = f"ratio over `{q.denominator}`" if q.stat == "ratio" else q.stat
            scored = f"{q.floor:g} → {q.target:g}, weight {q.weight:g}" if q.weight else ""
            lines.append(f"| `{q.id}` | {q.label} | {q.topic} | {q.type} | {values} | {q.applies.replace('|', '')} | {stat} "
                         f"| {q.direction} | {scored} |")  # fmt: skip
        lines.append("")
    lines += ["## Built tables", "", "`data/processed/build/`, one Parquet file each. `sample` holds the sample households: the columns of",
              "`weights`, the answers and the derived variables of the codebook."]  # fmt: skip
    for built in BUILT.values():
        lines += ["", f"### {built.name} {built.label}", "", "Key: " + ", ".join(f"`{k}`" for k in built.key), "",
                  "| column | label | type |", "|---|---|---|"]  # fmt: skip
        lines += [f"| `{name}` | {label} | {DTYPES[mark]} |" for name, (mark, label) in built.columns.items()]
    lines += ["", "## Tables of a scenario", "", "`data/processed/scenarios/NAME/`, written by `kaohe build --scenario`; beside them the",
              "grading's built tables under the scenario's choices."]  # fmt: skip
    for built in SCENARIO.values():
        lines += ["", f"### {built.name} {built.label}", "", "Key: " + ", ".join(f"`{k}`" for k in built.key), "",
                  "| column | label | type |", "|---|---|---|"]  # fmt: skip
        lines += [f"| `{name}` | {label} | {DTYPES[mark]} |" for name, (mark, label) in built.columns.items()]
    return "\n".join(lines) + "\n"


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return unit
    left = f"{low:g}" if low is not None else "…"
    right = f"{high:g}" if high is not None else "…"
    return f"{left} to {right} {unit}".strip()


if __name__ == "__main__":
    from pathlib import Path

    from kaohe.base.files import write_text
    from kaohe.base.plan import load_plan

    write_text(Path("docs/data_dictionary.md"), data_dictionary(load_plan()))
