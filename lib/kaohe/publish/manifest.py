"""What was published from what: `outputs/manifest.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import kaohe
from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file, write_json
from kaohe.publish.reports import ReportId
from kaohe.publish.sources import ROOT, digest, reach

SCHEMA = 2
NAME = "manifest.json"
DONE, FAILED = "done", "failed"
ROOMS = ("base", "plot", "publish")
MAKERS = frozenset({"audit", "html", "notebook", "report", "seal"})  # of publish: what makes and checks a page


@dataclass(frozen=True)
class Entry:
    """One report as it was last made.

    Attributes
    ----------
    slug, notebook, target, name : str
        File stem, notebook, code and name of the target.
    state : str
        ``done`` or ``failed``.
    inputs : dict
        Fingerprints of notebook file, parameters, library code and plan.
    parts : dict of part to digest
        The rows of tables that were read.
    outputs : dict of file (below outputs/) to SHA-256
        What was put in place.
    reason : str
        Why it failed.
    exit_code : int
        Exit code: 3 or 4 for a failed one, else 0.
    seconds : float
        How many seconds it took.
    slowest : tuple of (int, float)
        The slowest cell and its seconds.
    build : str
        Fingerprint of the build it was made from.
    made : str
        When, as ISO text in UTC; empty where it is not known.
    """

    slug: str
    notebook: str
    target: str
    name: str
    state: str
    inputs: dict[str, str]
    parts: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    slowest: tuple[int, float] = (0, 0.0)
    build: str = ""
    made: str = ""


@dataclass(frozen=True)
class Manifest:
    """All reports as they were last made.

    Attributes
    ----------
    entries : mapping of slug to Entry
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)

    def with_entry(self, entry: Entry) -> Manifest:
        """A manifest with `entry` added or in place of the one before; a failure keeps the files of the last success."""
        before = self.entries.get(entry.slug)
        if entry.state == FAILED and before is not None:
            entry = replace(entry, outputs=before.outputs)
        return Manifest({**self.entries, entry.slug: entry})

    def only(self, slugs: Iterable[str]) -> Manifest:
        """A manifest of those reports whose slug is among `slugs`."""
        keep = set(slugs)
        return Manifest({s: e for s, e in self.entries.items() if s in keep})


def read_manifest(outputs: Path) -> Manifest:
    """The manifest of an output folder; an empty one when there is none.

    Parameters
    ----------
    outputs : Path
        The folder of reports.

    Raises
    ------
    InputRefused
        K860 when it cannot be read.
    """
    path = outputs / NAME
    if not path.is_file():
        return Manifest()
    try:
        said = migrated(json.loads(path.read_text(encoding="utf-8")))
        entries = {s: Entry(**{**e, "slowest": tuple(e["slowest"])}) for s, e in said["reports"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused(
            "K860",
            "The manifest cannot be read",
            where=str(path),
            got=f"{type(error).__name__}: {str(error)[:120]}",
            remedy="remove it; the next run makes every report again",
        ) from error
    return Manifest(entries)


def migrated(said: dict[str, Any]) -> dict[str, Any]:
    """A manifest of an earlier schema as one of this schema.

    Schema 1 did not say when a report was made.

    Raises
    ------
    ValueError
        For a schema that there is not, as of a later version of the suite.
    """
    if said["schema"] == 1:
        said = {**said, "schema": 2, "reports": {s: {**e, "made": ""} for s, e in said["reports"].items()}}
    if said["schema"] != SCHEMA:
        raise ValueError(f"schema {said['schema']}")
    return said


def json_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of `outputs/manifest.json`."""
    text = (Path(__file__).parent / "schemas" / "manifest.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def write_manifest(outputs: Path, manifest: Manifest) -> None:
    """Write `manifest` into the folder `outputs`, atomically."""
    reports = {slug: asdict(entry) for slug, entry in sorted(manifest.entries.items())}
    write_json(outputs / NAME, {"schema": SCHEMA, "library": kaohe.__version__, "reports": reports})


def inputs_of(report: ReportId, notebook_file: Path, plan_digest: str, edition: str) -> dict[str, str]:
    """Fingerprints of everything but the tables.

    Parameters
    ----------
    report : ReportId
        Whose fingerprints.
    notebook_file : Path
        The notebook; an empty fingerprint where it is not there.
    plan_digest : str
        Hash of the plan.
    edition : str
        ``leadership`` or ``statistician``.

    Returns
    -------
    dict
        notebook, parameters, library and plan, each with its fingerprint.
    """
    return {
        "notebook": _file_hash(notebook_file, notebook_file.stat().st_mtime_ns) if notebook_file.is_file() else "",
        "parameters": json.dumps({"target": report.target.object, "edition": edition}, sort_keys=True),
        "library": library_hash(),
        "plan": plan_digest,
    }


def edition_of(entry: Entry | None, default: str = "leadership") -> str:
    """The edition the report of `entry` was last made in; `default` where there is none."""
    if entry is None:
        return default
    return str(json.loads(entry.inputs.get("parameters") or "{}").get("edition", default))


@lru_cache(maxsize=64)
def _file_hash(path: Path, _changed: int) -> str:
    return sha256_file(path)


@lru_cache(maxsize=1)
def library_hash() -> str:
    """SHA-256 over the library's code and templates that reports are made with, in path order."""
    return digest(library_files())


def library_files() -> list[Path]:
    """The files that decide what a page shows: the rooms of plan, charts and pages, and what these import of others.

    Of other rooms, that is what withholds numbers and what knows persons. (Workbench and sweep make no page: what
    they alone import is not counted.)
    """
    rooms = [p for room in ROOMS for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    makers = [p for p in rooms if p.suffix == ".py" and (p.parent.name != "publish" or p.stem in MAKERS)]
    return sorted({*rooms, *reach(makers)})


def summary(manifest: Manifest) -> dict[str, Any]:
    """Counts, time spent and the slowest cells of the reports of a manifest."""
    entries = list(manifest.entries.values())
    slow = sorted(entries, key=lambda e: -e.slowest[1])[:5]
    return {
        "done": sum(e.state == DONE for e in entries),
        "failed": sum(e.state == FAILED for e in entries),
        "seconds": sum(e.seconds for e in entries),
        "slowest": [(e.slug, e.slowest[0], e.slowest[1]) for e in slow if e.slowest[1] > 0],
    }
