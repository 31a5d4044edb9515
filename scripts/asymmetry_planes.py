"""What initial asymmetries of three active flavours survive to nucleosynthesis: planes over xi and their figure.

    python scripts/asymmetry_planes.py --output asymmetry                  # the figure, from the shipped scan
    python scripts/asymmetry_planes.py --output asymmetry --compute --workers 1 [--points 12]

--compute makes the scan itself, OUTPUT/asymmetry.nc, which data/scans/asymmetry.nc is: 432 points, 6 minutes of CPU
time. The same command goes on where it was stopped: points are records in OUTPUT/store. Writes asymmetry.png/.pdf, and
the caption as asymmetry.txt.
"""

import argparse
import sys
from pathlib import Path

from boltzmann.cli.script import script
from boltzmann.comparison import scans
from boltzmann.comparison.asymmetry_planes import (
    NAME,
    PLANES,
    STRICTEST,
    TWO_SIGMA,
    caption,
    compute,
    figure_data,
    washout,
)
from boltzmann.figures.asymmetry import asymmetry_figure
from boltzmann.figures.output import prepare, save_figure


@script
def main() -> None:
    """Compute or load, draw, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--compute", action="store_true")
    parser.add_argument("--points", type=int, default=12, help="along each axis, an even number")
    parser.add_argument("--workers", type=int, help="points at a time, default all cores")
    parser.add_argument("--data", default=STRICTEST, help="combination of CMB data")
    arguments = parser.parse_args()
    output = arguments.output
    prepare(output)
    if arguments.compute:
        data = compute(arguments.points, store=output / "store", workers=arguments.workers)
        scans.write(data, output / f"{NAME}.nc")
    else:
        data = scans.load(NAME)
    planes = [figure_data(data, name, arguments.data) for name in PLANES]
    save_figure(asymmetry_figure(planes, TWO_SIGMA), output / NAME, caption(data, arguments.data))
    for name in PLANES:
        share, xi = washout(data, name)
        print(f"{name}: n_e^2 keeps at most {share:.3f} of the initial sum of squares, at xi = {xi}")


if __name__ == "__main__":
    sys.exit(main())
