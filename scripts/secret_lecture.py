"""What one secret vector interaction does, for a lecture: potential, mixing in matter, rates over temperature.

    python scripts/secret_lecture.py --output secret-lecture [--e-s 0.01] [--mass "10 MeV"]

Writes lecture.png/.pdf/.txt, and mixing.png/.pdf/.txt with the published formula of mixing in matter.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from boltzmann import Quantity
from boltzmann.cli.script import script
from boltzmann.comparison.secret_lecture import Case, caption, formula_caption, history
from boltzmann.figures.output import prepare, save_figure
from boltzmann.figures.secret import lecture_figure, mixing_figure
from boltzmann.potentials import SecretVector, sin2_2theta_matter

ANGLES = (0.5, 0.0396, 1e-3)  # sin^2 2theta_0; the second is theta_0 = 0.1


def formula() -> tuple[np.ndarray, dict[float, tuple[np.ndarray, np.ndarray]]]:
    """Return |2 E V_eff/dm2| and sin^2 2theta_m for `ANGLES`, for negative and positive V_eff."""
    shift = np.unique(np.concatenate([np.geomspace(1e-3, 1e3, 400), np.linspace(0.5, 1.5, 801)]))
    E, dm2 = Quantity("1 MeV"), Quantity("1 eV2")
    V = shift * dm2 / (2.0 * E)
    curves = {sin2: (sin2_2theta_matter(sin2, E, -V, dm2), sin2_2theta_matter(sin2, E, V, dm2)) for sin2 in ANGLES}
    return shift, curves


@script
def main() -> None:
    """Solve, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--e-s", type=float, default=1e-2)
    parser.add_argument("--mass", default="10 MeV")
    arguments = parser.parse_args()
    case = Case(SecretVector(arguments.e_s, arguments.mass))
    prepare(arguments.output)
    save_figure(lecture_figure(history(case)), arguments.output / "lecture", caption(case))
    save_figure(mixing_figure(*formula()), arguments.output / "mixing", formula_caption())


if __name__ == "__main__":
    sys.exit(main())
