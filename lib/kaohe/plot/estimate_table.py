"""A table of estimates that is a DataFrame in every operation, reads well in a notebook and draws itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from kaohe.plot.estimate_cells import KEY, NEEDED, about, constant, fields_of, head_of, name_of
from kaohe.plot.estimate_found import JUDGED
from kaohe.plot.estimate_joined import combined, unindexed
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Text
from kaohe.plot.terms import hidden

STYLE = "text-align:{};padding:0.2em 0.7em;white-space:nowrap"
FAINT = ";opacity:0.6"


class EstimateTable(pd.DataFrame):  # type: ignore[misc]
    """Estimates as pandas holds them, shown as statisticians read them.

    It is a DataFrame: selecting, joining, sorting, pickling and writing give what pandas gives, numbers in
    full, codes as codes. Only its look in a notebook differs: names for codes, official terms, the
    interval as one column, as many digits as the error bears out, 已隐藏 for what must not be shown. What
    it knows beyond its columns (labels, units, names) stands in ``attrs["kaohe"]`` as plain texts and
    numbers, which Parquet keeps, selections carry along, and tables joined or put below one another share:
    all their names and sources. Keys set as the index are shown as keys. A selection that is no table of
    estimates any more looks as any DataFrame.

    `pandas.DataFrame(table)` is the plain frame; `shown()` the texts; `chart()` the picture.

    Examples
    --------
    >>> t = EstimateTable({"c": ["a", "b"], "variable": "v", "estimate": [0.5, 0.25], "se": [0.02, 0.03], "ci_low": [0.46, 0.19],
    ...                    "ci_high": [0.54, 0.31], "n": [900, 8], "quality": ["ok", "suppressed"]})
    >>> t = describe(t, {"by": ["c"], "shares": ["v"]})
    >>> t.shown().values.tolist()
    [['a', '50.0%', '2.00', '46.0%–54.0%', '900', '可用'], ['b', '已隐藏', '', '', '', '已隐藏']]
    >>> type(t.query("n > 100")).__name__, type(t["estimate"]).__name__, t["estimate"].tolist()
    ('EstimateTable', 'Series', [0.5, 0.25])
    """

    @property
    def _constructor(self) -> type[EstimateTable]:
        return EstimateTable

    def __finalize__(self, other: Any, method: str | None = None, **kwargs: Any) -> EstimateTable:
        """What pandas carries along; out of several tables, what they know together."""
        made: EstimateTable = super().__finalize__(other, method, **kwargs)
        parts = [
            (about(f), sorted({str(v).split("=")[0] for v in f.get("variable", ())}))
            for f in getattr(other, "input_objs", ())
            if isinstance(f, pd.DataFrame) and about(f)
        ]
        if parts:
            made.attrs = {**made.attrs, KEY: combined(parts)}
        return made

    def _estimates(self) -> bool:
        return set(self.columns) >= NEEDED and self.columns.is_unique and self.columns.nlevels == 1

    def shown(self) -> pd.DataFrame:
        """The texts of the notebook's table as a plain DataFrame, to copy into a document; what is no table of estimates, as it is.

        Examples
        --------
        >>> t = EstimateTable({"variable": ["v"], "estimate": [2.0], "se": [0.5], "ci_low": [1.0], "ci_high": [3.0], "n": [60],
        ...                    "quality": ["ok"]})
        >>> t.shown().iloc[0].to_dict()
        {'估计': '2.00', '标准误': '0.50', '95%区间': '1.00–3.00', '回答数': '60', '质量': '可用'}
        """
        if not self._estimates():
            return pd.DataFrame(self)
        whole = unindexed(self)
        rows = whole.to_dict("records")
        return pd.DataFrame({head: [text(r) for r in rows] for head, _, text in fields_of(whole)}, index=whole.index)

    def chart(
        self, *, title: str = "", order: str = "estimate", most: int = 40, reference: float | None = None
    ) -> Chart | Text:
        """Dots with intervals, and estimate, interval and count beside them; hollow where nothing can be concluded.

        Parameters
        ----------
        title : str
            Instead of the computed one.
        order : {"estimate", "table"}
            Rows by estimate, or as they stand.
        most : int
            Greatest number of rows; beyond it the first and last ones, and the chart says so; the title is of all rows.
        reference : float, optional
            Drawn as a line; by default the row of all together (``margins=True``).

        Raises
        ------
        InputRefused
            K741 for a table of several units or single records, or without the columns of estimates; for another `order`, `most`
            below 1, a `reference` that is no number.

        Examples
        --------
        >>> t = EstimateTable({"c": ["a", "b"], "variable": "v", "estimate": [2.0, 4.0], "se": [0.5, 0.4], "ci_low": [1.0, 3.2],
        ...                    "ci_high": [3.0, 4.8], "n": [60, 80], "quality": ["ok", "ok"]})
        >>> describe(t, {"by": ["c"], "labels": {"v": "住房面积"}}).chart().title
        '“住房面积”：最高的是b（4.00），最低的是a（2.00）'
        """
        from kaohe.plot.charts_dots import estimate_chart

        return estimate_chart(self, title=title, order=order, most=most, reference=reference)

    def _repr_html_(self) -> str | None:
        """Escaped HTML; pandas' own for what is no table of estimates any more."""
        if not self._estimates():
            html: str | None = super()._repr_html_()
            return html
        return html_of(self)


