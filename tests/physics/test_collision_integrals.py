"""Population integrals of weak collisions: against direct phase-space integrals, and what they must conserve."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from boltzmann.collisions import matrix
from boltzmann.collisions.damping import C_E, loss_function
from boltzmann.collisions.electron import (
    PANEL_NODES,
    PANEL_WEIGHTS,
    couple,
    electron_jacobian,
    electron_kernels,
    pair_couplings,
)
from boltzmann.collisions.neutrino import KINK, massless_amplitudes, neutrino_integral, neutrino_jacobian
from boltzmann.constants import G_L_E, G_L_X, G_R
from boltzmann.numerics.momentum import fermi_dirac
from tests.collision_tools import LEFT, SPECTRA, gain_and_loss, grid, kernels, net, nu_e, nu_nu, tables
from tests.phase_space import electron_processes, neutrino_processes, total_rates

# ---------------------------------------------------------------- nu-e against the phase-space integral


@pytest.mark.parametrize("flavour", [0, 1])
@pytest.mark.parametrize(("mass", "z"), [(0.02, 1.0), (0.5, 1.02), (2.0, 1.2)])
def test_nu_e_integral_is_the_phase_space_integral(flavour: int, mass: float, z: float) -> None:
    """Normalisation, couplings and mass terms, out of equilibrium, at four momenta."""
    r, y = SPECTRA[0](grid(20).y), grid(20).y
    gain, loss = nu_e(r, flavour, mass**2, z)
    for i in (3, 8, 13, 16):
        processes = electron_processes(LEFT[flavour], G_R, mass, lambda e: fermi_dirac(e / z), SPECTRA[0])
        up, down = total_rates(processes, y[i])
        direct = up * (1.0 - r[i]) - down * r[i]
        # Node sums: what gain and loss have in common is 1.5% too large (kink at equal momenta, ~1/N^2), their
        # difference hardly; measured 2e-4 of the loss, 1% of the integral where it is small
        assert gain[i] == pytest.approx(up, rel=0.03)
        assert net(r, gain, loss)[i] == pytest.approx(direct, rel=0.01, abs=3e-4 * down * r[i])


@pytest.mark.parametrize("flavour", [0, 1])
@pytest.mark.parametrize(("y", "mass", "z"), [(0.5, 0.3, 1.01), (3.0, 1.0, 1.1), (9.0, 0.02, 0.97)])
def test_nu_e_kernels_with_panels_are_the_phase_space_integral(flavour: int, y: float, mass: float, z: float) -> None:
    """The same without node sums: the kernels integrated on panels that end at the kink."""
    spectrum, n = SPECTRA[2], 24
    nodes, weights = np.polynomial.legendre.leggauss(n)
    edges = sorted({0.0, mass**2 / y, y, y + 4.0, y + 12.0, y + 45.0})
    total = 0.0
    for low, high in pairwise(edges):
        other = np.append(0.5 * (low + high) + 0.5 * (high - low) * nodes, y)
        out, w = np.empty((4, n + 1, n + 1)), np.append(0.5 * (high - low) * weights, 0.0)
        electron_kernels(other, mass**2, z, *np.polynomial.legendre.leggauss(40), out)
        rates, boost = couple(out, flavour, flavour), np.exp(0.5 * other / z)
        total += net(spectrum(other), *gain_and_loss(spectrum(other), w, boost, *rates))[-1]
    processes = electron_processes(LEFT[flavour], G_R, mass, lambda e: fermi_dirac(e / z), spectrum)
    up, down = total_rates(processes, y, n=20)
    direct = up * (1.0 - spectrum(np.array(y))) - down * spectrum(np.array(y))
    # 1e-5: thresholds inside panels; elsewhere the two roads agree to 1e-8
    assert total == pytest.approx(direct, rel=1e-5)


@pytest.mark.jit_off
@pytest.mark.parametrize("z", [0.95, 1.0, 1.37])
def test_nu_e_detailed_balance_for_any_rates(z: float) -> None:
    rng, y = np.random.default_rng(1), grid(10).y
    k, a = rng.uniform(size=(2, 10, 10))
    r = fermi_dirac(y / z)
    gain, loss = gain_and_loss(r, grid(10).w, np.exp(0.5 * y / z), k, a)
    # each term cancels for itself: rounding of twenty exponentials
    np.testing.assert_allclose(net(r, gain, loss) / (loss * r), 0.0, atol=5e-14)


def fluid_transfer(T1: float, T2: float) -> float:
    """F(T1, T2) of the energy exchange between Fermi-Dirac gases without electron mass (arXiv:1812.05605)."""
    return 32 * 0.884 * (T1**9 - T2**9) + 56 * 0.829 * T1**4 * T2**4 * (T1 - T2)


@pytest.mark.parametrize("z", [0.97, 1.03])
@pytest.mark.parametrize("flavour", [0, 1])
def test_heat_flows_from_the_hotter_gas_at_the_published_rate(flavour: int, z: float) -> None:
    """Heating, d rho_nu/dt = (G_F^2/pi^5) 4 (g_L^2 + g_R^2) F(T_e, T_nu) of one flavour."""
    y, w, f = grid(20).y, grid(20).w, grid(20).f
    gain, loss = nu_e(f, flavour, 1e-6, z)
    transfer = np.sum(w * y * net(f, gain, loss)) / 8  # (1/pi^2) int dy y^3 df/dt in units of G_F^2/pi^5
    published = 4 * (LEFT[flavour] ** 2 + G_R**2) * fluid_transfer(z, 1.0)
    assert np.sign(transfer) == np.sign(z - 1.0)
    # three digits of the published factors
    assert transfer == pytest.approx(published, rel=0.005)


def test_electron_neutrinos_couple_more_strongly() -> None:
    """(g_L^2 + g_R^2): nu_e 4.7 times as strongly as nu_mu, nu_tau for massless electrons."""
    gain = [nu_e(grid(20).f, flavour, 1e-6, 1.0)[0] for flavour in (0, 1)]
    expected = (G_L_E**2 + G_R**2) / (G_L_X**2 + G_R**2)
    np.testing.assert_allclose(gain[0] / gain[1], expected, rtol=1e-5)  # mass terms, m^2 = 1e-6


def test_scattering_conserves_the_number_of_neutrinos() -> None:
    rng, n = np.random.default_rng(4), 20
    r = grid(n).f * (1.0 + 0.5 * rng.uniform(-1, 1, n))
    k, _ = couple(kernels(n, 0.3, 1.1), 0, 0)
    gain, loss = gain_and_loss(r, grid(n).w, np.exp(0.5 * grid(n).y / 1.1), k, np.zeros((n, n)))
    # exact on any grid, because R1 and R2 are symmetric: rounding
    assert abs(np.sum(grid(n).w * net(r, gain, loss))) < 1e-13 * np.sum(grid(n).w * loss * r)


@pytest.mark.jit_off
def test_nu_e_jacobian_against_central_differences() -> None:
    rng, n = np.random.default_rng(2), 10
    r = grid(n).f * (1.0 + 0.3 * rng.uniform(-1, 1, n))
    k, a = rng.uniform(size=(2, n, n))
    w, boost, J = grid(n).w, np.exp(0.5 * grid(n).y / 1.1), np.zeros((n, n))
    electron_jacobian(r, w, boost, k, a, *gain_and_loss(r, w, boost, k, a), J)

    def integral(r: np.ndarray) -> np.ndarray:
        return net(r, *gain_and_loss(r, w, boost, k, a))

    # quadratic in r: central differences are exact but for rounding, 1e-16/1e-4 of the largest element of a row
    numerical = derivatives(integral, r, 1e-4)
    np.testing.assert_allclose(J, numerical, atol=1e-10 * np.abs(J).max())


def derivatives(function: Callable[[np.ndarray], np.ndarray], r: np.ndarray, h: float) -> np.ndarray:
    """Central differences; the variables are the last axes of the result."""
    columns = []
    for index in np.ndindex(r.shape):
        step = np.zeros_like(r)
        step[index] = h
        columns.append((function(r + step) - function(r - step)) / (2.0 * h))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *r.shape)


# ---------------------------------------------------------------- nu-nu


@pytest.mark.parametrize(("n", "error"), [(14, 1e-3), (20, 6e-4), (40, 3e-4)])
@pytest.mark.parametrize("flavour", [0, 1, 2])
def test_nu_nu_integral_is_the_phase_space_integral(flavour: int, n: int, error: float) -> None:
    """Three different spectra, three momenta. Errors are relative to the loss; 4e-3 at N = 20 with kinks uncorrected.

    Measured: 5.5e-4, 3.8e-4, 1.7e-4, the largest at y = 12, from where the grid ends soon; else 1e-5 at N = 40.
    """
    r = np.array([spectrum(grid(n).y) for spectrum in SPECTRA])
    gain, loss = nu_nu(r)
    size = 0.0
    for i in (n // 5, n // 2, 4 * n // 5):
        up, down = total_rates(neutrino_processes(flavour, SPECTRA), grid(n).y[i])
        up, down = up * (1.0 - r[flavour, i]), down * r[flavour, i]
        assert net(r, gain, loss)[flavour, i] == pytest.approx(up - down, abs=error * down)
        size = max(size, abs(up - down) / down)
    assert size > 10 * error  # what is compared is not lost in the tolerance


@pytest.mark.parametrize("y", [0.3, 1.0, 3.15, 8.0, 15.0])
def test_nu_nu_rate_with_split_panels(y: float) -> None:
    """Equilibrium gain + loss: panels, phase space and Bennett's fit agree (arXiv:2012.02726)."""
    rate = matrix.neutrino_loss(y, PANEL_NODES, PANEL_WEIGHTS)
    direct = sum(total_rates(neutrino_processes(0, [fermi_dirac] * 3), y, n=20))
    assert rate == pytest.approx(direct, rel=1e-5)  # 12-point panels
    assert rate == pytest.approx(2 * y**3 * loss_function(y), rel=0.003)  # the fit's 0.25%


