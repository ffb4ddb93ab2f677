"""What an output folder holds, how fresh it is, and its pages of lists: index, words and run summary."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kaohe.base.files import read_parquet, sha256_file
from kaohe.base.plan import Plan
from kaohe.publish.built import BuildInfo
from kaohe.publish.freshness import (
    Change,
    Known,
    KnownDigests,
    change_of,
    lists_digest,
    lists_stand,
    read_known,
    state_of,
    write_known,
)
from kaohe.publish.imports import IMPORTING
from kaohe.publish.manifest import edition_of, inputs_of, read_manifest
from kaohe.publish.reports import ReportId, targets_of
from kaohe.run.asked import BatchResult, Folders

_LISTING = Path(__file__).with_name("listing.py")


class Look:
    """What is there, and how fresh it is.

    Attributes
    ----------
    manifest : Manifest
        Set anew when reports were made.
    """

    def __init__(self, folders: Folders, plan: Plan, info: BuildInfo, reports: Sequence[ReportId]) -> None:
        self.outputs, self.info = folders.outputs, info
        self._notebooks, self._plan = folders.notebooks, plan
        self.manifest = read_manifest(folders.outputs)
        self.known = read_known(folders.outputs)
        self.digests = KnownDigests(info, targets_of(list(reports)), self.known)

    def inputs(self, report: ReportId, edition: str) -> dict[str, str]:
        """Fingerprints of a report's notebook, parameters, library and plan."""
        return inputs_of(report, self._notebooks / f"{report.notebook.stem}.ipynb", self._plan.digest, edition)

    def state(self, report: ReportId, edition: str = "", *, check_files: bool = True) -> str:
        """``fresh``, ``stale``, ``failed`` or ``missing``, in an edition or in that it was last made in."""
        entry = self.manifest.entries.get(report.slug)
        inputs = self.inputs(report, edition or edition_of(entry))
        return state_of(entry, inputs, self.digests, self.outputs, check_files=check_files)

    def change(self, report: ReportId, edition: str = "") -> Change:
        """Why a report that was made is stale."""
        entry = self.manifest.entries[report.slug]
        return change_of(entry, self.inputs(report, edition or edition_of(entry)), self.digests)


def get_ready() -> None:
    """Import what `write_lists` needs, and take the font apart: while the first reports are made, nobody waits for it."""
    with suppress(Exception):  # write_lists will say it
        with IMPORTING:
            import kaohe.publish.part_digests
            import kaohe.run.listing  # noqa: F401
            from kaohe.publish.webfont import page_font
        page_font("")


def write_lists(look: Look, reports: Sequence[ReportId], plan: Plan, result: BatchResult, time: str) -> None:
    """Write index, glossary and summary where something in them has changed or was lost, and keep what was found out.

    Parameters
    ----------
    result : BatchResult
        Of the run that ends here; `time` is when it ended (ISO, UTC).
    """
    states = {r.slug: look.state(r, check_files=False) for r in reports}
    made_from = lists_digest(look.manifest, states, look.info, plan.digest + sha256_file(_LISTING))
    lists = look.known.lists
    if not lists_stand(look.outputs, look.known, made_from):
        from kaohe.run.listing import write_glossary, write_index, write_summary

        tables = {
            n: read_parquet(look.info.folder / f"{n}.parquet") for n in ("composite", "rank_intervals", "counties")
        }
        written = (
            write_index(look.outputs, reports, states, look.manifest, tables, plan, look.info),
            write_glossary(look.outputs, plan, look.info),
            write_summary(look.outputs, reports, states, look.manifest, result, plan, look.info, time),
        )
        lists = {p.relative_to(look.outputs).as_posix(): sha256_file(p) for p in written}
        lists["made from"] = made_from
    write_known(look.outputs, Known(*look.digests.known(look.manifest.entries.values()), lists))
