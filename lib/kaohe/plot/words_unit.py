"""主要结论 and cards of unit reports."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot.output import Card, Cards, Context, Note, Notes
from kaohe.plot.table_maker import records
from kaohe.plot.words_city import complete_card, complete_note, daily_note, evidence_note, grade_and_score
from kaohe.plot.words_common import Source, bands, concept_name, end, first, problems, talk, verdict
from kaohe.plot.words_items import weak_items


def conclusions_unit(job: Source) -> Notes:
    """主要结论 of a unit's report: verdict, weak items, evidence, deductions, problems, completeness.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``streams``, ``caps``, ``decisions_log``, ``item_grades``, ``evidence``,
        ``daily_sources``, ``rectify``, ``talk_list``, ``completeness``.
    """
    ctx = job.ctx
    return Notes(
        [
            *verdict(job, ref_rank="bands", ref_caps="t-caps", ref_streams="t-streams"),
            _items(job.own("item_grades"), ctx),
            *_evidence(job.own("evidence"), ctx),
            daily_note(job.own("daily_sources"), ctx, ref="t-daily"),
            problems(job.own("rectify"), ctx, ref="t-problems", extra=talk(job.own("talk_list"))),
            complete_note(job, ref="t-completeness"),
        ]
    )


def cards_unit(job: Source) -> Cards:
    """Grade, score, band with the ranks that it takes together, completeness: from ``composite``, ``completeness``."""
    row = first(job.own("composite"))
    place = Card(numbers.MISSING, "所在档", "不排名次")
    if row is not None and not numbers.is_missing(row["rank"]):
        count, same = bands(job.peers("composite"), row)
        low = same["rank"].min() if len(same) else row["rank"]
        ranks = numbers.rank_span(low, low + max(len(same), 1) - 1)
        alike = f"，同档{len(same)}个" if len(same) > 1 else ""
        place = Card(str(row["band"]) or ranks, "所在档", f"共{count}档{alike}，{ranks}" if row["band"] else "")
    return Cards([*grade_and_score(row), place, complete_card(row, job)])


def _items(items: pd.DataFrame, ctx: Context) -> Note:
    """Weak items of the unit's own form, then those of the forms of the villages it helps, which ask about other things."""
    own = items["level"] == "unit"
    said = weak_items(items[own], ctx, "unit", form="定点扶贫考核指标表", ref="unit-grades")
    field = items[~own & items["level"].isin(list(terms.FORM_LEVELS)) & (items["n_graded"] > 0)].sort_values("item")
    weak = items.loc[own, "grade"].isin(terms.WEAK).any()
    return Note(end(said.text.rstrip("。") + _villages(field, "" if weak else "也", ctx)), said.ref)


def _villages(field: pd.DataFrame, too: str, ctx: Context) -> str:
    """What the village forms say; 最多 only where some items are weak on more forms than others."""
    if field.empty:
        return ""
    bad = (field["n_ordinary"] + field["n_poor"]).astype(int)
    if not bad.any():
        return f"；定点扶贫村考评表{too}没有评为“一般”及以下的"
    worst = records(field[bad == bad.max()])
    names = [concept_name(str(r["concept"]), ctx, str(r["name"])) for r in worst]
    seen = {int(r["n_graded"]) for r in worst}
    if len(seen) > 1:
        names = [f"{name}（{r['n_graded']}处中{bad.max()}处）" for name, r in zip(names, worst, strict=True)]
    share = (
        f"（{'各' if len(worst) > 1 else ''}{seen.pop()}处中{bad.max()}处）" if len(seen) == 1 and max(seen) > 1 else ""
    )
    named = numbers.names(names, 4)
    if (bad[bad > 0] == bad.max()).all():
        return f"；定点扶贫村考评表评为“一般”及以下的有{named}{share}"
    return f"；定点扶贫村考评表中“一般”及以下最多的是{named}{share}"


def _evidence(rows: pd.DataFrame, ctx: Context) -> list[Note]:
    """Index grades against the villages helped; most units have none that was visited, which 实地核查印证 says."""
    both = rows[rows["evidence"].notna() & rows["index_value"].notna()]
    return [evidence_note(rows, ctx, ref="t-evidence")] if len(both) else []
