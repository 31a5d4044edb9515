#!/usr/bin/env bash
# The pages of docs/ as HTML, into build/docs: code cells are executed, warnings are errors, internal links and anchors are
# checked. Needs python3 >= 3.11, a C compiler and a package index; opens without a network.
#
#   scripts/docs.sh              build/docs/index.html; executed cells are kept in build/notebooks
#   scripts/docs.sh --links      also ask the network whether external links exist
#   scripts/docs.sh --gallery    first draw every figure again and write docs/gallery.md; some minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh

gallery=false links=false
for argument in "$@"; do
  case "$argument" in
    --gallery) gallery=true ;;
    --links) links=true ;;
    *) refuse "$argument is not an option; valid are --gallery and --links" ;;
  esac
done

ensure_environment cmb,bbn,cobaya,docs
bin="$VENV/bin"
if "$gallery"; then
  scripts/gallery.sh build/gallery
  "$bin/python" scripts/gallery_page.py build/gallery
fi
"$bin/python" scripts/validation.py --write
"$bin/sphinx-build" --fail-on-warning --keep-going --quiet --builder html docs build/docs
if "$links"; then "$bin/sphinx-build" --quiet --builder linkcheck docs build/links; fi
echo "The pages are in $PWD/build/docs/index.html"
