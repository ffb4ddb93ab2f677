"""Test files that take more than three seconds of CPU: left out of `make check`, part of `make test`."""

from __future__ import annotations

from pathlib import Path

UNIT = Path(__file__).parents[1] / "unit"
SLOW = frozenset({
    "clean/test_check.py", "clean/test_forms.py", "clean/test_forms_out.py", "clean/test_rules.py", "clean/test_screens.py",
    "design/test_draw_sample.py", "design/test_draw_teams.py",
    "estimate/test_build_survey.py", "estimate/test_coverage_script.py", "estimate/test_linearised.py",
    "estimate/test_margins_everywhere.py", "estimate/test_protect.py", "estimate/test_seam.py",
    "grade/test_grade_build.py", "grade/test_grade_frames.py", "grade/test_grade_streams.py", "grade/test_grade_tolerance.py",
    "grade/test_grade_uncertainty.py",
    "plot/test_chart_numbers.py", "plot/test_charts.py", "plot/test_tables.py", "plot/test_why.py", "plot/test_words.py",
    "publish/test_bench_asked.py", "publish/test_freshness.py", "publish/test_kept.py", "publish/test_kernel.py", "publish/test_printing.py", "publish/test_tables_out.py",
    "run/test_batch.py", "run/test_cli.py", "run/test_cluster.py", "run/test_demo.py", "run/test_demo_population.py",
    "run/test_draw.py", "run/test_pdf.py", "run/test_plan_of_tables.py", "run/test_progress.py", "run/test_records.py",
    "test_examples.py",
})  # fmt: skip


def is_slow(path: Path) -> bool:
    """True for a file of the list."""
    return path.is_relative_to(UNIT) and path.relative_to(UNIT).as_posix() in SLOW