@pytest.mark.parametrize("y", [0.3, 1.0, 3.15, 8.0, 15.0])
def test_nu_e_rate_with_split_panels(y: float) -> None:
    """Massless e+- have the same rate as nu-nu but for couplings: c_e d(y)."""
    rate = matrix.electron_loss(y, PANEL_NODES, PANEL_WEIGHTS, pair_couplings(0, 0))
    direct = sum(total_rates(electron_processes(G_L_E, G_R, 0.0, fermi_dirac, fermi_dirac), y, n=20))
    assert rate == pytest.approx(direct, rel=3e-4)  # 12-point panels of R1
    assert rate == pytest.approx(2 * y**3 * C_E * loss_function(y), rel=0.003)


@pytest.mark.parametrize(("y1", "y2"), [(1.3, 3.1), (3.1, 1.3), (0.2, 5.0), (5.0, 0.2)])
def test_amplitudes_have_kinks_where_they_are_said_to_be(y1: float, y2: float) -> None:
    def fall(y3: float) -> np.ndarray:
        h = 1e-4
        at = np.array([massless_amplitudes(y1, y2, y3 + k * h, y1 + y2 - y3 - k * h) for k in range(-2, 3)])
        return (at[0] - 4.0 * at[1] + 6.0 * at[2] - 4.0 * at[3] + at[4]) / (2.0 * h * (y1 * y2) ** 2)

    # one-sided differences of second order of polynomials of fifth: (h/y)^2
    np.testing.assert_allclose(fall(y1), [KINK, KINK], rtol=1e-5)
    np.testing.assert_allclose(fall(y2), [KINK, 0.0], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("n", "median"), [(14, 4e-3), (20, 1e-3), (40, 2e-4)])
