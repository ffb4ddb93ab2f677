"""Which reports have to be made again, why, and what need not be looked at twice.

The rule: a report is stale when something that it read has changed. Its own rows count exactly; so do
the rows of its class, because it shows its place among them; the province's estimates that stand
beside its own count as they are printed.

Digests of parts are kept in ``outputs/.kaohe.known.json`` under the SHA-256 of the very file they were
taken from, so that a run where nothing has changed reads no table. The file may be removed at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from kaohe.base.files import sha256_file, sha256_text, write_text
from kaohe.publish.built import BuildInfo
from kaohe.publish.manifest import FAILED, Entry, Manifest, library_hash
from kaohe.publish.reports import Target

KNOWN = ".kaohe.known.json"
# Tables whose rows about one target change with the data of the others of its class.
STANDING = frozenset({
    "composite", "rank_intervals", "rank_probabilities", "grade_probabilities", "pair_probabilities", "sensitivity",
    "contributions", "swap_weights", "consistency", "profiles", "counties",
})  # fmt: skip


class Digests(Protocol):
    """Digests of parts of tables, by their written form."""

    def __getitem__(self, text: str) -> str:
        """The digest of a part."""


@dataclass
class Known:
    """What was found out before, so that it need not be found out again.

    Attributes
    ----------
    tables : dict of table to SHA-256
        The files that were looked at.
    parts : dict of part to digest
        Rows in them.
    lists : dict of file to SHA-256
        Index, glossary and summary as written, and ``made from``: the digest of what they were made from.
    """

    tables: dict[str, str] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)


def read_known(outputs: Path) -> Known:
    """What an earlier run of the same library left in the folder `outputs`; nothing when it is missing, damaged or of another library."""
    try:
        said = json.loads((outputs / KNOWN).read_text(encoding="utf-8"))
        if said["library"] == library_hash():
            return Known(dict(said["tables"]), dict(said["parts"]), dict(said["lists"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return Known()


def write_known(outputs: Path, known: Known) -> None:
    """Leave what is `known` in the folder `outputs` for the next run, atomically."""
    said = {"library": library_hash(), "tables": known.tables, "parts": known.parts, "lists": known.lists}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    path = outputs / KNOWN
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


class KnownDigests:
    """Digests of parts of one build: known ones for tables that are the same, the others read and hashed.

    Parameters
    ----------
    info : BuildInfo
        A build whose files were checked against its hashes.
    targets : list of Target
    known : Known
        From an earlier run.
    """

    def __init__(self, info: BuildInfo, targets: list[Target], known: Known) -> None:
        self._info, self._targets = info, targets
        same = {t for t, digest in known.tables.items() if info.tables.get(t) == digest}
        usable = same if "targets" in same else set()
        self._known = {p: d for p, d in known.parts.items() if _table_of(p) in usable}
        self._read: Digests | None = None

    def __getitem__(self, text: str) -> str:
        if text not in self._known:
            if self._read is None:
                from kaohe.publish.part_digests import PartDigests

                self._read = PartDigests(self._info.folder, self._targets)
            self._known[text] = self._read[text]
        return self._known[text]

    def known(self, entries: Iterable[Entry]) -> tuple[dict[str, str], dict[str, str]]:
        """Hashes of the tables, and digests of the parts that the reports `entries` read, as far as they are known."""
        wanted = {part for entry in entries for part in entry.parts}
        return dict(self._info.tables), {p: d for p, d in self._known.items() if p in wanted}


@dataclass(frozen=True)
class Change:
    """Why a report is stale.

    Attributes
    ----------
    inputs : tuple of str
        Which of notebook, parameters, library and plan.
    own, others : tuple of str
        Tables of which its own rows, or rows of those it is compared with, have changed.
    """

    inputs: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def only_others(self) -> bool:
        """True when nothing of its own has changed, only what it is compared with."""
        return bool(self.others) and not (self.inputs or self.own)

    def __bool__(self) -> bool:
        return bool(self.inputs or self.own or self.others)

    def text(self) -> str:
        """In words: ``own data: streams; compared with: composite``."""
        said = [("", self.inputs), ("own data: ", self.own), ("compared with: ", self.others)]
        return "; ".join(head + ", ".join(names) for head, names in said if names)


def change_of(entry: Entry, inputs: Mapping[str, str], digests: Digests) -> Change:
    """What has changed since a report was made.

    Parameters
    ----------
    entry : Entry
        The report as it was last made.
    inputs : mapping of name to fingerprint
        As `kaohe.publish.manifest.inputs_of` finds them now.
    digests : mapping of part to digest
        Of the tables as they are now.

    Returns
    -------
    Change
        Names of inputs, and of tables: with rows about the target, and with rows about others that it shows.
    """
    tables: dict[bool, set[str]] = {True: set(), False: set()}
    for part, digest in entry.parts.items():
        if digests[part] != digest:
            tables[is_own(part, entry)].add(_table_of(part))
    return Change(
        tuple(sorted(k for k in {*inputs, *entry.inputs} if inputs.get(k) != entry.inputs.get(k))),
        tuple(sorted(tables[True])),
        tuple(sorted(tables[False] - tables[True])),
    )


def is_own(part: str, entry: Entry) -> bool:
    """True for rows that only the target's own data make; of a class's and the province's reports all are own.

    Examples
    --------
    >>> city = Entry("city-440200", "40_city", "440200000000", "韶关市", "done", {})
    >>> is_own("streams[object=440200000000]", city), is_own("composite[object=440200000000]", city)
    (True, False)
    >>> is_own("item_grades[class_id=city14][level=city]", city)
    False
    """
    if entry.notebook[:2] in {"10", "20", "60", "70"}:
        return True
    return f"{entry.target}]" in part.split("[", 1)[-1] and _table_of(part) not in STANDING


def state_of(
    entry: Entry | None, inputs: dict[str, str], digests: Digests, outputs: Path, *, check_files: bool = True
) -> str:
    """Whether a report has to be made: ``fresh``, ``stale``, ``failed`` or ``missing``.

    Parameters
    ----------
    entry : Entry, optional
        The report as it was last made.
    inputs, digests
        As `change_of`.
    outputs : Path
        Folder of the outputs.
    check_files : bool
        Read what was put in place and compare it, byte for byte, by hash.
    """
    if entry is None:
        return "missing"
    if entry.state == FAILED:
        return FAILED
    files = {outputs / name: digest for name, digest in entry.outputs.items()}
    if not files or not all(path.is_file() for path in files):
        return "missing"
    if change_of(entry, inputs, digests):
        return "stale"
    if check_files and any(sha256_file(path) != digest for path, digest in files.items()):
        return "missing"
    return "fresh"


def lists_digest(manifest: Manifest, states: Mapping[str, str], info: BuildInfo, plan_digest: str) -> str:
    """Digest of everything that index and summary are made from.

    Parameters
    ----------
    manifest : Manifest
        All reports.
    states : mapping of slug to state
        As from `state_of`.
    info : BuildInfo
        The build in place.
    plan_digest : str
        Hash of the plan.
    """
    entries = {slug: entry.__dict__ for slug, entry in manifest.entries.items()}
    said: dict[str, Any] = {
        "entries": entries, "states": dict(states), "tables": info.tables, "data": info.data_hash, "time": info.time,
        "origin": info.origin, "plan": plan_digest, "library": library_hash(),
    }  # fmt: skip
    return sha256_text(json.dumps(said, sort_keys=True, ensure_ascii=False))


def lists_stand(outputs: Path, known: Known, digest: str) -> bool:
    """True when index, glossary and summary were made from the same and are still, byte for byte, what was written.

    Parameters
    ----------
    outputs : Path
        Folder of the outputs.
    known : Known
        What the run before left.
    digest : str
        As from `lists_digest`.
    """
    if known.lists.get("made from") != digest:
        return False
    files = {name: said for name, said in known.lists.items() if name != "made from"}
    return all((outputs / name).is_file() and sha256_file(outputs / name) == said for name, said in files.items())


def _table_of(part: str) -> str:
    return part.partition("[")[0].partition("~")[0]
