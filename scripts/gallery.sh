#!/usr/bin/env bash
# Every figure that the shipped data give, into one folder; two minutes of CPU time.
#
#   scripts/gallery.sh [FOLDER]     default gallery
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh

output="${1:-gallery}"
ensure_environment cmb,bbn,cobaya,docs
sterile="$VENV/bin/sterile"
"$sterile" confront --output "$output" --html
"$sterile" ways --output "$output"
"$sterile" lab --tension --output "$output"
for channel in ee mue mumu; do
  case "$channel" in
    ee) experiments=(gallium reactors danss stereo prospect) ;;
    mue) experiments=(lsnd karmen miniboone microboone) ;;
    mumu) experiments=(icecube minos) ;;
  esac
  "$sterile" lab "${experiments[@]/#/--experiment=}" --output "$output/$channel"
done
"$sterile" compare --benchmark dentler2018-nue --output "$output"
"$VENV/bin/python" scripts/asymmetry_planes.py --output "$output"
"$VENV/bin/python" scripts/relic_plane.py --output "$output" --shipped
"$VENV/bin/python" scripts/secret_lecture.py --output "$output"
echo "Figures are in $output"
