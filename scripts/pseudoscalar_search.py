"""Is there a pseudoscalar that laboratory, CMB and nucleosynthesis all accept? A scan over couplings and mixings.

    python scripts/pseudoscalar_search.py --store STORE [--workers 2] [--couplings mass-diagonal]

Mixings are those that the laboratory accepts within 3 sigma (three parameters): for each of some dm2_41 the one with
least |U_e4|^2 + |U_mu4|^2, which is best for cosmology, with all experiments and without gallium (said apart, for
without gallium the data of 2025 accept no mixing at all), and both best fits.
Each is solved for g_s from 1e-8 to 0.1 and masses of phi far below, below and above m_4 (up to 1e7 m_4). A point is
accepted where Delta chi^2 of the CMB is below 3 sigma of two parameters, 11.83, and that of Y_p and D/H (primat)
above three neutrinos as well; nothing is added up, so that this is generous. Said are trials, failures and the best
points. A run that was stopped goes on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import xarray as xr

from boltzmann import Mixing, Options
from boltzmann.cli.script import script
from boltzmann.comparison.planes import Planes
from boltzmann.comparison.reach import GALLIUM
from boltzmann.numerics.statistics import delta_chi2_at
from boltzmann.potentials import SecretPseudoscalar
from boltzmann.scan import Samples, abundance_numbers, scan

SPLITTINGS = (0.1, 0.3, 0.9, 1.3, 2.5)  # eV^2, near
COUPLINGS = np.geomspace(1e-8, 1e-1, 8)
RATIOS = {
    "m_phi << m_4": 1e-6, "m_phi = m_4/2": 0.5, "m_phi = 2 m_4": 2.0, "m_phi = 1e2 m_4": 1e2, "m_phi = 1e4 m_4": 1e4,
    "m_phi = 1e6 m_4": 1e6, "m_phi = 1e7 m_4": 1e7,
}  # fmt: skip
COARSE = Options(n_momenta=14)
SIGMAS = 3.0
LABORATORIES = "all experiments", "without gallium"


def mixings() -> dict[tuple[float, float, float], str]:
    """Return (dm2_41 [eV^2], |U_e4|^2, |U_mu4|^2) that a laboratory accepts, and the name of this one."""
    found: dict[tuple[float, float, float], str] = {}
    for without, name in zip(((), GALLIUM), LABORATORIES, strict=True):
        grid = Planes(("3+1",), without=without).grid
        accepted = grid.joint - grid.joint.min() < delta_chi2_at(SIGMAS, 3)
        best = np.unravel_index(int(np.argmin(grid.joint)), grid.joint.shape)
        places = [best, *_least(grid, accepted)]
        for k, i, j in places:
            found.setdefault((float(grid.dm2_41[k]), float(grid.element[i]), float(grid.element[j])), name)
    return found


def _least(grid, accepted: np.ndarray):
    """Yield the accepted points of least mixing at the splittings."""
    mixing = grid.element[:, None] + grid.element[None, :]
    for dm2 in SPLITTINGS:
        k = int(np.argmin(np.abs(np.log(grid.dm2_41 / dm2))))
        if accepted[k].any():
            i, j = np.unravel_index(int(np.argmin(np.where(accepted[k], mixing, np.inf))), mixing.shape)
            yield k, int(i), int(j)


def points() -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the columns of all points, and the laboratory and mass of phi of each."""
    rows, kinds = [], []
    for (dm2, e, mu), laboratory in mixings().items():
        for kind, ratio in RATIOS.items():
            rows += [(dm2, e, mu, g, ratio * np.sqrt(dm2)) for g in COUPLINGS]
            kinds += [f"{laboratory} | {kind}"] * len(COUPLINGS)
    names = ("dm2_41", "Ue4_sq", "Umu4_sq", "coupling", "mediator_mass")
    return dict(zip(names, np.array(rows).T, strict=True)), kinds


def judged(arguments: argparse.Namespace, columns: dict[str, np.ndarray], extra: dict | None = None) -> xr.Dataset:
    """Solve points and return their dataset."""
    return scan(
        Samples(columns),
        mixing=Mixing(dm2_41="1 eV2"),
        interactions=[SecretPseudoscalar(1e-5, couplings=arguments.couplings)],
        options=COARSE,
        store=arguments.store,
        workers=arguments.workers,
        error_every=0,
        extra=extra or {},
    )


def report(data: xr.Dataset, columns: dict[str, np.ndarray], kinds: list[str], arguments: argparse.Namespace) -> None:
    """Print for each kind and combination of data how many points are accepted, and the best one."""
    limit = delta_chi2_at(SIGMAS, 2)
    ended = np.isfinite(data["N_eff"].values)
    print(f"{len(kinds)} points, {int((~ended).sum())} not solved, couplings = {arguments.couplings}")
    combinations = list(map(str, data["data"].values))
    chi2 = np.stack([data["delta_chi2"].sel(data=name).values for name in combinations], axis=-1)
    hopeful = np.flatnonzero(np.nanmin(np.where(np.isfinite(chi2), chi2, np.inf), axis=-1) < limit)
    bbn = np.full(len(kinds), np.nan)
    if hopeful.size:
        few = {name: column[hopeful] for name, column in columns.items()}
        bbn[hopeful] = judged(arguments, few, abundance_numbers("primat"))["chi2_BBN"].values
    print("laboratory | mass of phi | data | points | CMB accepts | CMB and BBN accept | least Delta chi^2 of the CMB")
    for kind in dict.fromkeys(kinds):
        here = np.array(kinds) == kind
        for k, name in enumerate(combinations):
            found = np.where(here, chi2[:, k], np.nan)
            cmb = found < limit
            both = cmb & (bbn < limit)
            best = int(np.nanargmin(found)) if np.isfinite(found).any() else None
            where = "" if best is None else ", ".join(f"{n} = {c[best]:.3g}" for n, c in columns.items())
            least = "" if best is None else f"{found[best]:.1f} at {where}"
            print(f"{kind} | {name} | {int(np.isfinite(found).sum())} | {int(cmb.sum())} | {int(both.sum())} | {least}")


@script
def main() -> None:
    """Scan and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--couplings", choices=("flavour", "mass-diagonal"), default="flavour")
    arguments = parser.parse_args()
    columns, kinds = points()
    data = judged(arguments, columns)
    report(data, columns, kinds, arguments)


if __name__ == "__main__":
    sys.exit(main())
