"""What browser tests share: which browser, with which flags, and the port to which every host name leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "google-chrome", "chrome", "microsoft-edge", "msedge")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-domain-reliability", "--disable-default-apps",
]  # fmt: skip
# One page of each kind.
KINDS = (
    "index", "glossary", "run-summary", "overview", "ranking-city14", "ranking-unit235", "city-440200", "city-440100", "survey-440200", "county-440203",
    "unit-dw003", "data-quality", "sample-design",
)  # fmt: skip
TARGETS = ("province", "city14", "unit235", "韶关市", "广州市", "武江区", "单位003")


# Chromium looks for these by itself when it starts, whatever page is open.
BROWSERS_OWN = (b"update.googleapis.com", b"accounts.google.com")


@dataclass
class Listener:
    """A local port to which every host name leads; keeps who came, but for the browser's own errands."""

    port: int = 0
    visits: list[bytes] = field(default_factory=list)

    def note(self, said: bytes) -> None:
        """Keep the first bytes of a visitor (a TLS greeting names the host it is after)."""
        if not any(host in said for host in BROWSERS_OWN):
            self.visits.append(said)
