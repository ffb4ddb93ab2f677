"""Nothing in the library is without a caller, and no declared dependency without an import."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
LIB = ROOT / "lib" / "kaohe"
DOCS = "".join(p.read_text(encoding="utf-8") for p in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
# Called by a library that we give an object of ours to, by name; `json_schema` and on are for programs and tests that use ours.
HOOKS = {
    "export_from_notebook", "output_mimetype", "execute_managed_notebook", "create_kernel_manager", "start_new_kernel_client",
    "process_message", "softbreak", "link", "image", "setup", "teardown", "_constructor", "json_schema", "example_file", "run_serially", "replicate_covariance",
}  # fmt: skip
# Declared for what they do, not for an import.
TOOLS = {
    "jupyterlab": "make lab", "brotli": "fontTools writes woff2 with it", "zhplot": "holds the font",
    "seaborn": "for notebooks of a statistician's own",
    "setuptools": "builds the package", "import-linter": "make check", "mypy": "make check", "ruff": "make check",
    "pre-commit": "CONTRIBUTING", "nbstripout": "pre-commit", "pytest-cov": "coverage", "pytest-xdist": "parallel tests",
    "axe-playwright-python": "the browser tests read its script",
}  # fmt: skip


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources(*folders: str) -> list[Path]:
    return sorted(p for f in folders for p in (ROOT / f).rglob("*.py"))


def defined(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, classes, methods and module constants of a file; decorated functions are given away by that."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield node.name, node
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            words = {ast.unparse(d).split("(")[0] for d in node.decorator_list}
            if words <= {
                "dataclass",
                "property",
                "cached_property",
                "staticmethod",
                "classmethod",
                "cache",
                "lru_cache",
            }:
                yield node.name, node
    for node in tree(path).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from ((t.id, node) for t in targets if isinstance(t, ast.Name))


@dataclass(frozen=True)
class Uses:
    """What a file uses: names it reads, attributes and whole texts (with their lines), and names it imports from modules."""

    names: dict[str, list[int]]
    far: dict[str, list[int]]
    imported: set[tuple[str, str]]


def used(path: Path) -> Uses:
    found = Uses({}, {}, set())
    for inner in ast.walk(tree(path)):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            found.names.setdefault(inner.id, []).append(inner.lineno)
        elif isinstance(inner, ast.Attribute):
            found.far.setdefault(inner.attr, []).append(inner.lineno)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            found.far.setdefault(inner.value, []).append(inner.lineno)
        elif isinstance(inner, ast.ImportFrom) and inner.module:
            found.imported.update((inner.module, a.name) for a in inner.names)
    return found


def module_of(path: Path) -> str:
    parts = path.relative_to(LIB.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def notebook_code() -> str:
    cells = (c for p in sorted((ROOT / "notebooks").rglob("*.ipynb")) for c in nbformat.read(p, as_version=4).cells)
    return "\n".join(c.source for c in cells if c.cell_type == "code")


def test_nothing_in_the_library_is_without_a_caller() -> None:
    """Used by the library outside its own lines, a notebook, a benchmark, or documented for users.

    A name of a module is used there, where it is imported from that module, or as an attribute; one of the
    same spelling elsewhere is another thing.
    """
    uses = {path: used(path) for path in sources("lib/kaohe", "benchmarks")}
    imported = set().union(*(u.imported for u in uses.values()))
    far: dict[str, int] = {}
    for u in uses.values():
        for name, at in u.far.items():
            far[name] = far.get(name, 0) + len(at)
    entry = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    outside = set(re.findall(r"\w+", notebook_code())) | set(re.findall(r":(\w+)\"", entry)) | HOOKS
    outside |= {
        n
        for code in re.findall(r"`([^`\n]+)`|```\w*\n(.*?)```", DOCS, re.DOTALL)
        for n in re.findall(r"\w+", "".join(code))
    }
    dead = []
    for path in sources("lib/kaohe"):
        spans: dict[str, list[tuple[int, int]]] = {}
        for name, node in defined(path):
            spans.setdefault(name, []).append((node.lineno, node.end_lineno or node.lineno))
        for name, own in spans.items():
            near, here = uses[path].names.get(name, []), uses[path].far.get(name, [])
            outer = [n for n in near if not any(a <= n <= b for a, b in own)]
            inner = sum(any(a <= n <= b for a, b in own) for n in here)
            known = outer or far.get(name, 0) > inner or (module_of(path), name) in imported or name in outside
            if not known and not re.fullmatch(r"__\w+__|_\w+_default|_render_traceback_|_repr_\w+_|_", name):
                dead.append(f"{path.relative_to(LIB)}: {name}")
    assert not dead, "\n".join(dead)


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(d for e in extras for d in project["optional-dependencies"][e])]
    return {re.split(r"[>=\[]", d)[0].strip().lower() for d in lines}


def imported(*folders: str) -> set[str]:
    found = set()
    trees = [tree(p) for p in sources(*folders)]
    trees += [ast.parse(notebook_code())] if "notebooks" in folders else []
    for code in trees:
        for node in ast.walk(code):
            if isinstance(node, ast.Import):
                found |= {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"^(papermill|nbconvert)$", node.value))
    return found


@cache
def installed() -> dict[str, list[str]]:
    return dict(packages_distributions())


def distributions(modules: set[str]) -> set[str]:
    known = installed()
    return {d.lower().replace("_", "-") for m in modules for d in known.get(m, ())}


def test_every_dependency_is_imported_or_has_its_reason() -> None:
    assert sorted(declared("cluster") - distributions(imported("lib/kaohe", "notebooks")) - set(TOOLS)) == []
    tools = declared("dev") - distributions(imported("tests", "benchmarks", "lib/kaohe", "notebooks")) - set(TOOLS)
    assert sorted(tools) == []
    assert sorted(set(TOOLS) - declared("cluster", "dev")) == []


def test_everything_imported_is_declared() -> None:
    modules = imported("lib/kaohe") - {"kaohe"}
    known = installed()
    outside = {m for m in modules if m in known}
    missing = {m for m in outside if not ({d.lower().replace("_", "-") for d in known[m]} & declared("cluster"))}
    assert sorted(missing) == []
