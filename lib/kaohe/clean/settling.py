"""What is owed at the start and at the end of cleaning: files that never came, links that lead out, unused configuration."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from kaohe.base.ledger import Finding
from kaohe.base.tables import RAW
from kaohe.clean.codes import NORMALISE, NOTE, finding
from kaohe.clean.corrections import settle
from kaohe.clean.intake import FileRefused
from kaohe.clean.office import Office


def table_of(name: str) -> str:
    """The raw table a file feeds by its place, ``""`` when there is none."""
    return next((t for t, c in RAW.items() if fnmatchcase(name, c.pattern)), "")


def check_received(office: Office) -> None:
    """Enter every file of the delivery note that is not there as refused: K238 with path, sender and date due."""
    for due in office.delivery.lines.values():
        if due.used and not (office.raw / due.file).is_file():
            office.refuse(FileRefused("K238", value=due.who or "发送单位未登记"), table_of(due.file), due.file)


def leads_nowhere(path: Path, office: Office) -> bool:
    """True for what cannot be read as a file of the folder; K225 for links out of it or to nothing, K235 for the rest."""
    name = office.name(path)
    if path.is_symlink():
        inside = path.resolve().is_relative_to(office.raw.resolve())
        if not inside or not path.exists():
            office.refuse(
                FileRefused("K225", value="" if path.exists() else "链接所指的文件不存在"), table_of(name), name
            )
            return True
    if path.is_file():
        return False
    office.note("K235", "", name, value="文件夹的链接" if path.is_dir() else "不是普通文件")
    return True


def settle_configuration(office: Office) -> list[Finding]:
    """Corrections counted, and what of the configuration was not used; refuses a correction that fits nothing.

    Raises
    ------
    InputRefused
        K353.
    """
    made: list[Finding] = []
    for name, (correction, found) in office.corrected:
        if name not in office.refused:
            correction.applied += 1
            made.append(found)
    refused = {table_of(name) for name in office.refused}
    made += settle(office.corrections, office.plan, refused)
    for due in office.delivery.lines.values():
        if not due.used and not (office.raw / due.file).exists():
            made.append(
                finding(NOTE, "K359", "", "delivery.csv", row=due.line, value=f"不采用的文件没有找到：{due.file}")
            )
    converted = [f.value for f in office.ledger.findings if f.code == "K350" and f.action == NORMALISE]
    for line in office.plan.conversions:
        if not any(line.unit in value for value in converted):
            made.append(
                finding(
                    NOTE, "K359", "", "conversions.csv", value=f"{line.table}.{line.column}：{line.unit} → {line.to}"
                )
            )
    aliases = {alias for alias, _, _ in office.plan.aliases}
    idle = sorted(aliases - office.register.used)
    if idle and len(idle) < len(aliases):
        made.append(finding(NOTE, "K359", "", "aliases.csv", value=f"{len(aliases)} 个别名中 {len(idle)} 个没有用到"))
    return made
