#!/usr/bin/env bash
# Lint, types, import rules, then the tests. Installs Chromium where it is missing, so that the
# browser tests run. --all also runs what goes over every target, and invents new examples for the
# property tests, which otherwise see the same ones in every run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
select="not every_target"
[ "${1:-}" = "--all" ] && select="" && export KAOHE_EXAMPLES=random
if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null && ! command -v msedge >/dev/null; then
  if command -v apt-get >/dev/null; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo -n"
    echo "Installing Chromium for the browser tests"
    $sudo apt-get update -qq >/dev/null && $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
  else
    echo "Chromium, Chrome or Edge is needed for the browser tests: install one and run again" >&2
    exit 2
  fi
fi
$bin/ruff format --check lib tests benchmarks
$bin/ruff check lib tests benchmarks
$bin/mypy
$bin/lint-imports
exec $bin/python -m pytest -n "${JOBS:-2}" --dist loadfile -m "$select" --cov=kaohe --cov-report=term:skip-covered tests