def test_sums_over_the_third_momentum_are_the_known_integrals(n: int, median: float) -> None:
    """(1 - cos)^2 averaged, and a third of it: (32/3)(y1 y2)^3 and (32/9)(y1 y2)^3 over y3, derived."""
    y, w = grid(n).y, grid(n).w
    inside, cubes = np.add.outer(y, y) <= y[-1], np.multiply.outer(y, y) ** 3
    for kernel, factor in ((tables(n).scatter, 32.0 / 3.0), (tables(n).pair, 32.0 / 9.0)):
        assert np.all(kernel >= 0.0)  # also at momenta below the distance of nodes
        error = np.abs(kernel.sum(axis=2) / w / (factor * cubes) - 1.0)[inside]
        assert np.median(error) < median  # measured 2.1e-3, 6.4e-4, 7e-5; up to 0.23 at the lowest node


@pytest.mark.parametrize("n", [14, 20, 40])
def test_node_sums_have_the_loss_rate(n: int) -> None:
    """Kinks at equal momenta, uncorrected, add 3% at N = 20 and 0.8% at N = 40."""
    gain, loss = nu_nu(np.tile(grid(n).f, (3, 1)))
    fit = 2 * grid(n).y ** 3 * np.array([loss_function(y) for y in grid(n).y])
    middle = (grid(n).y > 1.0) & (grid(n).y < 10.0)
    # the fit's 0.25%
    np.testing.assert_allclose(((gain + loss)[0] / fit)[middle], 1.0, atol=4e-3)
    ratios = matrix.kink_ratios(grid(n), tables(n)).neutrino
    # measured 1.8e-3, 1e-3, 4e-4, the most at the lowest of these momenta
    np.testing.assert_allclose(ratios[middle], 1.0, atol=2.5e-3)


