"""The last look at a page before it is put in place: nothing personal, no way out, no trace of the machine."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from kaohe.base.errors import DisclosureError
from kaohe.clean.recognise import LONG_NUMBER, MAIL_FORM, MOBILE
from kaohe.publish.look import script_hash

_DATA_URI = re.compile(r"url\(data:font/woff2;base64,[A-Za-z0-9+/=]+\)")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
_TAG = re.compile(r"<([/!]?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>\"]|\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r"([^\s=\"<>/]+)(?:\s*=\s*\"([^\"]*)\")?")
_FETCHES = re.compile(r"url\((?!#)|expression|javascript:")
_STRAY = re.compile(r"<(?![/!]?[a-zA-Z])")
_CSP = re.compile(r"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ([^\"]*)\">")

TAGS = frozenset((
    "html", "head", "meta", "style", "title", "body", "a", "header", "main", "nav", "footer", "section", "div",
    "p", "span", "h1", "h2", "h3", "h4", "ol", "ul", "li", "dl", "dt", "dd", "figure", "figcaption", "details",
    "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "code", "em", "strong",
    "blockquote", "hr", "br", "wbr", "label", "input", "select", "option", "button", "abbr", "time", "output",
    "doctype", "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
    "defs", "clipPath", "use", "symbol", "marker", "pattern", "linearGradient", "radialGradient", "stop",
    "desc",
))  # fmt: skip
_SPOKEN = frozenset({"aria-label", "title", "alt", "content", "placeholder", "value", "data-name"})
_LOCAL = re.compile(
    r"#[a-z][a-z0-9-]*|[a-z0-9-]+\.(html|xlsx|csv)(#[a-z][a-z0-9-]*)?|\.\./tables/[a-z0-9-]+\.(xlsx|csv)", re.ASCII
)

# (what it is, pattern); the texts are searched after NFKC.
_PERSONAL = (
    ("an identity or card number", LONG_NUMBER),
    ("a telephone number", MOBILE),
    ("an e-mail address", MAIL_FORM),
)
_MACHINE = (
    (
        "an absolute path",
        re.compile(r"(?<![0-9A-Za-z./])/(?:[A-Za-z0-9_.\-]+/)+[A-Za-z0-9_.\-]*|(?<![A-Za-z])[A-Za-z]:\\|file:/"),
    ),
    ("a traceback", re.compile(r"Traceback|(?<![A-Za-z])[A-Z][A-Za-z]+(?:Error|Exception)(?![A-Za-z])")),
    ("an escape sequence", re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")),
    (
        "an unformatted missing value",
        re.compile(r"(?<![0-9A-Za-z-])(?:NaN|nan|NaT|None|null|undefined|<NA>|inf)(?![0-9A-Za-z-])"),
    ),
)


@dataclass(frozen=True)
class Leak:
    """One thing found: what it is and where, with everything personal masked."""

    what: str
    where: str


def refuse_leaks(
    text: str, slug: str, *, script_hashes: frozenset[str] = frozenset(), canaries: Iterable[str] = ()
) -> None:
    """Refuse a page that must not leave the office.

    Parameters
    ----------
    text : str
        The page.
    slug : str
        Its name, for the message.
    script_hashes : frozenset of str
        SHA-256 (base64) of the inline scripts that may stand in it beside that of every report.
    canaries : iterable of str
        Personal values known to be in the raw data; none may appear.

    Raises
    ------
    DisclosureError
        K850, listing what was found, masked.
    """
    found = scan(text, script_hashes=script_hashes, canaries=canaries)
    if found:
        kinds = list(dict.fromkeys(f.what for f in found))
        raise DisclosureError(
            "K850",
            "A page holds what must not leave the office",
            where=f"{slug}: {found[0].where}",
            got=", ".join(kinds) + (f" ({len(found)} places)" if len(found) > 1 else ""),
            expected="only what the report's tables and charts are meant to show",
            remedy="the page was not put in place; mend the raw record (free text is masked in clean) and run again",
        )


def scan(text: str, *, script_hashes: frozenset[str] = frozenset(), canaries: Iterable[str] = ()) -> list[Leak]:
    """What a page holds that it must not (see `refuse_leaks`).

    Parameters
    ----------
    text, script_hashes, canaries
        See `refuse_leaks`.

    Returns
    -------
    list of Leak
        What and where, personal values masked; empty when nothing was found.
    """
    found: list[Leak] = []
    bare = _DATA_URI.sub("url()", text)
    found += _structure(bare, script_hashes)
    body = _SCRIPT.sub("", _STYLE.sub("", bare))
    seen: dict[tuple[str, ...], tuple[list[Leak], list[str]]] = {}
    words: list[str] = []
    for parts in _TAG.findall(body):  # most tags of a page stand in it many times
        if parts not in seen:
            seen[parts] = _tag(*parts)
        leaks, spoken = seen[parts]
        found += leaks
        words += spoken
    said = _texts(body) + words
    uncoded = _texts(_CODE.sub("", body)) + words if "<pre>" in body else said
    for pieces, patterns in ((said, _PERSONAL), (uncoded, _MACHINE)):
        joined = "\n".join(pieces)
        for what, pattern in patterns:
            found += [
                Leak(what, _masked(joined, m.start(), m.end(), patterns is _PERSONAL)) for m in pattern.finditer(joined)
            ]
    everything = unicodedata.normalize("NFKC", html.unescape(bare))
    found += [Leak("a value known to be personal", "…") for canary in canaries if canary and canary in everything]
    return found


def _structure(text: str, script_hashes: frozenset[str]) -> list[Leak]:
    from base64 import b64encode
    from hashlib import sha256

    found = []
    allowed = {*script_hashes, script_hash("page")}
    policy = _CSP.search(text)
    if policy is None:
        found.append(Leak("no content policy", "head"))
    if 'lang="zh-CN"' not in text[:200]:
        found.append(Leak("no language", "html"))
    for script in _SCRIPT.findall(text):
        digest = b64encode(sha256(script.encode()).digest()).decode()
        if digest not in allowed:
            found.append(Leak("a script", "body"))
    if text.count("<script") != len(_SCRIPT.findall(text)):
        found.append(Leak("a script", "body"))
    for sheet in _STYLE.findall(text):
        outward = [m[1] for m in re.finditer(r"url\(\s*([^)]*)\)", sheet) if m[1] not in {"", '""'}]
        if "@import" in sheet or any(not u.startswith("data:image/svg+xml;base64,") for u in outward):
            found.append(Leak("a reference out of the page", "style"))
    if _STRAY.search(_SCRIPT.sub("", _STYLE.sub("", text))):
        found.append(Leak("broken markup", "body"))
    return found


def _tag(mark: str, name: str, attributes: str) -> tuple[list[Leak], list[str]]:
    """What is wrong with a tag, and what it says to who listens to the page."""
    found: list[Leak] = []
    spoken: list[str] = []
    if name not in TAGS and name.lower() not in TAGS:
        found.append(Leak("an element that pages do not have", name))
    for key, value in _ATTRIBUTE.findall(attributes):
        if key in _SPOKEN and value:
            spoken.append(_read(value))
        if mark:
            continue
        lower = key.lower()
        if lower.startswith("on") or lower in {"src", "srcset", "action", "formaction", "data", "ping", "background"}:
            found.append(Leak("an attribute that pages do not have", f"{name} {lower}"))
        elif _outward(lower, value):
            found.append(Leak("a reference out of the page", f"{name} {lower}"))
    return found, spoken


def _outward(key: str, value: str) -> bool:
    if key in {"href", "xlink:href"}:
        return not _LOCAL.fullmatch(html.unescape(value))
    return key in {"style", "fill", "clip-path"} and bool(_FETCHES.search(html.unescape(value)))


def _texts(body: str) -> list[str]:
    return [_read(t) for t in re.split(r"<[^>]*>", body) if t.strip()]


@lru_cache(maxsize=20_000)
def _read(text: str) -> str:
    return unicodedata.normalize("NFKC", html.unescape(text)).strip()


def _masked(text: str, start: int, end: int, personal: bool) -> str:
    hit = text[start:end]
    shown = f"{hit[:2]}{'*' * max(0, len(hit) - 4)}{hit[-2:]}" if personal else hit[:60]
    before = "" if personal else text[max(0, start - 20) : start].replace("\n", " ")
    return f"“{before}{shown}”"
