"""What the tables for readers were made from; tells without reading any of them that nothing has changed."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import kaohe
from kaohe.base.files import sha256_file
from kaohe.base.plan import Plan
from kaohe.publish.built import BuildInfo
from kaohe.publish.sources import ROOT, digest, reach

FOLDER = "tables"
STATE = "tables.json"
README = "readme.txt"


@lru_cache(maxsize=1)
def code() -> str:
    """Digest of the modules that decide what these files show and look like: `tables_out` and all it is made of."""
    return digest(reach([ROOT / "publish" / "tables_out.py"]))


def stamp(info: BuildInfo, plan: Plan) -> str:
    """Digest of everything that the whole set is made from."""
    parts = [f"{name} {digest}" for name, digest in sorted(info.tables.items())]
    parts += [info.data_hash, info.time, info.origin, plan.digest, code(), kaohe.__version__]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_state(home: Path) -> tuple[dict[str, dict[str, str]], str]:
    """What was written before, by file, and the stamp of the whole set; nothing when the record is missing or damaged."""
    try:
        said = json.loads((home / STATE).read_text(encoding="utf-8"))
        files = {str(n): {"inputs": str(e["inputs"]), "sha256": str(e["sha256"])} for n, e in said["files"].items()}
        return files, str(said.get("made from", ""))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, ""


def untouched(outputs: Path, info: BuildInfo, plan: Plan) -> int | None:
    """How many files there are when the whole set was made from this build and is as it was written; otherwise None.

    Parameters
    ----------
    outputs : Path
        Folder of the outputs.
    info, plan : BuildInfo, Plan
        The build and the plan in place.
    """
    home = outputs / FOLDER
    files, made_from = read_state(home)
    if not files or made_from != stamp(info, plan) or not (home / README).is_file():
        return None
    whole = all((home / n).is_file() and sha256_file(home / n) == e["sha256"] for n, e in files.items())
    return len(files) if whole else None
