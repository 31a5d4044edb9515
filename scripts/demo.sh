#!/usr/bin/env bash
# The main job on a fresh machine: a benchmark laboratory point through the early Universe and CLASS, to a figure and a
# JSON file. Needs python3 >= 3.11, a C compiler and a package index; everything it makes stays in the repository.
#
#   scripts/demo.sh [NAME]     NAME: a point of data/lab/benchmarks.ecsv, default dentler2018-nue
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh

point="${1:-dentler2018-nue}"
ensure_environment cmb
echo "sterile compare --benchmark $point --output demo-output"
"$VENV/bin/sterile" compare --benchmark "$point" --output demo-output
echo "Figure and JSON file are in $PWD/demo-output"
