#!/usr/bin/env bash
# Every check of the project on a fresh machine. Needs python3 >= 3.11, a C compiler and a package index.
#
#   scripts/test.sh            linters, types, import rules, tests, tests without JIT, the built wheel in a clean environment,
#                              stated numbers against measured ones, the pages of docs/
#   scripts/test.sh --slow     the same, and the slow tests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh

trap 'jobs -p | xargs -r kill 2> /dev/null || true' EXIT  # of a check that failed, what ran beside it
slow=false
for argument in "$@"; do
  case "$argument" in
    --slow) slow=true ;;
    *) refuse "$argument is not an option; valid is --slow" ;;
  esac
done

step() {
  printf '\n== %s\n' "$1"
  shift
  "$@"
}

# The two cores have one process each: the wheel's environment and kernels are made beside the rest.
rest() {
  step "wheel" wheel > build/beside.log 2>&1 &
  local beside=$!
  step "tests without JIT" without_jit
  step "stated numbers" "$bin/python" scripts/validation.py --check
  step "pages" pages
  local code=0
  wait "$beside" || code=$?
  cat build/beside.log
  return "$code"
}

without_jit() {
  NUMBA_DISABLE_JIT=1 "$bin/python" -m pytest -q -m "jit_off and not slow"
}

# The wheel in an environment of its own. Dependencies are installed once; an unchanged wheel (builds are reproducible) is
# kept, because reinstalling it would throw away its compiled kernels.
wheel() {
  local clean="$PWD/build/clean" file stamp
  rm -rf build/wheel
  "$bin/python" -m build --wheel --no-isolation --outdir build/wheel . > build/wheel.log 2>&1 || {
    cat build/wheel.log
    return 1
  }
  file="$(echo build/wheel/*.whl)"
  stamp="$(fingerprint "$file")"
  if [[ ! -f "$clean/.wheel" || "$(< "$clean/.wheel")" != "$stamp" ]]; then
    "$clean/bin/python" -c '' 2> /dev/null || "$PYTHON" -m venv --clear "$clean"
    "$clean/bin/python" -m pip install --quiet "$file"
    "$clean/bin/python" -m pip install --quiet --force-reinstall --no-deps "$file"
    echo "$stamp" > "$clean/.wheel"
  fi
  "$clean/bin/python" -m pip check
  smoke "$clean/bin"
}

# smoke BIN: what a user without CLASS sees, from a folder that is not the checkout
smoke() {
  local elsewhere code=0
  elsewhere="$(mktemp -d)"
  cd "$elsewhere"
  "$1/sterile" solve --dm2-41 "1 eV2" --ue4-sq 1e-4 --n-momenta 8 --json > solve.json
  "$1/python" -c 'import json; n = json.load(open("solve.json"))["N_eff"]; print(f"N_eff = {n:.4f}"); assert 3 < n < 4.1'
  "$1/sterile" compare --benchmark dentler2018-nue --output . 2> compare.err || code=$?
  cat compare.err
  [[ "$code" == 2 ]]
  grep -q 'sterile-boltzmann\[cmb\]' compare.err
  cd "$OLDPWD"
  rm -r "$elsewhere"
}

# Cells are executed, warnings are errors, links and anchors within the pages must lead somewhere.
pages() {
  "$bin/sphinx-build" --fail-on-warning --keep-going --quiet --builder html docs build/docs
}

ensure_environment cmb,bbn,cobaya,cluster,docs,test
bin="$VENV/bin"
mkdir -p build
step "ruff" "$bin/ruff" check .
step "ruff format" "$bin/ruff" format --check .
step "mypy" "$bin/mypy"
step "import rules" "$bin/lint-imports"
step "kernels" "$bin/python" -m tests.kinds
step "tests" "$bin/python" -m pytest -q -n 2 --dist loadfile
rest
if "$slow"; then step "slow tests" "$bin/python" -m pytest -q -m slow; fi
printf '\nAll checks passed.\n'
