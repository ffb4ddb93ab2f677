"""The bar of the pages, line by line: each function looks at an opened page and names what falls short."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path

from fontTools.ttLib import TTFont
from playwright.sync_api import Page

from kaohe.publish.downloads import linked_files
from support.pdf_text import page_texts, text_depths

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

# ---------------------------------------------------------------------------------------------
# structure


def unfold(page: Page) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def too_wide(page: Page) -> list[str]:
    """The page, where it must be scrolled sideways."""
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"{over} px too wide"] if over > 0 else []


def inaccessible(page: Page, *, only: str = "", but: str = "", leave: str = "") -> list[str]:
    """What axe finds, with the first element of each kind: by one rule only, by all but one, leaving out some elements."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    options: dict[str, object] = {"resultTypes": ["violations"]}
    options |= {"runOnly": [only]} if only else {"rules": {but: {"enabled": False}}} if but else {}
    where = {"exclude": [[leave]]} if leave else {}
    found = page.evaluate("([where, options]) => axe.run(where.exclude ? where : document, options)", [where, options])
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


def repeated_ids(page: Page) -> list[str]:
    """Ids that stand on more than one element."""
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    return sorted({i for i in ids if ids.count(i) > 1}) if len(ids) > len(set(ids)) else []


_FIGURES = """[...document.querySelectorAll('figure.chart')].map(f => {
  const all = [...f.querySelectorAll('svg')], said = (s, key) => document.getElementById(s.getAttribute(key)).textContent;
  const drawn = all.filter(s => s.getAttribute('role') == 'img'), again = all.filter(s => !drawn.includes(s));
  const part = s => s.matches('.names, .key>svg') && s.getAttribute('aria-hidden') == 'true' && s.children.length == 1
    && s.firstElementChild.getAttribute('href') == `#${f.id}-drawn`;
  return {
    number: f.querySelector('.no').textContent, title: f.querySelector('figcaption').textContent,
    alt: said(drawn[0], 'aria-describedby'), label: said(drawn[0], 'aria-labelledby'),
    same: drawn.every(s => ['aria-describedby', 'aria-labelledby'].every(k => said(s, k) == said(drawn[0], k))),
    shown: drawn.filter(s => s.getClientRects().length).length, parts: again.every(part), note: !!f.querySelector('.src'),
    rows: f.querySelectorAll('details tbody tr').length};
})"""
_TABLES = """[...document.querySelectorAll('table')].map(t => ({
  caption: (t.caption || {}).textContent || '', heads: [...t.querySelectorAll('th')].every(h => h.scope)}))"""


def incomplete(page: Page) -> list[str]:
    """Figures without number, title, text of their own, source or data; tables without caption or scope."""
    bad = []
    figures = page.evaluate(_FIGURES)
    for n, each in enumerate(figures, start=1):
        if each["number"] != f"图{n}":
            bad.append(f"{each['number']} stands where 图{n} is due")
        if each["title"] != each["number"] + each["label"] or each["alt"] in {"", each["label"]}:
            bad.append(f"{each['number']}: title or alt")
        if (each["shown"], each["same"], each["parts"], each["note"]) != (1, True, True, True) or not each["rows"]:
            bad.append(f"{each['number']}: one picture with words for all, source or data table")
    for key in ("alt", "label"):
        said = [f[key] for f in figures]
        bad += [f"{key} repeated: {text}" for text in dict.fromkeys(said) if said.count(text) > 1]
    bad += [f"table {t['caption'][:40]!r}" for t in page.evaluate(_TABLES) if not (t["caption"] and t["heads"])]
    return bad