def describe(frame: pd.DataFrame, said: Mapping[str, Any]) -> EstimateTable:
    """`frame` as an `EstimateTable` with what is `said` about it (texts, numbers, lists and mappings only).

    Keys: by (columns of the domains), labels and units by variable, shares (variables shown in percent),
    all_shares, names by code, heads by column, record (what is counted: 户), level, source, note, directions.
    """
    out = EstimateTable(frame)
    out.attrs = {**frame.attrs, KEY: dict(said)}
    return out


def html_of(given: EstimateTable) -> str:
    """The table as escaped HTML, cut in the middle beyond pandas' ``display.max_rows``."""
    table = unindexed(given)
    said = about(table)
    fields = fields_of(table)
    rows: Sequence[Any] = table.to_dict("records")
    limit, least = pd.get_option("display.max_rows"), pd.get_option("display.min_rows") or 10
    cut = bool(limit) and len(rows) > limit
    half = max(int(least), 2) // 2 if cut else 0
    groups = [rows[:half], rows[-half:]] if cut else [rows]
    head = "".join(f'<th scope="col" style="{STYLE.format(a)}">{escape(h)}</th>' for h, a, _ in fields)
    gap = f'<tr><td colspan="{len(fields)}" style="text-align:center">⋮</td></tr>'
    body = gap.join("".join(_row(r, fields) for r in part) for part in groups)
    caption, note = _caption(table, said), f"共{len(rows)}行，列出首尾各{half}行" if cut else ""
    foot = "；".join(t for t in (note, _note(rows), str(said.get("note", "")), str(said.get("source", ""))) if t)
    return (
        f'<table><caption style="text-align:left;caption-side:top">{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table><p><small>{escape(foot)}</small></p>"
    )


def _row(row: Mapping[Any, Any], fields: Sequence[Any]) -> str:
    faint = FAINT if row["quality"] != "ok" else ""
    return (
        "<tr>"
        + "".join(f'<td style="{STYLE.format(a)}{faint}">{escape(text(row))}</td>' for _, a, text in fields)
        + "</tr>"
    )


def _caption(table: pd.DataFrame, said: Mapping[str, Any]) -> str:
    if not len(table):
        return "没有可列示的估计：没有符合条件的回答"
    parts = []
    for column in constant(table):
        text = name_of(column, table[column].iloc[0], said)
        if column == "variable":
            unit = str(said.get("units", {}).get(str(table[column].iloc[0]), ""))
            shares = said.get("all_shares") or {"measure", "part"} & set(table.columns)
            text += f"（{unit}）" if unit and not shares else ""
        parts.append(f"{head_of(column, said)}{text}元" if column == "line" else text)
    return "，".join(parts)


def _note(rows: Sequence[Mapping[Any, Any]]) -> str:
    quality = [str(r["quality"]) for r in rows]
    closed = sum(map(hidden, quality))
    gone = sum(hidden(str(r["quality"])) and is_missing(r["estimate"]) for r in rows)
    untested = any("p_holm" in r and is_missing(r["p_holm"]) and str(r["quality"]) in JUDGED for r in rows)
    lacking = [r["n"] for r in rows if r["quality"] == "not_estimable"]
    parts = [
        *(["慎用：回答或自由度少，或误差大"] if "caution" in quality else []),
        *(["P值为“—”：一方的回答全部相同（如0%或100%），不作检验"] if untested else []),
        *(["不可估：没有自由度，标准误无从估计"] if any(n > 0 for n in lacking) else []),
        *(["不可估，回答数0：没有符合条件的回答"] if any(n == 0 for n in lacking) else []),
    ]
    kept = f"已隐藏{closed - gone}行：回答过少或误差过大，数值仍在表中，不得外传" if closed > gone else ""
    out = f"已隐藏{gone}行：分位一侧的回答过少，表中也不留数值" if gone else ""
    return "；".join([*(t for t in (kept, out) if t), *parts])
