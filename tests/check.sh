#!/usr/bin/env bash
# What `make check` runs before a commit: format, lint, import rules, types (beside the rest) and the fast tests.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
said="$(mktemp)"
trap 'rm -f "$said"' EXIT
$bin/mypy >"$said" 2>&1 &
types=$!
failed=0
$bin/ruff format --check lib tests benchmarks || failed=1
$bin/ruff check lib tests benchmarks || failed=1
$bin/lint-imports || failed=1
$bin/python -m pytest -m "not slow and not browser and not every_target" -n "${JOBS:-2}" --dist loadfile -p no:cacheprovider tests/unit || failed=1
wait "$types" || failed=1
cat "$said"
exit "$failed"
