"""How a command ends that did not come to its end: stopped, a place that cannot be used, or a fault of the suite."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kaohe.base.errors import EXIT_BUG, InputRefused, KaoheError

INTERRUPTED, TERMINATED = 130, 143
# What a disk, a mount, somebody's rights or the name given can do to a file; anything else is a fault of the suite.
UNUSABLE = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM,
    errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP,
}  # fmt: skip
_DIGITS = re.compile(r"\d{6,}")


def record(error: BaseException) -> str:
    """Write where an exception came from to a log file; returns one line that names it.

    What looks like a person's in the message, and every long number, is masked.
    """
    from kaohe.clean.scrub import mask_text

    masked, _ = mask_text(f"{type(error).__name__}: {error}".splitlines()[0])
    said = _DIGITS.sub("******", masked)
    frames = "".join(traceback.format_tb(error.__traceback__))
    text = f"{said}\n{frames}"
    for folder in (Path("outputs"), Path(tempfile.gettempdir())):
        path = folder / "kaohe-fault.log"
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            continue
        return f"{said} (details in {path})"
    return said


class Stopped(BaseException):
    """The process was asked to end; holds the exit code. Not an Exception, so that nothing swallows it."""


def code_of(error: BaseException) -> int:
    """The exit code of a command that this error ends."""
    if isinstance(error, Stopped):
        return int(error.args[0])
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    error = unusable(error) or error
    return error.exit_code if isinstance(error, KaoheError) else EXIT_BUG


def unusable(error: BaseException, folder: Path | None = None) -> InputRefused | None:
    """K862 for a full disk or a place that cannot be written or entered; None for any other error.

    Parameters
    ----------
    error : BaseException
    folder : Path, optional
        The outputs, where it is they that are written; otherwise the error says which file.
    """
    if not isinstance(error, OSError) or error.errno not in UNUSABLE:
        return None
    place = folder if folder is not None else error.filename
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    return InputRefused(
        "K862",
        "A file or folder cannot be used" if folder is None else "The outputs cannot be written",
        where="" if place is None else str(place),
        got=(error.strerror or str(error)).splitlines()[0][:200],
        remedy="make room, see to the rights, or name another folder"
        + ("" if folder is None else " with --outputs")
        + "; what is there already is whole",
    )


@contextmanager
def writable(outputs: Path) -> Iterator[None]:
    """Turn a full disk or outputs that may not be written to into one clear message.

    Raises
    ------
    InputRefused
        K862.
    """
    try:
        yield
    except OSError as error:
        refused = unusable(error, outputs)
        if refused is None:
            raise
        raise refused from error
