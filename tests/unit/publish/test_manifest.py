"""What was published from what, and when it has to be made again."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.files import sha256_text, write_parquet, write_text
from kaohe.publish import manifest, sources
from kaohe.publish.freshness import state_of
from kaohe.publish.manifest import (
    Entry,
    Manifest,
    inputs_of,
    library_files,
    library_hash,
    read_manifest,
    summary,
    write_manifest,
)
from kaohe.publish.part_digests import PartDigests
from kaohe.publish.reports import reports_of, targets_of
from kaohe.publish.sources import ROOT, imported, reach
from kaohe.publish.tables_state import code
from support.built_frames import the_plan
from support.publishing import frames, good, save, write_build

PART = "streams[object=440200000000]"


def setting(tmp_path: Path) -> tuple[Path, Path, dict[str, str], Entry]:
    """Build, outputs, inputs and a fresh entry of 韶关市."""
    build = write_build(tmp_path / "processed") / "build"
    outputs = tmp_path / "outputs"
    write_text(outputs / "html" / "city-440200.html", "page")
    report = next(r for r in reports_of(frames()["targets"], the_plan()) if r.slug == "city-440200")
    notebook = save(tmp_path / "40_city.ipynb", good("40_city"))
    inputs = inputs_of(report, notebook, the_plan().digest, "leadership")
    entry = Entry(
        "city-440200", "40_city", "440200000000", "韶关市", "done", inputs,
        {PART: digests(build)[PART]}, {"html/city-440200.html": sha256_text("page")},
    )  # fmt: skip
    return build, outputs, inputs, entry


def digests(build: Path) -> PartDigests:
    return PartDigests(build, targets_of(reports_of(frames()["targets"], the_plan())))


def test_fresh_until_something_changes(tmp_path: Path) -> None:
    build, outputs, inputs, entry = setting(tmp_path)
    assert state_of(entry, inputs, digests(build), outputs) == "fresh"
    for key in inputs:
        assert state_of(entry, {**inputs, key: "other"}, digests(build), outputs) == "stale"
    assert state_of(None, inputs, digests(build), outputs) == "missing"
    assert state_of(replace(entry, state="failed"), inputs, digests(build), outputs) == "failed"


def test_rows_of_others_do_not_make_it_stale_but_its_own_do(tmp_path: Path) -> None:
    build, outputs, inputs, entry = setting(tmp_path)
    changed = frames()["streams"].copy()
    changed.loc[changed["object"] == "440300000000", "score"] += 1
    write_parquet(build / "streams.parquet", changed)
    assert state_of(entry, inputs, digests(build), outputs) == "fresh"
    changed.loc[changed["object"] == "440200000000", "score"] += 1
    write_parquet(build / "streams.parquet", changed)
    assert state_of(entry, inputs, digests(build), outputs) == "stale"


@pytest.mark.case("X14")
def test_a_page_that_was_touched_or_removed_is_made_again(tmp_path: Path) -> None:
    build, outputs, inputs, entry = setting(tmp_path)
    page = outputs / "html" / "city-440200.html"
    page.write_text("touched")
    assert state_of(entry, inputs, digests(build), outputs) == "missing"
    assert state_of(entry, inputs, digests(build), outputs, check_files=False) == "fresh"
    page.unlink()
    assert state_of(entry, inputs, digests(build), outputs, check_files=False) == "missing"


def test_it_reads_back_what_it_wrote(tmp_path: Path) -> None:
    entry = Entry("a", "40_city", "x", "甲", "failed", {"plan": "p"}, reason="K830", exit_code=3, slowest=(4, 0.5))
    write_manifest(tmp_path, Manifest({"a": entry}))
    assert read_manifest(tmp_path).entries == {"a": entry}
    assert read_manifest(tmp_path / "nowhere").entries == {}


@pytest.mark.case("X16")
@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"schema": 2, "reports": []}',
        '{"schema": 9, "reports": {}}',
        '{"schema": 1, "reports": {"a": {}}}',
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(InputRefused, match="K860 The manifest cannot be read"):
        read_manifest(tmp_path)


def test_a_failure_keeps_the_files_of_the_last_success() -> None:
    done = Entry("a", "n", "t", "甲", "done", {}, outputs={"html/a.html": "1"})
    failed = Entry("a", "n", "t", "甲", "failed", {}, reason="K830")
    kept = Manifest({"a": done}).with_entry(failed).entries["a"]
    assert (kept.state, kept.outputs) == ("failed", {"html/a.html": "1"})


def test_summary_counts_and_names_the_slowest() -> None:
    entries = {s: Entry(s, "n", "t", "甲", st, {}, seconds=2.0, slowest=(3, sec)) for s, st, sec in
               (("a", "done", 0.5), ("b", "failed", 0.0), ("c", "done", 1.5))}  # fmt: skip
    said = summary(Manifest(entries))
    assert (said["done"], said["failed"], said["seconds"]) == (2, 1, 6.0)
    assert said["slowest"] == [("c", 3, 1.5), ("a", 3, 0.5)]


def test_the_librarys_hash_is_of_names_and_bytes_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(library_hash()) == 64
    files = [tmp_path / "a.py", tmp_path / "b.py"]
    for path in files:
        path.write_text("x = 1\n")
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    monkeypatch.setattr(manifest, "library_files", lambda: files)
    first = library_hash.__wrapped__()
    files[1].write_text("x = 2\n")
    changed = library_hash.__wrapped__()
    files[1].write_text("x = 1\n")
    assert library_hash.__wrapped__() == first
    files[1] = files[1].rename(tmp_path / "c.py")
    assert len({first, changed, library_hash.__wrapped__()}) == 3


def suite_imports(path: Path) -> set[Path]:
    """What a module imports of the suite, read off its syntax tree."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
    paths = {ROOT.parent.joinpath(*n.split(".")).with_suffix(".py") for n in names if n.startswith("kaohe.")}
    return {p for p in paths if p.is_file()}


def test_imports_are_found_as_the_syntax_tree_has_them() -> None:
    for path in ROOT.rglob("*.py"):
        assert imported(path) == suite_imports(path), path


def test_fingerprints_cover_all_that_protects_and_all_that_is_imported() -> None:
    pages = set(library_files())
    makers = [*ROOT.glob("plot/*.py"), *(ROOT / "publish" / f"{m}.py" for m in ("audit", "html", "report", "notebook"))]
    books = set(reach([ROOT / "publish" / "tables_out.py"]))
    for made, modules in ((pages, makers), (books, [*ROOT.glob("publish/table*.py"), ROOT / "clean" / "book_out.py"])):
        for module in modules:
            assert module in made
            assert suite_imports(module) <= made, module
    assert {
        ROOT / f for f in ("estimate/suppress.py", "clean/recognise.py", "plot/terms.py", "publish/audit.py")
    } <= pages
    assert {
        ROOT / f for f in ("estimate/suppress.py", "clean/recognise.py", "clean/scrub.py", "plot/terms.py")
    } <= books


def test_a_digest_changes_with_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    file = tmp_path / "a.py"
    file.write_text("x = 1", encoding="utf-8")
    before = sources.digest([file])
    file.write_text("x = 2", encoding="utf-8")
    assert sources.digest([file]) != before


def test_the_digest_of_the_tables_is_taken_once_a_process() -> None:
    assert code() == code()
    assert code.cache_info().currsize == 1
