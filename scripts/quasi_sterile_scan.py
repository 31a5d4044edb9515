"""Scan the energy at which nu_s of a quasi-sterile potential resonates: the best mixing for each, of either sign.

    python scripts/quasi_sterile_scan.py [--energy MeV ...] [--starts N]     # two minutes of CPU time for one energy

Printed is what experiments gain over no new physics, for the dM2, |U_e4|^2 and |U_mu4|^2 that gain most in sum: LSND,
KARMEN, MiniBooNE and MicroBooNE with the potential, and the low energies, where it does nothing, without. MINOS+ and
IceCube are not in the sum (their tables do not know matter), nor is cosmology.
"""

import argparse

import numpy as np
from scipy.optimize import minimize

from boltzmann import lab
from boltzmann.lab.quasi_sterile import QuasiSterile, gains
from boltzmann.numerics.arrays import Array

LOW_ENERGY = ("gallium", "reactors", "danss", "prospect", "stereo")
BOUNDS = np.log([[0.03, 3.0], [1e-4, 0.1], [1e-4, 0.1]])  # of dM2 [eV^2], |U_e4|^2, |U_mu4|^2
STARTS = np.log([[2.5, 0.015, 0.002], [0.4, 0.02, 0.05], [1.0, 0.012, 0.012]])
HEAD = f"{'who':<15}{'E_res':>6}{'dM2':>8}{'Ue4_sq':>9}{'Umu4_sq':>9}{'dV':>11}{'sum':>7}"


def point(sign: float, energy: float, values: Array) -> QuasiSterile:
    """Return the point of a resonance at an energy [MeV]: of antineutrinos for ``sign`` = 1, else of neutrinos."""
    dM2, electron, muon = np.exp(values)
    dV = sign * dM2 * (1.0 - 2.0 * (electron + muon)) / (2e6 * energy)
    return QuasiSterile(float(dM2), float(electron), float(muon), float(dV))


def all_gains(model: QuasiSterile) -> dict[str, float]:
    """Return D of every experiment that can be computed."""
    low = {name: float(lab.chi2(name, 1.0) - lab.chi2(name, model.dM2, model.Ue4_sq)) for name in LOW_ENERGY}
    return {**gains(model), **low}


def best(sign: float, energy: float, starts: Array) -> QuasiSterile:
    """Return the point of the largest sum."""

    def lost(values: Array) -> float:
        inside = np.clip(values, *BOUNDS.T)
        away = float(np.sum((values - inside) ** 2))
        return 100.0 * away - sum(all_gains(point(sign, energy, inside)).values())

    options = {"maxfev": 150, "xatol": 0.02, "fatol": 0.05}
    found = [minimize(lost, start, method="Nelder-Mead", options=options) for start in starts]
    return point(sign, energy, np.clip(min(found, key=lambda one: float(one.fun)).x, *BOUNDS.T))


def main() -> None:
    """Scan and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--energy", type=float, nargs="+", default=[30.0, 45.0, 60.0, 90.0, 150.0, 250.0, 400.0])
    parser.add_argument("--starts", type=int, default=len(STARTS), choices=range(1, len(STARTS) + 1))
    arguments = parser.parse_args()
    names = list(all_gains(point(1.0, 60.0, STARTS[0])))
    print(HEAD + "".join(f"{name:>11}" for name in names))
    for sign in (1.0, -1.0):
        for energy in arguments.energy:
            model = best(sign, energy, STARTS[: arguments.starts])
            found = all_gains(model)
            values = f"{model.dM2:8.3g}{model.Ue4_sq:9.2g}{model.Umu4_sq:9.2g}{model.dV:11.3g}"
            numbers = "".join(f"{value:+11.1f}" for value in found.values())
            print(f"{model.resonance[0]:<15}{energy:6.0f}{values}{sum(found.values()):+7.1f}{numbers}", flush=True)


if __name__ == "__main__":
    main()