@pytest.mark.parametrize("n", [8, 20])
def test_nu_nu_detailed_balance(n: int) -> None:
    r = np.tile(grid(n).f, (3, 1))
    gain, loss = nu_nu(r)
    # exact in equilibrium at the reference temperature, where interpolation of r/f is exact: rounding
    np.testing.assert_allclose(net(r, gain, loss) / (loss * r), 0.0, atol=1e-14)


@pytest.mark.parametrize("temperature", [0.95, 1.05])
def test_nu_nu_detailed_balance_at_another_temperature(temperature: float) -> None:
    r = np.tile(fermi_dirac(grid(20).y / temperature), (3, 1))
    gain, loss = nu_nu(r)
    # interpolation of f(y/T)/f(y) by cubics at nodes 0.3 to 3 apart: measured 1e-5
    np.testing.assert_allclose(net(r, gain, loss) / (loss * r), 0.0, atol=2e-5)


@pytest.mark.parametrize(
    ("n", "shape", "error"),
    [
        # the size and smoothness that decoupling leads to: 1e-5 is what a solution promises
        (20, "thermal", 1e-5),
        (20, "bump", 1e-5),
        # ten times as large and oscillating: cubic interpolation shows, and converges (measured 1.4e-4, 3e-5)
        (20, "wave", 3e-4),
        (30, "wave", 6e-5),
    ],
)
def test_nu_nu_conserves_number_and_energy(n: int, shape: str, error: float) -> None:
    rng, y, w = np.random.default_rng(11), grid(n).y, grid(n).w
    for _ in range(20):
        size = rng.uniform(-1, 1, (3, 1))
        distortion = {
            "thermal": fermi_dirac(y / (1 + 0.03 * size)) / fermi_dirac(y) - 1,
            "bump": 0.05 * size * np.exp(-((y - rng.uniform(1, 10, (3, 1))) ** 2) / 8.0),
            "wave": 0.3 * np.sin(rng.uniform(0.2, 1.0) * y + 6 * size),
        }[shape]
        r = grid(n).f * (1.0 + distortion)
        gain, loss = nu_nu(r)
        for power in (0, 1):  # I carries y^2 already: number, energy
            moment = np.sum(w * y**power * net(r, gain, loss))
            assert abs(moment) < error * np.sum(w * y**power * loss * r)


def test_nu_nu_integral_is_symmetric_under_permutations_of_flavours() -> None:
    r, order = np.array([spectrum(grid(14).y) for spectrum in SPECTRA]), [2, 0, 1]
    integral = net(r, *nu_nu(r))
    # sums are taken in another order: rounding
    np.testing.assert_allclose(net(r[order], *nu_nu(r[order])), integral[order], atol=1e-13 * np.abs(integral).max())


@pytest.mark.parametrize("n", [8, 12])
def test_nu_nu_jacobian_against_central_differences(n: int) -> None:
    rng = np.random.default_rng(5)
    r = grid(n).f * (1.0 + 0.3 * rng.uniform(-1, 1, (3, n)))
    r4, gain, loss, J = np.zeros((n, 3, n, n)), np.empty((3, n)), np.empty((3, n)), np.empty((n, 3, 3, n))
    neutrino_integral(r, tables(n), r4, np.empty((2, 3, n * n)), gain, loss)
    neutrino_jacobian(r, tables(n), r4, gain, loss, J)
    step = 1e-3
    # cubic in r: the error h^2/6 times the third derivative is extrapolated away from h and 2h; rounding remains
    coarse, fine = (derivatives(lambda r: net(r, *nu_nu(r)), r, h) for h in (2 * step, step))
    numerical = ((4.0 * fine - coarse) / 3.0).transpose(1, 0, 2, 3)  # (a, i, b, j) -> (i, a, b, j)
    for i in range(n):  # rates grow as y^3: compare row by row
        np.testing.assert_allclose(J[i], numerical[i], atol=1e-9 * np.abs(J[i]).max())
