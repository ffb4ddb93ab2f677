"""Results of a batch into the output folder, and the account of what is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kaohe.base.files import sha256_text, write_text
from kaohe.publish.manifest import DONE, FAILED, Entry, Manifest, write_manifest
from kaohe.publish.reports import ReportId
from kaohe.run.job import JobResult

SAVE_EVERY = 2.0


class Keeper:
    """Puts results in place: files first, then the manifest that says so.

    Parameters
    ----------
    outputs : Path
    manifest : Manifest
        What is there already.
    build : str
        Fingerprint of the build.
    inputs : callable
        Fingerprints of a report's notebook, parameters, library and plan.
    clock : callable
        The time as ISO text in UTC.
    """

    def __init__(
        self,
        outputs: Path,
        manifest: Manifest,
        build: str,
        inputs: Callable[[ReportId], dict[str, str]],
        clock: Callable[[], str],
    ) -> None:
        self.outputs, self.manifest = outputs, manifest
        self._build, self._inputs, self._clock = build, inputs, clock
        self._saved = time.monotonic()

    def keep(self, report: ReportId, done: JobResult) -> None:
        """Write a report's files, or the notebook at its failing cell, and note it."""
        kept = self.outputs / "notebooks" / "failed" / f"{report.slug}.ipynb"
        files: dict[str, str] = {}
        if done.ok:
            for name, text in ((f"notebooks/{done.slug}.ipynb", done.notebook), (f"html/{done.slug}.html", done.page)):
                write_text(self.outputs / name, text)
                files[name] = sha256_text(text)
            with suppress(FileNotFoundError):
                kept.unlink()
        elif done.kept:
            write_text(kept, done.kept)
        self.manifest = self.manifest.with_entry(
            Entry(
                slug=report.slug,
                notebook=report.notebook.stem,
                target=report.target.object,
                name=report.target.name,
                state=DONE if done.ok else FAILED,
                inputs=self._inputs(report),
                parts=dict(done.seal.get("tables", {})),
                outputs=files,
                reason=done.reason,
                exit_code=done.exit_code,
                seconds=done.seconds,
                slowest=done.slowest,
                build=self._build,
                made=self._clock(),
            )
        )
        if time.monotonic() - self._saved >= SAVE_EVERY:
            self.save()

    def forget(self, slugs: set[str]) -> None:
        """Remove the files of reports that there are no more."""
        for slug, entry in self.manifest.entries.items():
            if slug not in slugs:
                for name in entry.outputs:
                    with suppress(FileNotFoundError):
                        (self.outputs / name).unlink()
        self.manifest = self.manifest.only(slugs)

    def save(self) -> None:
        """Write the manifest."""
        write_manifest(self.outputs, self.manifest)
        self._saved = time.monotonic()
