"""The key of the pseudonyms: a file outside the data, readable by its owner only, made on first use.

Who holds the key can tell whether a known identity number is in the data; who does not, cannot. So
it never lies beside the data, is never made anew in silence, and is named in intake.json by a
fingerprint only. Demonstration data has a fixed key, so that anybody gets the same tables from it.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from kaohe.base.errors import InputRefused

ENV_KEY = "KAOHE_KEY"
LENGTH = 32


@dataclass(frozen=True)
class Key:
    """A key in memory.

    Attributes
    ----------
    secret : bytes
        Never printed.
    kind : {"office", "demonstration"}
    path : Path or None
    created : bool
        Made by this call.
    """

    secret: bytes = field(repr=False)
    kind: str
    path: Path | None = None
    created: bool = False

    @property
    def id(self) -> str:
        """Fingerprint: 12 hexadecimal digits that tell two keys apart and tell nothing of them."""
        return sha256(b"kaohe key id\x00" + self.secret).hexdigest()[:12]


def key_path(given: Path | None = None) -> Path:
    """Where the key lies: as given, else the variable KAOHE_KEY, else the user's configuration folder."""
    if given is not None:
        return given.expanduser()
    if os.environ.get(ENV_KEY):
        return Path(os.environ[ENV_KEY]).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(home).expanduser() / "kaohe" / "pseudonym.key"


def demonstration_key(seed: object) -> Key:
    """The key of demonstration data: SHA-256 of ``kaohe demonstration key, seed N``. No secret, by intent."""
    return Key(sha256(f"kaohe demonstration key, seed {seed}".encode()).digest(), "demonstration")


def office_key(path: Path, processed: Path, raw: Path, *, renew: bool = False) -> Key:
    """The office's key, checked; made when there is none and no processed data refers to one.

    Parameters
    ----------
    path : Path
    processed, raw : Path
        Data folders: the key may lie in neither, nor in a folder named ``data`` that holds them.
    renew : bool
        Accept that tables cleaned earlier were made with another key.

    Raises
    ------
    InputRefused
        K371 others may read it, K372 it lies with the data, K373 it is no key, K374 it is missing
        although earlier tables were made with one, K375 earlier tables were made with another,
        K376 it cannot be written or read.
    """
    _refuse_inside(path, processed, raw)
    before = _earlier(processed)
    if not path.exists():
        if before and not renew:
            raise InputRefused(
                "K374", "The pseudonym key is missing", where=str(path),
                expected=f"the key {before}, with which the tables in {processed} were made",
                remedy="restore it from its backup, name it with --key or KAOHE_KEY, or begin anew with --new-key"
                " (persons can then not be matched with earlier tables)",
            )  # fmt: skip
        return _create(path)
    key = Key(_read(path), "office", path)
    if before and before != key.id and not renew:
        raise InputRefused(
            "K375", "The tables were made with another pseudonym key", where=str(path), got=f"key {key.id}",
            expected=f"key {before}",
            remedy="name the right file with --key or KAOHE_KEY, or change over with --new-key"
            " (persons can then not be matched with earlier tables)",
        )  # fmt: skip
    return key


def _refuse_inside(path: Path, processed: Path, raw: Path) -> None:
    place = path.resolve()
    folders = {processed.resolve(), raw.resolve()}
    folders |= {f.parent for f in folders if f.parent.name == "data"}
    for folder in sorted(folders):
        if place.is_relative_to(folder):
            raise InputRefused(
                "K372", "The pseudonym key lies with the data", where=str(path), expected=f"a place outside {folder}",
                remedy="move it, for instance to ~/.config/kaohe/pseudonym.key; whoever gets the data must not get the key",
            )  # fmt: skip


def _earlier(processed: Path) -> str:
    """The fingerprint of the key with which the present tables of an office were made; empty for none."""
    intake = processed / "clean" / "intake.json"
    try:
        said = json.loads(intake.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    key = said.get("key") or {}
    return str(key.get("id", "")) if key.get("kind") == "office" else ""


def _create(path: Path) -> Key:
    secret = secrets.token_bytes(LENGTH)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secret.hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise _unreadable(path, error) from error
    return Key(secret, "office", path, created=True)


def _read(path: Path) -> bytes:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise _unreadable(path, error) from error
    if os.name == "posix" and mode & 0o077:
        raise InputRefused(
            "K371", "The pseudonym key can be read by others", where=str(path), got=f"mode {mode:04o}",
            expected="mode 0600", remedy=f"chmod 600 {path}; if others may have read it, begin anew with --new-key",
        )  # fmt: skip
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != LENGTH:
        raise InputRefused(
            "K373", "The pseudonym key is damaged", where=str(path), got=f"{len(text)} characters",
            expected=f"{2 * LENGTH} hexadecimal digits", remedy="restore it from its backup",
        )  # fmt: skip
    return secret


def _unreadable(path: Path, error: OSError) -> InputRefused:
    return InputRefused(
        "K376", "The pseudonym key cannot be read or written", where=str(path), got=error.strerror or "error",
        remedy="give its owner the right to, or name another file with --key or KAOHE_KEY",
    )  # fmt: skip
