"""Which PDFs lie in an output folder, and of which pages they are: `outputs/.kaohe.pdf.json`.

The file may be removed at any time: every page is then printed again.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from kaohe.base.files import sha256_bytes, sha256_file, write_bytes, write_json

FOLDER, STATE = "pdf", ".kaohe.pdf.json"


@dataclass(frozen=True)
class Kept:
    """A PDF that was put in place: SHA-256 of the page it is of and of itself, and its bytes."""

    page: str
    sha256: str
    size: int


class Shelf:
    """The folder of PDFs with the record of what they are of.

    Parameters
    ----------
    outputs : Path
        Its parent; a record that is missing or damaged counts as empty.
    """

    def __init__(self, outputs: Path) -> None:
        self._outputs = outputs
        self._kept: dict[str, Kept] = {}
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            said = json.loads((outputs / STATE).read_text(encoding="utf-8"))
            self._kept = {
                str(s): Kept(str(k["page"]), str(k["sha256"]), int(k["size"])) for s, k in said["pdf"].items()
            }

    def path(self, slug: str) -> Path:
        """Where the PDF of a report lies."""
        return self._outputs / FOLDER / f"{slug}.pdf"

    def size_of(self, slug: str) -> int:
        """Bytes of a PDF that was put in place."""
        return self._kept[slug].size

    def holds(self, slug: str, page: str) -> bool:
        """True for a PDF of this very page (its SHA-256) that is still, byte for byte, what was put in place."""
        known, path = self._kept.get(slug), self.path(slug)
        return known is not None and known.page == page and path.is_file() and sha256_file(path) == known.sha256

    def put(self, slug: str, page: str, data: bytes) -> None:
        """Put a PDF in place, whole, and note which page it is of."""
        write_bytes(self.path(slug), data)
        self._kept[slug] = Kept(page, sha256_bytes(data), len(data))
        self.save()

    def drop_other(self, slug: str, page: str) -> None:
        """Remove a PDF that is not of this page: it would contradict the page beside it."""
        known = self._kept.get(slug)
        if known is None or known.page != page:
            self._remove(slug)

    def keep_only(self, slugs: Collection[str]) -> None:
        """Remove the PDFs that were made of reports that there are no more."""
        for slug in self._kept.keys() - set(slugs):
            self._remove(slug)

    def save(self) -> None:
        """Write the record, atomically."""
        write_json(self._outputs / STATE, {"pdf": {slug: asdict(k) for slug, k in self._kept.items()}})

    def _remove(self, slug: str) -> None:
        with suppress(FileNotFoundError):
            self.path(slug).unlink()
        self._kept.pop(slug, None)
