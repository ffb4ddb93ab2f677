"""The key of the pseudonyms: where it may lie, who may read it, and that nothing replaces it in silence."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused
from kaohe.clean.keys import Key, demonstration_key, key_path, office_key


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("raw", "processed"):
        (tmp_path / "data" / name).mkdir(parents=True)
    return tmp_path / "data/processed", tmp_path / "data/raw"


def earlier(processed: Path, key_id: str, kind: str = "office") -> None:
    (processed / "clean").mkdir(exist_ok=True)
    (processed / "clean/intake.json").write_text(json.dumps({"key": {"id": key_id, "kind": kind}}))


def refused(path: Path, folders: tuple[Path, Path]) -> str:
    with pytest.raises(InputRefused) as error:
        office_key(path, *folders)
    return error.value.message()


def test_the_first_run_makes_a_key_for_its_owner_only(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    path = tmp_path / "config" / "kaohe" / "pseudonym.key"
    made = office_key(path, *folders)
    assert made.created
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = office_key(path, *folders)
    assert (again.created, again.secret, again.id) == (False, made.secret, made.id)
    assert made.secret.hex() not in repr(made)
    assert len(made.id) == 12
    assert office_key(tmp_path / "other.key", *folders).id != made.id


def test_a_key_that_others_can_read_is_refused(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    path = tmp_path / "k"
    office_key(path, *folders)
    path.chmod(0o640)
    assert refused(path, folders) == (
        "K371 The pseudonym key can be read by others\n"
        f"  where     {path}\n"
        "  got       mode 0640\n"
        "  expected  mode 0600\n"
        f"  remedy    chmod 600 {path}; if others may have read it, begin anew with --new-key"
    )


@pytest.mark.parametrize("place", ["data/processed/k", "data/raw/x/k", "data/k"])
def test_a_key_beside_the_data_is_refused(tmp_path: Path, folders: tuple[Path, Path], place: str) -> None:
    path = tmp_path / place
    message = refused(path, folders)
    assert message.startswith(
        f"K372 The pseudonym key lies with the data\n  where     {path}\n  expected  a place outside "
    )
    assert message.endswith(
        "  remedy    move it, for instance to ~/.config/kaohe/pseudonym.key; whoever gets the data must not get the key"
    )
    assert not path.exists()


def test_a_link_into_the_data_is_no_way_round(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "k").symlink_to(folders[1] / "k")
    assert refused(tmp_path / "k", folders).startswith("K372")


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31])
def test_a_damaged_key_is_refused(tmp_path: Path, folders: tuple[Path, Path], text: str) -> None:
    path = tmp_path / "k"
    path.write_text(text)
    path.chmod(0o600)
    assert refused(path, folders) == (
        f"K373 The pseudonym key is damaged\n  where     {path}\n  got       {len(text)} characters\n"
        "  expected  64 hexadecimal digits\n  remedy    restore it from its backup"
    )


def test_a_missing_key_is_no_reason_to_make_another(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    path = tmp_path / "k"
    earlier(folders[0], "0123456789ab")
    assert refused(path, folders) == (
        f"K374 The pseudonym key is missing\n  where     {path}\n"
        f"  expected  the key 0123456789ab, with which the tables in {folders[0]} were made\n"
        "  remedy    restore it from its backup, name it with --key or KAOHE_KEY, or begin anew with --new-key"
        " (persons can then not be matched with earlier tables)"
    )
    assert not path.exists()
    assert office_key(path, *folders, renew=True).created


def test_another_key_than_that_of_the_tables_is_refused(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    path = tmp_path / "k"
    made = office_key(path, *folders)
    earlier(folders[0], "0123456789ab")
    assert refused(path, folders) == (
        f"K375 The tables were made with another pseudonym key\n  where     {path}\n  got       key {made.id}\n"
        "  expected  key 0123456789ab\n"
        "  remedy    name the right file with --key or KAOHE_KEY, or change over with --new-key"
        " (persons can then not be matched with earlier tables)"
    )
    assert office_key(path, *folders, renew=True).id == made.id
    earlier(folders[0], made.id)
    assert office_key(path, *folders).id == made.id
    earlier(folders[0], "0123456789ab", kind="demonstration")
    assert office_key(path, *folders).id == made.id


def test_a_key_that_cannot_be_written_is_one_message(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "k"
    assert refused(path, folders) == (
        f"K376 The pseudonym key cannot be read or written\n  where     {path}\n  got       File exists\n"
        "  remedy    give its owner the right to, or name another file with --key or KAOHE_KEY"
    )


def test_where_the_key_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert key_path(tmp_path / "given") == tmp_path / "given"
    assert key_path() == Path(os.environ["KAOHE_KEY"])
    monkeypatch.delenv("KAOHE_KEY")
    assert key_path() == tmp_path / "kaohe" / "pseudonym.key"


def test_the_demonstration_has_a_key_of_its_own_that_is_no_secret() -> None:
    one = demonstration_key(2020)
    assert one.kind == "demonstration"
    assert one == demonstration_key(2020)
    assert one.id != demonstration_key(2021).id
    assert isinstance(one, Key)
