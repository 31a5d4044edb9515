"""Runs in which nu_4 decays into nu_k and a pseudoscalar: conservation, equilibrium, limits."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from boltzmann import Mixing, Options, solve
from boltzmann.constants import EV, M_E, ZETA_3
from boltzmann.numerics.momentum import fermi_dirac
from boltzmann.potentials import SecretPseudoscalar
from boltzmann.solution import Solution

MIXING = Mixing(dm2_41="1 eV2", Umu4_sq=1e-3)
MASSLESS = "1e-9 eV"
COARSE = Options(n_momenta=14, rtol=1e-3)


@pytest.fixture(scope="module")
def flavour() -> Solution:
    return solve(MIXING, [SecretPseudoscalar(3e-6, MASSLESS)])


@pytest.fixture(scope="module")
def diagonal() -> Solution:
    return solve(MIXING, [SecretPseudoscalar(3e-6, MASSLESS, couplings="mass-diagonal")])


def index(solution: Solution, T: float) -> int:
    """Return the stored point nearest to T_gamma [eV]."""
    return int(np.argmin(np.abs(np.log(solution.T.value / EV / T))))


def population(solution: Solution, state: int, k: int) -> np.ndarray:
    """Return the occupation of a mass state at a stored point."""
    U = solution.mixing.U[:, state - 1]
    return np.einsum("a,yab,b->y", U.conj(), solution.rho[k, 0], U).real


def charge(solution: Solution, k: int) -> float:
    """Return the comoving number of nu_4 + nubar_4 and phi."""
    z, eta = np.exp(solution.dark.log_z[k]), solution.dark.eta[k]
    nu = float(solution.weights * solution.y**2 @ population(solution, 4, k)) / np.pi**2
    return nu + ZETA_3 / np.pi**2 * z**3 * np.exp(eta)


def test_energy_is_conserved(flavour: Solution) -> None:
    assert flavour.status.ok
    assert flavour.stats.energy_drift < 1e-8
    # massless until then: N_eff of everything is that of the end of weak collisions (1e-4: interpolation in ln T)
    assert flavour.N_eff_at("20 eV") == pytest.approx(flavour.N_eff_at("1 keV"), abs=1e-4)


def test_first_law_with_the_mass_of_nu_4() -> None:
    # d(rho a^4)/d ln a = (rho - 3 P) a^4 = int y^2 (m a)^2/E f of nu_4, integrated over stored points:
    # from 100 eV on, where the mass is 1e-4 of the energy, until the end, where it has added 0.5%
    run = solve(MIXING, [SecretPseudoscalar(3e-6, MASSLESS)], Options(rtol=1e-5))
    first, mass = index(run, 100.0), float(run.mixing.m4.to_value("MeV"))
    energy, source = [], []
    for k in range(first, run.x.size):
        f = [population(run, state, k) for state in (1, 2, 3, 4)]
        level = np.hypot(run.y, mass * run.x[k] / M_E)
        measure = run.weights * run.y**2 / np.pi**2
        energy.append(measure @ (run.y * sum(f[:3]) + level * f[3]) + run.dark.energy[k])
        source.append(measure @ ((mass * run.x[k] / M_E) ** 2 / level * f[3]))
    s = np.log(run.x[first:])
    gained = float(CubicSpline(s, source).integrate(s[0], s[-1]))
    assert gained / energy[0] > 0.005
    # integration: 1e-5 of the whole energy, 0.2% of what is gained (4% with rtol = 1e-4)
    assert energy[-1] - energy[0] == pytest.approx(gained, rel=0.005)


def test_fast_decays_are_an_equilibrium(flavour: Solution) -> None:
    # where inverse decays are 1e5 times faster than the expansion, all spectra are those of one temperature, mu_k = 0
    # and mu_4 = mu_phi: the state that energy and the number N_4 + N_phi determine
    for T in (300.0, 100.0):
        k = index(flavour, T)
        z, eta = np.exp(flavour.dark.log_z[k]), flavour.dark.eta[k]
        counted = flavour.y < 12.0  # 0.1% of the energy is beyond
        for state in (1, 2, 3):
            expected = fermi_dirac(flavour.y / z)
            assert population(flavour, state, k)[counted] == pytest.approx(expected[counted], rel=1e-3)
        assert population(flavour, 4, k)[counted] == pytest.approx(fermi_dirac(flavour.y / z - eta)[counted], rel=1e-2)
    # Scattering hardly converts between the two (|U_sk|^2 Gamma_s/H is 0.01): decays conserve N_4 + N_phi
    k, m = index(flavour, 1000.0), index(flavour, 300.0)
    assert charge(flavour, m) == pytest.approx(charge(flavour, k), rel=0.03)


def test_before_decays_couplings_do_not_matter(flavour: Solution, diagonal: Solution) -> None:
    # Gamma/H of inverse decays is 1e-6 at 1 MeV
    assert flavour.N_eff_at("1 MeV") == pytest.approx(diagonal.N_eff_at("1 MeV"), abs=1e-4)


def test_mass_diagonal_couplings_are_the_former_physics(diagonal: Solution) -> None:
    # version 0.2 before decays, T = 10 eV at its end: 3.122285; matter in the Hubble rate, 8% of the density, is new
    assert diagonal.N_eff_at("10 eV") == pytest.approx(3.122285, abs=5e-5)
    k = index(diagonal, 10.0)
    assert diagonal.energy_density(4)[k] / diagonal.energy_density(1)[k] == pytest.approx(0.0882 / 1.003, rel=0.03)


def test_decays_vanish_with_the_coupling() -> None:
    plain = solve(MIXING, options=COARSE).N_eff
    phi = [SecretPseudoscalar(1e-13, MASSLESS, couplings=c) for c in ("flavour", "mass-diagonal")]
    with pytest.warns(UserWarning, match="mediators are absent"):
        found = [solve(MIXING, [kind], COARSE).N_eff for kind in phi]
    assert found[0] == found[1]
    assert found[0] == pytest.approx(plain, abs=1e-3)  # other steps, rtol = 1e-3


@pytest.mark.parametrize("g", [1e-9, 1e-8, 1e-7])
def test_decays_alone_make_a_bath(g: float) -> None:
    # too weak for scattering to hold phi: it is made by decays, and energy is conserved
    solution = solve(MIXING, [SecretPseudoscalar(g, MASSLESS)], COARSE)
    assert solution.status.ok
    assert solution.N_eff_of_mediators > 0.01
    assert solution.N_eff_at("3 eV") == pytest.approx(solution.N_eff_at("10 keV"), abs=0.01)  # mass: (1/3)^2/30
