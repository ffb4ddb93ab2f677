"""A program that answers to Chromium's command line and does as it is told, and the PDFs that it writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

A4 = "0 0 594.95996 841.91998"
SCRIPT = """#!{python} -SE
import json, os, pathlib, subprocess, sys, time, urllib.parse
home = pathlib.Path({home!r})
page = pathlib.Path(urllib.parse.unquote(sys.argv[-1][len("file://"):]))
said = {{"arguments": sys.argv[1:], "page": page.read_text(encoding="utf-8"), "pid": os.getpid()}}
name = page.read_text(encoding="utf-8").partition("<title>")[2].partition("</title>")[0]
does = json.loads((home / "does.json").read_text())
do = does.get(name, does.get("", "print"))
if do == "sleep":
    said["child"] = subprocess.Popen([sys.executable, "-SE", "-c", "import time; time.sleep(60)"]).pid
with (home / "log").open("a") as log:
    log.write(json.dumps(said) + chr(10))
out = pathlib.Path(next(a for a in sys.argv if a.startswith("--print-to-pdf="))[len("--print-to-pdf="):])
if do == "sleep":
    out.write_bytes(b"%PDF-1.4 a beginning")
    time.sleep(60)
if do == "fail":
    print("libnss3.so: cannot open shared object file")
    sys.exit(127)
if do == "nothing":
    print("first line" + chr(10) + "no write access here")
    sys.exit(0)
data = (home / "print.pdf").read_bytes()
if do == "large":
    data = data.replace(b"%%EOF", b"% " + b"x" * (1_500_000 - len(data) - 2) + b"%%EOF")
if do == "cut":
    data = data[:-10]
out.write_bytes(data)
"""


def pdf_like_chromium(
    *, version: int = 156, box: str = A4, marks: tuple[str, ...] = ("/MarkInfo", "/StructTreeRoot", "/Outlines")
) -> bytes:
    """What Skia writes outside its streams, as far as anybody looks at it."""
    lines = [
        "%PDF-1.4", f"1 0 obj\n<</Creator (HeadlessChrome)\n/Producer (Skia/PDF m{version})>>\nendobj",
        f"2 0 obj\n<</Type /Page\n/MediaBox [{box}]>>\nendobj",
        f"3 0 obj\n<</Type /Catalog {' '.join(f'{m} 4 0 R' for m in marks)}>>\nendobj", "trailer", "%%EOF\n",
    ]  # fmt: skip
    return "\n".join(lines).encode()


class FakeBrowser:
    """The program `path`; `do` says what it does for the page of a title: print, sleep, fail, nothing, large, cut."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.home, self.path = home, home / "chromium"
        self.path.write_text(SCRIPT.format(python=sys.executable, home=str(home)), encoding="utf-8")
        self.path.chmod(0o755)
        (home / "print.pdf").write_bytes(pdf_like_chromium())
        self.do()

    def do(self, every: str = "print", **by_title: str) -> None:
        (self.home / "does.json").write_text(json.dumps({"": every, **by_title}), encoding="utf-8")

    def calls(self) -> list[dict[str, Any]]:
        log = self.home / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []
