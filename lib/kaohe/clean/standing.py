"""Whether the raw folder is the one that was cleaned before, and whether two of its files are one return."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_file

_DATE = re.compile(r"20\d{2}[-.年]?\d{1,2}[-.月]?\d{1,2}日?")
_COPY = re.compile(r"[\s_-]*(?:副本|copy|[(（]\d+[)）])+$", re.IGNORECASE)


def check_changed(processed: Path, intake: Mapping[str, Any], *, accept: bool) -> list[str]:
    """The files that were in use at the last cleaning and are now another or gone.

    A file that was refused last time may be mended; demonstration data made anew is another folder.

    Raises
    ------
    InputRefused
        K354 when there are any and `accept` is false.
    """
    path = processed / "clean" / "intake.json"
    try:
        last = json.loads(path.read_text(encoding="utf-8"))
        before = dict(last["files"])
        mark, refused = last.get("mark", ""), set(last.get("refused", []))
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if mark != intake["mark"]:
        return []
    now = intake["files"]
    changed = sorted(n for n, sha in before.items() if n not in refused and now.get(n) != sha)
    if changed and not accept:
        shown = "; ".join(
            f"{n}: {before[n][:12]}… → {now.get(n, 'gone')[:12]}{'…' if n in now else ''}" for n in changed[:3]
        )
        raise InputRefused(
            "K354", "Raw files changed since they were last cleaned", where=f"{len(changed)} file(s) of {len(before)}",
            got=shown, expected="files that stay as they came; a new delivery is a new file",
            remedy="put the old files back, or, when the change is right, run again with --accept-changed (it is recorded)",
        )  # fmt: skip
    return changed


def check_names(paths: Iterable[Path], raw: Path) -> None:
    """Refuse two files of one name and different content: one return sent twice is not two returns.

    One name means: the same folder and stem, whatever the ending, a date in the path, or a mark such
    as (1) or 副本 beside the file without it.

    Raises
    ------
    InputRefused
        K355 with both hashes.
    """
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(_return_of(path, raw), []).append(path)
    for same in groups.values():
        marked = [p for p in same if _COPY.search(p.stem)]
        if len(same) < 2 or len(marked) == len(same):
            continue
        hashes = {p: sha256_file(p) for p in same if p.is_file()}
        if len(set(hashes.values())) > 1:
            first, second = next(p for p in hashes if hashes[p] != hashes[same[-1]]), same[-1]
            raise InputRefused(
                "K355", "Two files of one name differ", where=" and ".join(p.relative_to(raw).as_posix() for p in (first, second)),
                got=" and ".join(f"{hashes[p][:16]}…" for p in (first, second)), expected="one of them",
                remedy="remove one, or write 采用 = 否 behind it in delivery.csv",
            )  # fmt: skip


def _return_of(path: Path, raw: Path) -> str:
    folder = [_DATE.sub("", part) for part in path.relative_to(raw).parent.parts]
    return "/".join([*(p for p in folder if p), _DATE.sub("", _COPY.sub("", path.stem)).strip(" _-").lower()])
