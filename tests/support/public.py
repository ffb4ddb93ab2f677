"""What of the library is public, and what a docstring says.

Public is what a package offers beyond itself: every name in an ``__all__``; every function and class that a
module of another package or a notebook imports; the classes that those give back; and the methods and
properties of all these classes whose names have no underscore in front.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import kaohe

ROOT = Path(__file__).parents[2]
IMPORT = re.compile(r"(?m)^\s*from (kaohe[\w.]*) import (\([^)]*\)|[^\n(]+)")
NAME = re.compile(r"(\w+)(?: as (\w+))?")
SECTION = r"(?m)^{}\n-+\n(?P<body>(?:.*\n?)*?)(?=^[A-Z][a-z]+\n-{{3,}}|\Z)"
HEAD = re.compile(r"(?m)^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : ([^\n]*))?\n?((?:(?:    [^\n]*)?\n?)*)")


@cache
def modules() -> dict[str, ModuleType]:
    """Every module of the library, imported."""
    found = (i.name for i in pkgutil.walk_packages(kaohe.__path__, "kaohe."))
    return {name: importlib.import_module(name) for name in ["kaohe", *found]}


@cache
def source(module: str) -> str:
    """Text of a module of the library."""
    return Path(str(modules()[module].__file__)).read_text(encoding="utf-8")


@cache
def tree(module: str) -> ast.Module:
    """Its syntax tree."""
    return ast.parse(source(module))


def package(module: str) -> str:
    """The package of a module: the second part of its name."""
    return [*module.split("."), ""][1]


def taken(code: str, home: str) -> Iterator[tuple[str, str]]:
    """Names (module, name) that code of package `home` takes from other packages: imported, or of an imported module."""
    for module, names in IMPORT.findall(code):
        for name, alias in NAME.findall(re.sub(r"#.*", "", names)):
            whole = f"{module}.{name}"
            if whole in modules() and package(whole) != home:
                yield from ((whole, used) for used in re.findall(rf"(?<![\w.]){alias or name}\.(\w+)", code))
            elif whole not in modules() and package(module) != home:
                yield module, name


@cache
def offered() -> frozenset[tuple[str, str]]:
    """(module, name) of everything that is exported or imported from outside its package."""
    out = {(name, n) for name, module in modules().items() for n in getattr(module, "__all__", ())}
    for name in modules():
        out |= set(taken(source(name), package(name)))
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        cells = [c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
        out |= set(taken("\n".join("".join(c["source"]) for c in cells), "a notebook"))
    return frozenset(out)


@dataclass(frozen=True, eq=False)
class Member:
    """A public function, class, method or property."""

    name: str
    thing: Any
    owner: type | None = None

    @property
    def function(self) -> Any:
        """The function behind it; None for a class."""
        thing = self.thing
        if isinstance(thing, classmethod | staticmethod):
            thing = thing.__func__
        thing = getattr(thing, "fget", None) or (thing.func if isinstance(thing, cached_property) else thing)
        return inspect.unwrap(thing) if inspect.isroutine(thing) else None

    @property
    def is_property(self) -> bool:
        """True for what is read without a call."""
        return isinstance(self.thing, property | cached_property)

    @property
    def module(self) -> str:
        """Where it is defined."""
        return str((self.function or self.thing).__module__)

    @property
    def doc(self) -> str:
        """Its own docstring, that of the function beneath for a dressed method."""
        return inspect.cleandoc((self.function or self.thing).__doc__ or "")

    @property
    def parameters(self) -> dict[str, str]:
        """Annotation by parameter, stars in front of the name; without self and cls."""
        if self.is_property:
            return {}
        if self.function is None and (enum_like(self.thing) or not own_init(self.thing)):
            return {}
        given = inspect.signature(self.function or self.thing.__init__).parameters
        stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        names = {stars.get(p.kind, "") + n: str(p.annotation) for n, p in given.items() if not n.startswith("_")}
        if self.owner is not None or self.function is None:
            names.pop("self", None), names.pop("cls", None)
        return names

    @property
    def returns(self) -> str:
        """Annotation of what comes back; that of a class is empty."""
        return "" if self.function is None else str(self.function.__annotations__.get("return", ""))

    @property
    def node(self) -> ast.FunctionDef | None:
        """Its definition in the syntax tree."""
        return definitions(self.module).get(self.function.__qualname__) if self.function is not None else None


def enum_like(kind: type) -> bool:
    """A class without a constructor of its own: an enumeration or a protocol."""
    return hasattr(kind, "__members__") or getattr(kind, "_is_protocol", False)


def own_init(kind: type) -> bool:
    """The constructor is written here, or made of the fields of a dataclass; a subclass that adds none tells nothing again."""
    return "__init__" in vars(kind) or "__dataclass_fields__" in vars(kind)


@cache
def definitions(module: str) -> dict[str, ast.FunctionDef]:
    """Functions and methods of a module by their qualified name."""
    out: dict[str, ast.FunctionDef] = {}
    for node in tree(module).body:
        if isinstance(node, ast.FunctionDef):
            out[node.name] = node
        elif isinstance(node, ast.ClassDef):
            out |= {f"{node.name}.{n.name}": n for n in node.body if isinstance(n, ast.FunctionDef)}
    return out


def is_ours(thing: Any) -> bool:
    """A function or class of the library."""
    return (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__.split(".")[0] == "kaohe"


def given_back(member: Member) -> Iterator[type]:
    """Public classes of the library in the annotation of what comes back."""
    names = vars(modules()[member.module])
    for word in re.findall(r"\w+", member.returns):
        kind = names.get(word)
        if inspect.isclass(kind) and is_ours(kind) and not kind.__name__.startswith("_"):
            yield kind


def members_of(kind: type) -> Iterator[Member]:
    """Methods and properties of a class that it or a class of the library above it defines."""
    seen = set()
    for above in kind.__mro__:
        if above.__module__.split(".")[0] != "kaohe":
            continue
        for name, thing in vars(above).items():
            member = Member(f"{above.__module__}.{above.__qualname__}.{name}", thing, above)
            if name.startswith("_") or name in seen or not callable(member.function):
                continue
            seen.add(name)
            yield member


@cache
def public() -> dict[str, Member]:
    """Every public function, class, method and property by its full name."""
    out: dict[str, Member] = {}
    wait = [getattr(modules()[m], n, None) for m, n in sorted(offered()) if m in modules() and not n.startswith("_")]
    while wait:
        thing = wait.pop(0)
        if not is_ours(thing):
            continue
        made = Member(f"{thing.__module__}.{thing.__qualname__}", thing)
        if made.name in out:
            continue
        out[made.name] = made
        for member in [made, *(members_of(thing) if inspect.isclass(thing) else [])]:
            out.setdefault(member.name, member)
            wait.extend(given_back(member))
    return dict(sorted(out.items()))


def section(doc: str, name: str) -> str:
    """Text of a section of a docstring; empty where there is none."""
    found = re.search(SECTION.format(name), doc)
    return found["body"] if found else ""


def summary(doc: str) -> str:
    """What stands before the first section."""
    return re.split(r"(?m)^[A-Z][a-z]+\n-{3,}$", doc)[0]


@cache
def told(doc: str) -> dict[str, str]:
    """What a docstring says of each parameter and attribute: the type after the colon and the lines beneath."""
    out: dict[str, str] = {}
    for part in ("Parameters", "Attributes"):
        for names, kind, text in HEAD.findall(section(doc, part)):
            out |= dict.fromkeys(names.split(", "), f"{kind}\n{text}")
    return out


def resolve(path: str, member: Member) -> Member | None:
    """What a name in backticks means beside a member: of its class, of its module, of its package, or in full."""
    own = [f"{member.module}.{member.owner.__qualname__}."] if member.owner else []
    scopes = [*own, f"{member.module}.", f"kaohe.{package(member.module)}.", ""]
    for scope in scopes:
        parts = (scope + path).split(".")
        for cut in range(len(parts) - 1, 0, -1):
            found: Any = modules().get(".".join(parts[:cut]))
            for part in parts[cut:] if found is not None else []:
                found = (
                    inspect.getattr_static(found, part, None) if inspect.isclass(found) else getattr(found, part, None)
                )
            if (
                inspect.isclass(found)
                or inspect.isroutine(found)
                or isinstance(found, property | cached_property | classmethod)
            ):
                owner = modules()[".".join(parts[:cut])]
                for part in parts[cut:-1]:
                    owner = getattr(owner, part)
                return Member(path, found, owner if inspect.isclass(owner) else None)
    return None


def referred(text: str, member: Member) -> list[Member]:
    """The members that a text sends its reader to: ``As `name```, ``see `name```, ``that `name` names``."""
    names = re.findall(r"(?:\b[Aa]s(?: for| in)?|\b[Ss]ee|\bthat|\bof) `+([\w.]+)`+", text)
    return [m for m in (resolve(n, member) for n in names) if m is not None and m.doc]


def is_error(thing: Any) -> bool:
    """An error type of the library."""
    return inspect.isclass(thing) and issubclass(thing, Exception)


@cache
def raising(module: str, qualname: str) -> tuple[bool, frozenset[str]]:
    """Whether a function raises something, and the codes that it raises with: itself, and through the private functions
    that it calls of its own module or class."""
    defined, wait, seen = definitions(module), [qualname], set()
    codes: set[str] = set()
    refuses = False
    while wait:
        at = wait.pop()
        if at in seen or at not in defined:
            continue
        seen.add(at)
        nodes = list(uncaught(defined[at]))
        raised = [n.exc for n in nodes if isinstance(n, ast.Raise) and n.exc is not None]
        refuses |= bool(raised)
        for part in nodes if any(isinstance(r, ast.Name) for r in raised) else raised:
            codes |= made(part, module)
        for node in nodes:
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                name = re.sub(r"^(?:self|cls)\b", at.rpartition(".")[0], name)
                wait += [name] if name.rpartition(".")[2].startswith("_") else []
    return refuses, frozenset(codes)


def uncaught(code: ast.AST) -> Iterator[ast.AST]:
    """The nodes of some code, without what an ``except`` beside it catches."""
    wait = [code]
    while wait:
        node = wait.pop()
        yield node
        caught = isinstance(node, ast.Try) and bool(node.handlers)
        wait += [n for n in ast.iter_child_nodes(node) if not (caught and n in node.body)]  # type: ignore[attr-defined]


def made(code: ast.AST, module: str) -> set[str]:
    """Codes of the errors that some code of a module makes, itself or by functions that give an error back."""
    names, out = vars(modules()[module]), set[str]()
    for node in ast.walk(code):
        if not isinstance(node, ast.Call):
            continue
        first, _, rest = ast.unparse(node.func).partition(".")
        thing = getattr(names.get(first), rest, None) if rest else names.get(first)
        if is_error(thing):
            out |= {a.value for a in node.args if isinstance(a, ast.Constant) and re.fullmatch(r"K\d{3}", str(a.value))}
        elif inspect.isfunction(thing) and is_error(_returned(thing)):
            out |= made(definitions(thing.__module__)[thing.__qualname__], thing.__module__)
    return out


def _returned(function: Any) -> Any:
    """The class that a function is annotated to give back."""
    return vars(modules().get(function.__module__, re)).get(str(function.__annotations__.get("return")).split(" ")[0])


def codes_in(text: str) -> set[str]:
    """Codes that a text names; ``K301 to K309`` names all between."""
    out = set(re.findall(r"\bK\d{3}\b", text))
    for low, high in re.findall(r"\bK(\d{3})(?: to |–)K(\d{3})\b", text):
        out |= {f"K{n}" for n in range(int(low), int(high) + 1)}
    return out