def dead_links(page: Page, path: Path) -> list[str]:
    """Links to anchors that are not there and to files that are not there."""
    hrefs = page.evaluate("[...new Set([...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href')))]")
    ids = set(page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    return [
        h for h in hrefs if (h[1:] not in ids if h.startswith("#") else not (path.parent / h.split("#")[0]).is_file())
    ]


def unlinked(page: Page) -> list[str]:
    """Conclusions that lead nowhere on the page, or to what stays closed when it is asked for."""
    return [
        said[:60]
        for said in page.evaluate("""() => [...document.querySelectorAll('.notes li')].filter(l => {
  const link = l.querySelector('a[href^="#"]'), there = link && document.getElementById(link.hash.slice(1));
  if (!there) return true;
  link.click();
  const folded = there.matches('figure.tab') && there.querySelector('details');
  return there.getClientRects().length == 0 || folded && !folded.open;
}).map(l => l.textContent)""")
    ]


# ---------------------------------------------------------------------------------------------
# pictures and characters

# Texts that leave their picture or cover another by more than a third of the smaller one's height and width.
_LAYOUT = """() => [...document.querySelectorAll('figure.chart')].flatMap(f => {
  const svg = [...f.querySelectorAll('svg:not([aria-hidden])')].find(s => s.getClientRects().length);
  const box = svg.getBoundingClientRect(), bad = [];
  const all = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()]).filter(t => t[0]);
  for (const [said, r] of all)
    if (r.left < box.left - 2 || r.right > box.right + 2 || r.top < box.top - 2 || r.bottom > box.bottom + 2)
      bad.push([f.id, 'outside', said]);
  for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) {
    const [s, a] = all[i], [t, b] = all[j];
    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (w > 2 && h > 0.45 * Math.min(a.height, b.height)) bad.push([f.id, s, t]);
  }
  return bad;
})"""


def misplaced(page: Page) -> list[list[str]]:
    """Texts of pictures that are cut or covered: figure, text, other text."""
    found: list[list[str]] = page.evaluate(_LAYOUT)
    return found


@lru_cache(maxsize=4)
def _drawn_by(font: str) -> frozenset[int]:
    return frozenset(TTFont(io.BytesIO(b64decode(font))).getBestCmap())


def undrawn(page: Page, html: str) -> list[str]:
    """Characters that no font embedded in the page has."""
    fonts = re.findall(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", html)
    have = frozenset[int]().union(*map(_drawn_by, fonts))
    said = set(page.evaluate("document.body.textContent")) - set("\n\t\r \u200b\u2060")
    return sorted(c for c in said if ord(c) not in have)


# ---------------------------------------------------------------------------------------------
# words

# Names and abbreviations that stand in Chinese reports as they are.
LATIN = {
    "kaohe", "gd", "CSV", "Excel", "Kish", "html", "tables", "data", "quality", "xlsx", "csv", "GB", "gb", "demo", "UTF", "utf", "BOM", "Sheet",
}  # fmt: skip
# Names of the office's files: folders and words of the layout, for the rest Chinese, digits and underscores.
_ENGLISH = (
    "objects|places|pairing|totals|sample_villages|sample_households|households|villages|teams|index|field|facts|decisions|self_reports"
    "|self_grades|problems"
)
_FILE = (
    r"(?<![\w/.-])(?:registry|survey|cross|daily|office)"
    rf"(?:/(?:{_ENGLISH}|[\u4e00-\u9fff\d_]+))+\.(?:xlsx|csv)(?![A-Za-z])"
)
# Fingerprints, codes of findings, of interviewers and of units, numbers of decisions.
_CODE = r"\b[0-9a-f]{12}(?:[0-9a-f]{4})?\b|\bK\d{3}\b|\bD[WC]\d{3}\b|\bJD-\d+\b"
_TRACES = r"Traceback|\\u[0-9a-f]{4}|\bNaN\b|\bnan\b|\bNone\b|/home/|/tmp/"
_COUNTED = "(?:个|项|户|处|名|条|村|镇)"
# A count of nothing within a sentence, no points taken or lost, and 都 of a single one; a cell of a table may say 0项.
_NOTHING = (
    rf"(?<![\d.,])0{_COUNTED}(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff，；（])0{_COUNTED}|[失扣]0(?:\.0+)?分"
    rf"|(?<![\d.,第前后])1{_COUNTED}[^，。：；（、\s\d]{{0,8}}都"
)
_CLUMSY = _NOTHING + r"|。。|；。|，。|（）|、）|（、|；；|，，|、、|：。|：；"
_PERSONAL = r"(?<![\dA-Za-z])(\d{17}[\dXx]|1[3-9]\d{9}|\d{16,19})(?![\dA-Za-z])"


def clumsy(said: str) -> list[str]:
    """Counts of nothing within a sentence and punctuation gone wrong."""
    return [m[0] for m in re.finditer(_CLUMSY, said)]


def slips(page: Page) -> list[str]:
    """English left over, traces of the machine, numbers of persons, and punctuation gone wrong; unfold first."""
    said = page.inner_text("body") + " ".join(
        page.evaluate(
            """[...document.querySelectorAll('[aria-label]')].map(e => e.getAttribute('aria-label'))
               .concat([...document.querySelectorAll('svg desc, svg title, svg text')].map(e => e.textContent))"""
        )
    )
    said = re.sub(f"{_FILE}|{_CODE}", "#", said)
    bad = sorted(set(re.findall(r"[A-Za-z]{2,}", said)) - LATIN)
    return bad + clumsy(said) + [m[0] for p in (_TRACES, _PERSONAL) for m in re.finditer(p, said)]


# ---------------------------------------------------------------------------------------------
# numbers


def half_up(value: float, digits: int = 1) -> str:
    """A number as the pages write it."""
    return f"{Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


@lru_cache(maxsize=64)
def _numbers_of(path: Path) -> frozenset[float]:
    said = path.read_text(encoding="utf-8-sig")
    return frozenset(float(n) for n in re.findall(r"(?<=,)-?\d+\.\d+(?=[,\r])", said))


def _delivered(path: Path, html: str) -> set[float]:
    """Numbers of the CSV files that a page links to, of scores and estimates; shares as percent too."""
    names = linked_files([html]) | {"composite.csv", "estimates.csv"}
    found = set[float]().union(*(_numbers_of(path.parents[1] / "tables" / n) for n in names if n.endswith(".csv")))
    return found | {100 * v for v in found if abs(v) <= 1}


def unfounded(page: Page, path: Path, html: str) -> list[str]:
    """Numbers with decimals in the conclusions that stand neither in the page nor in its files, and are no sum or difference."""
    said = " ".join(page.evaluate("[...document.querySelectorAll('.notes li')].map(l => l.firstChild.textContent)"))
    rows: list[list[list[str]]] = page.evaluate(
        "[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.textContent)))"
    )
    wanted = set(re.findall(r"\d[\d,]*\.\d+", said))

    def lacking(values: set[float], left: set[str]) -> set[str]:
        return {n for n in left if n not in {half_up(abs(v), len(n.partition(".")[2])) for v in values}}

    known = {float(n.replace(",", "")) for t in rows for r in t for c in r for n in re.findall(r"\d[\d,]*\.\d+", c)}
    left = {n for n in wanted if float(n.replace(",", "")) not in known}
    if left:
        columns = (c for t in rows for c in zip_longest(*t, fillvalue=""))
        left = lacking({sum(float(v) for v in c if re.fullmatch(r"[\d.]+", v)) for c in columns}, left)
    if left:
        left = lacking(_delivered(path, html), left)
    return sorted(lacking({a - b for a in known for b in known if 0 < a - b <= 100}, left)) if left else []


# ---------------------------------------------------------------------------------------------
# paper


def printed(page: Page) -> bytes:
    """The page as PDF, by its own paper."""
    return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)


def pdf_faults(data: bytes, limit: int = 1_500_000) -> Iterator[str]:
    """What is wrong with a PDF: weight, tags, paper, and on every page the mark and the page's number."""
    if len(data) >= limit:
        yield f"{len(data)} bytes"
    if b"/StructTreeRoot" not in data:
        yield "not tagged"
    boxes = {
        tuple(round(float(v) / 72 * 25.4) for v in b.split()) for b in re.findall(rb"/MediaBox ?\[([^\]]*)\]", data)
    }
    if boxes != {(0, 0, 210, 297)}:
        yield f"paper {boxes}"
    for n, text in enumerate(page_texts(data), start=1):
        if "内部资料" not in text or f"第{n}页" not in text.replace(" ", ""):
            yield f"page {n} without mark or number"


# What must stand on one sheet: a picture's title and source, a table's caption and first row, each row of a table.
_TOGETHER = """() => {
  const open = [...document.querySelectorAll('figure.tab, #reports')].filter(f => !f.querySelector('details:not([open])'));
  const first = f => [f.querySelector('caption').textContent, f.querySelector('tbody tr').textContent];
  return [...document.querySelectorAll('figure.chart')].map(f => [...f.querySelectorAll('figcaption, .src')].map(e => e.textContent))
    .concat(open.filter(f => f.matches('figure')).map(first))
    .concat(open.flatMap(f => [...f.querySelectorAll('tbody tr')].map(r => [r.textContent])));
}"""


def torn(page: Page, data: bytes) -> list[str]:
    """Pictures, heads of tables and rows that go over the edge of a sheet of the PDF."""
    sheets = [re.sub(r"\s", "", text) for text in page_texts(data)]
    whole = [[re.sub(r"\s", "", text) for text in texts] for texts in page.evaluate(_TOGETHER)]
    return [texts[0] for texts in whole if not any(all(t in sheet for t in texts) for sheet in sheets)]


TOP, FOOT, SHEET = 15, 14, 297  # millimetres


def filled(data: bytes) -> list[float]:
    """The share of each sheet down to its last text, without the margins."""
    room = SHEET - TOP - FOOT
    return [(max(y for y in depths if y <= SHEET - FOOT) - TOP) / room for depths in text_depths(data)]
