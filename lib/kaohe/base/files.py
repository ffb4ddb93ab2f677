"""Files that are either whole or absent: atomic writes, whole-folder swaps, hashes and locks."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from kaohe.base.errors import BusyError, InputRefused

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".tmp-"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600  # tables about persons: their owner only


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of the bytes of the file `path`, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Hex SHA-256 of the bytes `data`."""
    return hashlib.sha256(data).hexdigest()


def sha256_text(text: str) -> str:
    """Hex SHA-256 of `text` in UTF-8."""
    return sha256_bytes(text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` so that `path` holds either the old or the new content, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write `frame` to `path` as Parquet with page checksums, atomically, without its index, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{path.name}")
    try:
        frame.to_parquet(temporary, index=False, write_page_checksum=True, compression="zstd")
        temporary.chmod(PRIVATE_FILE)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def read_parquet(
    path: Path,
    columns: Sequence[str] | None = None,
    filters: list[tuple[str, str, Any]] | None = None,
) -> pd.DataFrame:
    """Read a Parquet file with its checksums verified.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        Columns to read, in this order; all when not given.
    filters : list of (column, operator, value), optional
        Rows to read: those for which all hold, as `pyarrow.parquet.read_table` takes them.

    Returns
    -------
    DataFrame
        The columns of the file, or those asked for; rows in the order of the file.

    Raises
    ------
    InputRefused
        K101 when the file is missing, K102 when it cannot be read.
    """
    import pandas as pd

    with _readable(path):
        return pd.read_parquet(
            path,
            columns=list(columns) if columns is not None else None,
            filters=filters,
            page_checksum_verification=True,
        )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of the small Parquet file `path` as plain values, its checksums verified; pandas, slow to import, is not needed.

    Raises
    ------
    InputRefused
        K101 when the file is missing, K102 when it cannot be read.
    """
    from pyarrow import BufferReader, parquet

    with (
        _readable(path),
        parquet.ParquetFile(BufferReader(path.read_bytes()), page_checksum_verification=True) as file,
    ):
        rows: list[dict[str, Any]] = file.read(use_threads=False).to_pylist()  # no thread where kernels are forked
        return rows


def read_json(path: Path) -> dict[str, Any]:
    """The object that the JSON file `path` holds.

    Raises
    ------
    InputRefused
        K101 when the file is missing, K102 when it cannot be read or holds something else.
    """
    with _readable(path):
        said = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(said, dict):
            raise ValueError(f"{type(said).__name__} where an object should be")
    return said


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Refuse a table, or what is said beside tables, that is not there or that the block cannot read."""
    if not path.is_file():
        raise InputRefused(
            "K101",
            "A table is missing",
            where=str(path),
            remedy="run `kaohe clean` and `kaohe build` first",
        )
    try:
        yield
    except (OSError, ValueError) as error:
        raise InputRefused(
            "K102",
            "A table cannot be read",
            where=str(path),
            got=str(error).splitlines()[0][:160],
            remedy="the file is damaged: run `kaohe clean` and `kaohe build` again",
        ) from error


@contextmanager
def swapped_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill; on success it takes the place of `path` as a whole.

    The folder can be entered by its owner only.
    When the block raises, `path` keeps what it held.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent)
    fresh = Path(tempfile.mkdtemp(dir=path.parent, prefix=f"{TEMPORARY}{path.name}-"))
    old: Path | None = None
    try:
        yield fresh
        fresh.chmod(PRIVATE_FOLDER)
        if path.exists():
            old = path.with_name(f"{TEMPORARY}old-{path.name}-{os.getpid()}")
            os.replace(path, old)
        try:
            os.replace(fresh, path)
        except OSError:
            if old is not None:
                os.replace(old, path)
                old = None
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)


def sweep(folder: Path) -> int:
    """Remove temporaries that a killed run left in `folder`; returns how many.

    An old set whose replacement never arrived is put back instead.
    """
    swept = 0
    for leftover in sorted(folder.glob(f"{TEMPORARY}*")):
        name = leftover.name.removeprefix(TEMPORARY)
        if name.startswith("old-"):
            home = folder / name.removeprefix("old-").rsplit("-", 1)[0]
            if not home.exists():
                os.replace(leftover, home)
                continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                leftover.unlink()
        swept += 1
    return swept


@contextmanager
def locked(folder: Path, purpose: str) -> Iterator[None]:
    """Hold `folder` for one run; a second one is told who holds it.

    Parameters
    ----------
    folder : Path
        Made when it is missing.
    purpose : str
        What the run does, as a second one is told.

    Raises
    ------
    BusyError
        K501, naming purpose, process, user and host of the holder, and since when it holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / ".kaohe.holder"
    lock = FileLock(folder / ".kaohe.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        try:
            holder = note.read_text(encoding="utf-8")
        except OSError:  # the other run ends, or has only just begun
            holder = "another process"
        raise BusyError(
            "K501",
            "Another run holds this folder",
            where=str(folder),
            got=holder,
            remedy="wait for it to end, or choose another folder",
        ) from error
    try:
        note.write_text(
            f"{purpose}: process {os.getpid()}, {_user()} on {socket.gethostname()}, "
            f"since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}",
            encoding="utf-8",
        )
        yield
    finally:
        with suppress(FileNotFoundError):
            note.unlink()
        lock.release()


def _user() -> str:
    """Who runs this; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unnamed user"
