"""Three flavours with asymmetries to the end: limits, symmetries, conservation, and the public rows of COFLASY."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from boltzmann import Asymmetry, Mixing, Options, Solution, ValidityWarning, load_solution, solve
from boltzmann.asymmetries import evolution
from boltzmann.asymmetries.evolution import evolve
from boltzmann.observables import effective_number, energy_density
from boltzmann.parameters.asymmetry import PHOTONS, xi_of
from boltzmann.plasma.background import temperature
from boltzmann.solver.flavours import TOLERANCE

pytestmark = pytest.mark.filterwarnings("ignore::boltzmann.ValidityWarning")

COARSE = Options(n_momenta=8)
WITHOUT_PHASE = Mixing(delta_13="0 deg")
# settings of COFLASY-C, arXiv:2502.14960
PUBLIC = Mixing(
    sin2_theta_12=float(np.sin(0.587) ** 2),
    sin2_theta_13=float(np.sin(0.148) ** 2),
    sin2_theta_23=float(np.sin(0.831) ** 2),
    dm2_21="7.53e-5 eV2",
    dm2_31="2.534e-3 eV2",
)
# xi_e, xi_mu, xi_tau; 1000 dn_a at 1.5 MeV; N_eff: public data of COFLASY-C (arXiv:2502.14960, 2510.02438)
ROWS = [
    (0.381472, -0.240526, 0.104722, 8.77558, 18.227, 14.6641, 3.069),
    (-0.192822, -0.192822, 0.61368, -3.82176, 25.9604, 19.5281, 3.09935),
    (0.381472, -0.518162, 0.389188, -2.58656, 26.3478, 17.9055, 3.12625),
    (0.64964, -0.64964, 0.248446, -0.89496, 25.7874, 16.7742, 3.14203),
    (1.0455, -1.1169, 0.342696, -10.8849, 34.0086, 18.5429, 3.27263),
    (-0.240526, 0.81593, -0.373743, 36.5272, -3.059, 8.19849, 3.17619),
    (0.933664, -0.734109, 0.00806446, 3.84397, 23.3489, 14.4738, 3.15257),
    (-1.34838, 0.734109, 0.977846, -0.284824, 20.0094, 21.9421, 3.1391),
]


def asymmetry(xi: tuple[float, ...]) -> Asymmetry:
    return Asymmetry(xi_e=xi[0], xi_mu=xi[1], xi_tau=xi[2])


@cache
def public(row: int) -> Solution:
    return solve(PUBLIC, asymmetry=asymmetry(ROWS[row][:3]), options=Options(n_momenta=12))


@cache
def coarse(sign: float) -> Solution:
    return solve(WITHOUT_PHASE, asymmetry=asymmetry((0.3 * sign, -0.2 * sign, 0.25 * sign)), options=COARSE)


def equal(xi: float) -> float:
    """Return N_eff of equal asymmetries, in the room itself: `solve` has the full equation for them."""
    run, told, status = evolve(Mixing(), (xi, xi, xi), COARSE.settled(careful=False, early=False), TOLERANCE)
    assert told is None
    assert status.ok
    p, x = run.problem, run.x[-1]
    total = energy_density(p.grid.y, p.grid.w, p.occupations(run.u).mean(axis=0).sum(axis=0))
    return float(effective_number(total, temperature(x, run.u[-2], p.plasma)))


@pytest.mark.parametrize("xi", [0.0, 0.3])
def test_equal_asymmetries_are_exact(xi: float) -> None:
    # thermal spectra, and 0.0102 xi^2 of non-instantaneous decoupling (arXiv:2409.08280); 3.0440 at xi = 0
    thermal = 3.0 * (30.0 / 7.0 * (xi / np.pi) ** 2 + 15.0 / 7.0 * (xi / np.pi) ** 4)
    assert equal(xi) == pytest.approx(3.0440 + thermal + 0.0102 * xi**2, abs=1e-3)


def test_conservation() -> None:
    solution = coarse(1.0)
    each = solution.comoving_asymmetry
    # rounding of what cancels in the sum: 5e-12 and 1e-11 with kernels that were optimised in one way and another
    assert np.ptp(each.sum(axis=1)) < 5e-11 * np.abs(each[0]).sum()
    assert solution.stats.energy_drift < 1e-8
    assert np.isfinite(solution.rho).all()
    assert np.abs(solution.rho - np.swapaxes(solution.rho.conj(), -1, -2)).max() < 1e-12


def test_mirror_image() -> None:
    # without CP violation xi -> -xi exchanges nu and nubar. To round-off at 8 MeV; then phases of the oscillation
    # amplify it by 1e7 at 3 MeV, by 1e-5 of the largest, and N_eff by 4e-6
    plus, minus = coarse(1.0), coarse(-1.0)
    largest, early = np.abs(plus.comoving_asymmetry[-1]).max(), plus.T.value > 8.0
    assert plus.comoving_asymmetry[early] == pytest.approx(-minus.comoving_asymmetry[early], abs=1e-8 * largest)
    assert plus.N_eff == pytest.approx(minus.N_eff, abs=2e-5)
    assert plus.comoving_asymmetry[-1] == pytest.approx(-minus.comoving_asymmetry[-1], abs=1e-3 * largest)
    assert plus.spectrum("e", antineutrino=True) == pytest.approx(minus.spectrum("e", antineutrino=False), rel=1e-3)


def test_nothing_mixes_without_angles() -> None:
    # flavours keep what they have: SUM w (rho - rhobar) of each
    mixing = Mixing(sin2_theta_12=0.0, sin2_theta_13=0.0, sin2_theta_23=0.0)
    a = solve(mixing, asymmetry=asymmetry((0.3, -0.3, 0.0)), options=COARSE).comoving_asymmetry
    assert np.abs(a - a[0]).max() < 1e-10 * np.abs(a[0]).max()


def test_what_a_solution_says(tmp_path: Path) -> None:
    solution = coarse(1.0)
    told = solution.synchronised
    assert told is not None
    assert 1e3 < told.dominance < 1e5
    end = int(np.flatnonzero(solution.T.value > 1.4999)[-1])  # a window of whole steps: 0.1 of ln x, within a step
    used = (solution.x > solution.x[end] * np.exp(-0.1)) & (np.arange(solution.x.size) <= end)
    found = np.average(solution.comoving_asymmetry[used], axis=0, weights=np.gradient(np.log(solution.x))[used])
    assert found == pytest.approx(told.mean, abs=0.02 * max(map(abs, told.mean)))
    again = load_solution(solution.save(tmp_path / "run.nc"))
    assert again.synchronised == told
    assert again.N_eff == solution.N_eff
    assert again.xi("mu") == solution.xi("mu")


def test_levels_that_cross() -> None:
    # equal xi_e and xi_tau: collisions make two levels cross at 4 MeV, which once stopped the run
    solution = solve(Mixing(ordering="inverted"), asymmetry=asymmetry((-0.24349, 0.47878, -0.24349)), options=COARSE)
    assert solution.status.ok
    assert solution.comoving_asymmetry.sum(axis=1) == pytest.approx(solution.comoving_asymmetry[0].sum(), abs=1e-11)


@pytest.mark.parametrize(
    ("xi", "words"),
    [((0.02, -0.01, 0.01), "15% of the largest"), ((-1.34838, 0.734109, 0.977846), "phases cannot be predicted")],
)
def test_limits_are_said(xi: tuple[float, float, float], words: str) -> None:
    with pytest.warns(ValidityWarning, match=words):
        solve(PUBLIC, asymmetry=asymmetry(xi), options=COARSE)


@pytest.mark.slow
@pytest.mark.parametrize("row", range(8))
def test_public_rows(row: int) -> None:
    # N_eff within 0.010 (the last row is chaotic: 0.02). Row 4 is 0.017 lower: COFLASY lets neutrinos decouple at
    # 1.5 MeV, see below. Momentum dependence, asymmetry.md sec. 12 of the design: dn at 1.5 MeV 0.20 of the largest,
    # after solar mixing 0.10.
    solution, expected = public(row), ROWS[row]
    told = solution.synchronised
    assert told is not None
    assert solution.N_eff == pytest.approx(expected[6], abs=0.020 if row in (4, 7) else 0.010)
    if row == 7:
        return
    largest = max(map(abs, expected[3:6])) * 1e-3
    assert told.mean == pytest.approx(np.array(expected[3:6]) * 1e-3, abs=0.20 * largest)
    assert solution.comoving_asymmetry[-1] == pytest.approx(np.array(expected[3:6]) * 1e-3, abs=0.10 * largest)


@pytest.mark.slow
def test_the_row_that_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    # without collisions below 1.5 MeV, relative to the same at xi = 0.001, the largest asymmetries agree: +0.005
    monkeypatch.setattr(evolution.electron, "couplings", lambda W, _: np.zeros((2, 3 * len(W), 3 * len(W))))
    monkeypatch.setattr(evolution, "ABSENT", np.inf)
    options = Options(n_momenta=12)
    standard = solve(PUBLIC, asymmetry=Asymmetry(xi_e=2e-3), options=options).N_eff
    found = solve(PUBLIC, asymmetry=asymmetry(ROWS[4][:3]), options=options).N_eff
    assert found - standard + 3.0440 == pytest.approx(ROWS[4][6], abs=0.010)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ordering", "direction", "expected"),
    [("normal", (1.0, 0.0, -1.0), 0.030), ("inverted", (1.0, 1.0, -2.0), 0.016)],
)
def test_the_least_washout(
    ordering: Literal["normal", "inverted"], direction: tuple[float, ...], expected: float
) -> None:
    # arXiv:2502.14960, abstract: n_e^2 at nucleosynthesis is at most 0.03 (0.016) of the initial sum of squares, for a
    # vanishing sum of asymmetries; here the directions with the largest of twelve, to 20 %
    start = 0.1 * np.array(direction) / np.linalg.norm(direction)
    xi = tuple(xi_of(n / PHOTONS) for n in start)
    solution = solve(Mixing(ordering=ordering), asymmetry=asymmetry(xi), options=COARSE)
    found = solution.comoving_asymmetry[-1, 0] ** 2 / np.sum(solution.comoving_asymmetry[0] ** 2)
    assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.slow
def test_the_direction_that_is_washed_out() -> None:
    # normal ordering: n_mu = -2/3 n_e. The abstract of arXiv:2502.14960 has n_e = -2/3 n_mu, for which its public rows,
    # which agree with ours, do not let n_e vanish; here that direction keeps a tenth
    left = []
    for direction in ((1.0, -2.0 / 3.0, -1.0 / 3.0), (-2.0 / 3.0, 1.0, -1.0 / 3.0)):
        start = 0.1 * np.array(direction) / np.linalg.norm(direction)
        xi = tuple(xi_of(n / PHOTONS) for n in start)
        solution = solve(PUBLIC, asymmetry=asymmetry(xi), options=COARSE)
        left.append(abs(solution.comoving_asymmetry[-1, 0]) / 0.1)
    assert left[0] < 0.01
    assert left[1] > 0.05


@pytest.mark.slow
def test_step_and_momenta() -> None:
    # the amplitude of the oscillation depends on both, less so its mean and N_eff
    fine = solve(PUBLIC, asymmetry=asymmetry(ROWS[2][:3]), options=Options(n_momenta=20, max_step=0.005))
    assert public(2).N_eff == pytest.approx(fine.N_eff, abs=1e-3)
    largest = np.abs(fine.comoving_asymmetry[-1]).max()
    assert public(2).comoving_asymmetry[-1] == pytest.approx(fine.comoving_asymmetry[-1], abs=0.03 * largest)
