"""What the suite says when it refuses something, and the exit code that goes with it.

A refusal is one message with the same parts each time: code and title, where, what was
found, what is expected, and what to do. Personal values are masked by whoever raises.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_FOLDERS = re.compile(r"(?<![\w.])/(?:[\w.\-]+/)+")
EXIT_OK = 0
EXIT_BUG = 1
EXIT_REFUSED = 2
EXIT_SOME_FAILED = 3
EXIT_DISCLOSURE = 4
EXIT_BUSY = 5


class KaoheError(Exception):
    """A refusal that a user can act on; never shown with a traceback.

    Parameters
    ----------
    code : str
        A letter and three digits; listed in ``docs/errors.md``.
    title : str
        What is wrong, in one line.
    where, got, expected, remedy : str, optional
        File, sheet, row, column or key; the value found; what would be right; what to do.
    """

    exit_code = EXIT_REFUSED

    def __init__(
        self,
        code: str,
        title: str,
        *,
        where: str = "",
        got: str = "",
        expected: str = "",
        remedy: str = "",
    ) -> None:
        self.code = code
        self.title = title
        self.where = where
        self.got = got
        self.expected = expected
        self.remedy = remedy
        super().__init__(self.message())

    def message(self) -> str:
        """The whole message, one part a line."""
        lines = [f"{self.code} {self.title}"]
        for label, text in (
            ("where", self.where),
            ("got", self.got),
            ("expected", self.expected),
            ("remedy", self.remedy),
        ):
            if text:
                lines.append(f"  {label:<9} {text}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return self.message().splitlines()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.title, self.__dict__.copy()))


def _rebuild(kind: type[KaoheError], code: str, title: str, state: dict[str, str]) -> KaoheError:
    parts = {k: state[k] for k in ("where", "got", "expected", "remedy")}
    error = kind(code, title, **parts)
    error.__dict__.update(state)
    return error


def without_paths(text: str) -> str:
    """The `text` with the folders of absolute paths left out: a message on a page must not tell of this machine."""
    return _FOLDERS.sub("…/", text)


class InputRefused(KaoheError):
    """A file, parameter or plan that cannot be used."""


class DisclosureError(KaoheError):
    """Something that must not leave the office was about to."""

    exit_code = EXIT_DISCLOSURE


class BusyError(KaoheError):
    """Another run holds the folder."""

    exit_code = EXIT_BUSY


def nearest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The `n` names of `known` nearest to `name`, best first, always `n` where there are so many.

    Parameters
    ----------
    name : str
        What was given.
    known : iterable of str
        What could have been meant.
    n : int
        How many names to give at most.

    Returns
    -------
    list of str
        In the order of difflib's ratio of matching characters; equally near ones in the order of `known`.
    """
    names = list(dict.fromkeys(known))
    scored = sorted(
        names,
        key=lambda k: (-difflib.SequenceMatcher(None, name, k).ratio(), names.index(k)),
    )
    return scored[:n]
