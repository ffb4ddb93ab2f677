"""Header and footer fields of a form: label and value in one line, in one cell, or in neighbouring cells."""

from __future__ import annotations

import re

from kaohe.clean.cells import Cell, header_key, is_blank, to_text

HEADER_FIELDS = {
    "市": "city", "所在市": "city", "地市": "city", "抽查市": "city", "抽查县": "county", "抽查县(市、区)": "county",
    "抽查县(市区)": "county", "县": "county", "县(市、区)": "county", "抽查镇": "town", "抽查镇(街道)": "town", "镇": "town",
    "抽查村": "village", "村": "village", "考核对象": "object", "被考核对象": "object", "被考核单位": "object",
    "考核单位": "object", "单位": "object", "单位名称": "object", "帮扶单位": "object", "对象": "object", "考核组": "team",
    "组号": "team", "考核时间": "date",
}  # fmt: skip
FOOTER_FIELDS = {
    "组长": "leader", "组长签名": "leader", "成员": "members", "核查时间": "date", "核查日期": "date", "考核时间": "date",
    "日期": "date",
}  # fmt: skip
PERSONS = frozenset({"leader", "members"})
_LABELS = sorted({*HEADER_FIELDS, *FOOTER_FIELDS, "副组长", "联络员", "填表人"}, key=len, reverse=True)
# Long labels may follow a value without a blank; 市, 县, 镇, 村 need one in front.
_LONG = "|".join(re.escape(x) for x in _LABELS if len(x) >= 3)
_SHORT = "|".join(re.escape(x) for x in _LABELS if len(x) < 3)
_FIELD = re.compile(rf"({_LONG}|(?:^|(?<=[\s,;，；、。\d)]))(?:{_SHORT}))\s*:")
_FILL = "\t \u3000_"


def row_fields(row: list[Cell], *, bare: bool = False) -> dict[str, str]:
    """Labelled fields of a row, by the field's name.

    ``市：韶关市　抽查县：`` within one cell, or label and value in neighbouring cells.

    Parameters
    ----------
    row : list of Cell
    bare : bool
        Cells that hold a label alone count as labels although no colon follows.
    """
    texts = [_narrow(v) for v in row]
    if bare:
        texts = [f"{t}:" if t and header_key(t) in _LABELS and ":" not in t else t for t in texts]
    if not any(":" in t for t in texts):
        return {}
    joined = "\t".join(texts)
    found: dict[str, str] = {}
    matches = list(_FIELD.finditer(joined))
    for number, match in enumerate(matches):
        stop = matches[number + 1].start() if number + 1 < len(matches) else len(joined)
        label = match[1]
        text = joined[match.end() : stop].strip(_FILL)
        name = HEADER_FIELDS.get(label) or FOOTER_FIELDS.get(label) or label
        found[name] = found.get(name) or text.split("\t")[0].strip(_FILL)
    return found


def _narrow(value: Cell) -> str:
    if is_blank(value):
        return ""
    text = to_text(value).replace("：", ":").replace("（", "(").replace("）", ")")
    return text.replace("\r", " ").replace("\n", " ").replace("\u00a0", " ")
