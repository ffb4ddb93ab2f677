"""Of which source files a module is made: itself and, step by step, every module of the suite that it imports.

Fingerprints are taken over these files, so that code which withholds a number or knows a person's, in
whatever room it lives, makes anew what was made with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import kaohe

ROOT = Path(kaohe.__file__).parent
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+kaohe\b([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+kaohe\b([\w.]*))", re.MULTILINE
)
_ALIAS = re.compile(r"\bas[ \t]+\w+|#.*")


def imported(path: Path) -> set[Path]:
    """The modules of the suite that a module imports, wherever in it; packages themselves are not counted.

    Examples
    --------
    >>> sorted(p.name for p in imported(ROOT / "publish" / "audit.py"))
    ['errors.py', 'look.py', 'recognise.py']
    """
    found: set[str] = set()
    for package, names, module in _IMPORT.findall(path.read_text(encoding="utf-8")):
        found.update([package, module, *(f"{package}.{n}" for n in re.findall(r"\w+", _ALIAS.sub("", names)))])
    paths = {ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in found if name}
    return {p for p in paths if p.is_file()}


def reach(roots: Iterable[Path]) -> list[Path]:
    """The modules given and all that they import, step by step, in path order."""
    seen = set(roots)
    left = list(seen)
    while left:
        new = imported(left.pop()) - seen
        seen |= new
        left.extend(new)
    return sorted(seen)


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over names and bytes of the library's files `paths`, in path order."""
    found = hashlib.sha256()
    for path in sorted(set(paths)):
        found.update(path.relative_to(ROOT).as_posix().encode())
        found.update(path.read_bytes())
    return found.hexdigest()
