# shellcheck shell=bash
# Sourced by demo.sh and test.sh: a virtual environment in the repository, made once and remade when pyproject.toml changes.
# Needs python3 >= 3.11, gcc, g++ and make (CLASS is compiled when it is installed) and a package index.
# STERILE_VENV chooses another folder, PYTHON another interpreter. Nothing is written outside the repository.

PYTHON="${PYTHON:-python3}"
VENV="${STERILE_VENV:-$PWD/.venv}"
export STERILE_CACHE_DIR="${STERILE_CACHE_DIR:-$PWD/.cache}"
export PIP_DISABLE_PIP_VERSION_CHECK=1

refuse() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 2
}

require_tools() {
  command -v "$PYTHON" > /dev/null || refuse "$PYTHON is not installed; install Python 3.11 or later, or set PYTHON to one"
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    refuse "$("$PYTHON" --version 2>&1 || true) is too old; install Python 3.11 or later, or set PYTHON to one"
  local tool
  for tool in gcc g++ make; do
    command -v "$tool" > /dev/null ||
      refuse "$tool is not installed, but CLASS must be compiled; install a C compiler (Debian, Ubuntu: build-essential)"
  done
}

make_venv() {
  "$VENV/bin/python" -c '' 2> /dev/null && return
  echo "creating $VENV"
  "$PYTHON" -m venv --clear "$VENV" ||
    refuse "$PYTHON cannot make a virtual environment; install its venv module (Debian, Ubuntu: python3-venv)"
}

# fingerprint FILE...: hash of their contents
fingerprint() {
  "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(b"".join(open(f, "rb").read() for f in sys.argv[1:])).hexdigest())' "$@"
}

# ensure_environment EXTRAS: install the checkout with these extras, unless that is done
ensure_environment() {
  require_tools
  make_venv
  local stamp="$VENV/.sterile-$1" wanted
  wanted="$(fingerprint pyproject.toml) $PWD"
  [[ -f "$stamp" && "$(< "$stamp")" == "$wanted" ]] && return
  echo "installing the package with [$1] into $VENV; compiling CLASS takes a minute or two the first time"
  "$VENV/bin/python" -m pip install --quiet --editable ".[$1]" ||
    refuse "the installation failed (see above); is a package index reachable?"
  echo "$wanted" > "$stamp"
}
