"""The words around a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """The words around a picture."""

    title: str
    subtitle: str
    alt: str
    note: str
