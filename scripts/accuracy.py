"""Measure what docs/validation states and what takes minutes: errors, more resonances, secret vectors, both signs.

python scripts/accuracy.py          prints Markdown; what is quick is measured by scripts/validation.py
"""

import platform
from collections.abc import Iterator

import numpy as np

from boltzmann import Asymmetry, Mixing, Options, Solution, solve
from boltzmann.constants import NEUTRINO_DENSITY
from boltzmann.potentials import SecretVector

POINTS = (("1 eV2", 1e-3), ("0.01 eV2", 1e-2), ("10 eV2", 1e-4), ("0.1 eV2", 1e-3), ("1.3 eV2", 1e-2))
#: Resonances that were converged with the populations of nodes like 1/N only, beside those of scripts/measurements.py
RESONANCES = (
    ("-0.01 eV2", {"Umu4_sq": 1e-5}, ()),
    ("-0.1 eV2", {"Ue4_sq": 1e-4, "Umu4_sq": 1e-3, "Utau4_sq": 1e-4}, ()),
    ("1 eV2", {"Umu4_sq": 1e-4}, (SecretVector(3e-5, "300 MeV"),)),
    ("1 eV2", {"Ue4_sq": 0.01}, (SecretVector(1e-4, "10 MeV"),)),
)
NO_MIXING = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}


def row(*cells: object) -> str:
    """Return one line of a Markdown table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


#: Secret vectors whose nu = nubar is unstable, |U_mu4|^2 = 0.01
UNSTABLE = ((0.1, 10), (0.1, 100), (0.1, 300), (0.01, 300), (0.1, 1000), (1e-3, 100))


def both_signs() -> Iterator[str]:
    """Yield N_eff with nu = nubar and with both signs, and the temperature at which they part."""
    mixing = Mixing(dm2_41="1 eV2", Umu4_sq=0.01, delta_13="0 deg")
    for e_s, M in UNSTABLE:
        vector = SecretVector(e_s, f"{M} MeV")
        one, two = solve(mixing, vector), solve(mixing, vector, asymmetry=Asymmetry(L={"mu": 1e-6}, eta=0.0))
        parted = np.abs(two.L[:, 3] * two.z**3) > 1e-3 * 0.75  # of a species, (3/4) n_gamma
        T = float(two.T[np.argmax(parted)].value)
        cost = f"{two.stats.steps} steps, {two.stats.cpu_seconds:.1f} s CPU"
        yield row(f"both signs, e_s = {e_s:g}, {M} MeV", f"{one.N_eff:.4f}; {two.N_eff:.4f}", f"{T:.2f} MeV", cost)


def errors() -> Iterator[str]:
    """Yield grid and tolerance errors of the default, and the difference of the matrix mode."""

    def run(mixing: Mixing, **options: object) -> Solution:
        return solve(mixing, options=Options(**options))

    for dm2, Ue4_sq in POINTS:
        mixing = Mixing(dm2_41=dm2, Ue4_sq=Ue4_sq)
        default, best = run(mixing), min((run(mixing) for _ in range(5)), key=lambda s: s.stats.cpu_seconds)
        grid, tolerance = run(mixing, n_momenta=30).N_eff, run(mixing, rtol=1e-5).N_eff
        matrix, N = run(mixing, coherence="matrix"), default.N_eff
        numbers = f"{grid - N:+.1e}", f"{tolerance - N:+.1e}", f"{matrix.N_eff - N:+.1e}"
        times = f"{best.stats.cpu_seconds:.3f}", f"{matrix.stats.cpu_seconds:.2f}"
        yield row(f"{dm2}, Ue4_sq = {Ue4_sq:g}", f"{N:.5f}", *numbers, default.stats.steps, *times)


def resonances() -> Iterator[str]:
    """Yield N_eff of resonances with 14, 20 and 28 momenta, the shift by rtol = 1e-5, and steps."""
    for dm2, elements, interactions in RESONANCES:
        mixing = Mixing(dm2_41=dm2, **elements)
        coarse, default, fine = (solve(mixing, interactions, Options(n_momenta=n)) for n in (14, 20, 28))
        shift = solve(mixing, interactions, Options(rtol=1e-5)).N_eff - default.N_eff
        numbers = [f"{s.N_eff:.4f}" for s in (coarse, default, fine)]
        drift = f"{default.stats.energy_drift:.0e}"
        yield row(f"{dm2}, {elements} {interactions or ''}", *numbers, f"{shift:+.1e}", default.stats.steps, drift)


def dark_energy(solution: Solution, T: float) -> float:
    """Return the energy of nu_s and mediators at photon temperature T [MeV] in standard neutrinos."""
    energy = solution.energy_density("s") + solution.dark.energy / NEUTRINO_DENSITY
    return float(np.interp(-np.log(T), -np.log(solution.T.to_value("MeV")), energy))


def secret_vector() -> Iterator[str]:
    """Yield the dark sector of secret vectors: 1 eV^2, theta = 0.1, mu-like without active mixing; e-like with it."""
    U4 = float(np.sin(0.1) ** 2)
    for e_s, mass in ((1e-1, "10 MeV"), (1e-2, "10 MeV"), (1e-3, "1 MeV"), (1e-3, "100 MeV")):
        secret = [SecretVector(e_s, mass)]
        mu_like, e_like = Mixing(dm2_41="1 eV2", Umu4_sq=U4, **NO_MIXING), Mixing(dm2_41="1 eV2", Ue4_sq=U4)
        mu, e = (solve(mixing, secret) for mixing in (mu_like, e_like))
        numbers = [f"{dark_energy(mu, T):.3f}" for T in (1.0, 0.02)] + [f"{s.N_eff:.4f}" for s in (mu, e)]
        yield row(f"{e_s:g}, {mass}", *numbers, f"{mu.secret_rate_sensitivity():+.4f}")


if __name__ == "__main__":
    for table in (errors, resonances, secret_vector, both_signs):
        print(f"\n{table.__doc__}\n", *table(), sep="\n")
    print(f"\nMeasured on {platform.machine()}, Python {platform.python_version()}, one core.")
