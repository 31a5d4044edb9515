"""Write the gallery page of docs/ from a folder of figures: small copies, and the captions beside them.

    python scripts/gallery_page.py FOLDER        after scripts/gallery.sh FOLDER; `scripts/docs.sh --gallery` does both

A figure is named with the command that makes it in `FIGURES`; one that the folder has and the list has not is an error.
"""

import sys
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 1400  # pixels of a copy
COLOURS = 256  # chosen for the farthest ones: those of median cut turned blue lines that are rare into grey
#: Title, figures, command.
FIGURES = (
    ("Cosmology over laboratory data", ("planes", "planes-bbn", "numbers"), "sterile confront --output figures"),
    ("Joint fits", ("joint", "joint-bbn"), "sterile confront --output figures"),
    ("Other ways out", ("ways-out",), "sterile ways --output figures"),
    ("Initial asymmetries", ("asymmetry",), "python scripts/asymmetry_planes.py --output figures"),
    (
        "Relics of MeV mass",
        ("relic_lifetime", "relic_mixing_e", "thermal_relics"),
        "python scripts/relic_plane.py --output figures --shipped",
    ),
    ("Secret interactions", ("why-excluded", "signs"), "sterile confront --output figures"),
    (
        "One secret vector, for a lecture",
        ("lecture", "mixing"),
        "python scripts/secret_lecture.py --output secret-lecture",
    ),
    (
        "A benchmark point",
        ("dentler2018-nue",),
        "sterile compare --benchmark dentler2018-nue --output out",
    ),
    ("Appearance against disappearance", ("tension",), "sterile lab --tension --output out"),
    ("Laboratory regions and limits", ("ee/lab", "mue/lab", "mumu/lab"), "sterile lab --experiment NAME --output out"),
)


def copied(source: Path, target: Path) -> None:
    """Write a smaller copy of a PNG with few colours."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)


def entry(folder: Path, name: str) -> str:
    """Copy one figure and return its part of the page."""
    flat = name.replace("/", "-")
    copied(folder / f"{name}.png", DOCS / "gallery" / f"{flat}.png")
    image = f"```{{image}} gallery/{flat}.png\n:alt: {flat}\n:width: 100%\n```\n"
    caption = (folder / f"{name}.txt").read_text(encoding="utf-8").strip()
    return f"{image}\n:::{{dropdown}} Caption\n{caption}\n:::\n"


def page(folder: Path) -> str:
    """Return the page."""
    listed = [name for _, names, _ in FIGURES for name in names]
    found = {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.png")}
    if found - set(listed):
        raise SystemExit(f"{sorted(found - set(listed))} are not listed; add them to FIGURES in {__file__}")
    if missing := [name for name in listed if name not in found]:
        print(f"not drawn and left out: {', '.join(missing)}", file=sys.stderr)
    about = (
        "Figures from the shipped data, each with its command; all of them: `scripts/docs.sh --gallery`.\n"
        "`scripts/secret_plane.py`, and `scripts/relic_plane.py` without `--shipped`, compute the points of their "
        "planes first, and are not here.\n"
    )
    parts = ["# Gallery\n", about]
    for title, names, command in FIGURES:
        if entries := [entry(folder, name) for name in names if name in found]:
            parts += [f"## {title}\n", f"    {command}\n", *entries]
    return "\n".join(parts)


if __name__ == "__main__":
    (DOCS / "gallery.md").write_text(page(Path(sys.argv[1])), encoding="utf-8")
