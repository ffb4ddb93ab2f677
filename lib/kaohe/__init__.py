"""kaohe 考核: cleaning, weighting, estimation, grading and reporting for a provincial assessment.

The rooms sort in the order of the data's way: ``base``, ``clean``, ``design``, ``estimate``,
``grade``, ``plot``, ``publish``, ``run``. Importing the package imports none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from kaohe.clean.peek import peek
    from kaohe.estimate.trials import Trial
    from kaohe.publish.report import Report, open_report
    from kaohe.publish.workbench import open_survey as open

__all__ = ["Report", "Trial", "__version__", "open", "open_report", "peek"]


def __dir__() -> list[str]:
    """What tab completion offers: names that are imported when first used stand here too."""
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING", "annotations"})


def __getattr__(name: str) -> Any:
    if name in {"open_report", "Report"}:
        from kaohe.publish import report

        return getattr(report, name)
    if name == "peek":
        from kaohe.clean.peek import peek

        return peek
    if name == "Trial":
        from kaohe.estimate.trials import Trial

        return Trial
    if name == "open":
        from kaohe.publish.workbench import open_survey

        return open_survey
    raise AttributeError(f"module 'kaohe' has no attribute {name!r}")
