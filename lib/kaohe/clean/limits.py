"""How large a raw file may be."""

from __future__ import annotations

from dataclasses import dataclass

from kaohe.base.plan import Plan


@dataclass(frozen=True)
class Limits:
    """How large a file may be before it is refused unread; the plan file's ``[choices.intake]``.

    Attributes
    ----------
    file_bytes : int
        Bytes on disk.
    unzipped_bytes : int
        Bytes of a workbook once unpacked.
    ratio : float
        Unpacked to packed bytes.
    ratio_from : int
        Unpacked bytes from which `ratio` is looked at.
    rows, columns : int
        Rows and columns of one sheet or CSV.
    cell_characters : int
        Characters in one cell of a text table.
    """

    file_bytes: int = 300 * 2**20
    unzipped_bytes: int = 600 * 2**20
    ratio: float = 100.0
    ratio_from: int = 20 * 2**20
    rows: int = 1_500_000
    columns: int = 1_000
    cell_characters: int = 32_767

    @classmethod
    def of(cls, plan: Plan) -> Limits:
        """The limits that `plan` states in ``[choices.intake]``, there in MB of 2**20 bytes."""
        mb, given = 2**20, plan.choices["intake"]
        return cls(
            file_bytes=int(given["file_mb"] * mb), unzipped_bytes=int(given["unzipped_mb"] * mb),
            ratio=float(given["ratio"]), ratio_from=int(given["ratio_from_mb"] * mb), rows=int(given["rows"]),
            columns=int(given["columns"]), cell_characters=int(given["cell_characters"]),
        )  # fmt: skip


LIMITS = Limits()
