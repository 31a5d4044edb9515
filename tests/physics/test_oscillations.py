"""Oscillations in vacuum and matter, and their damping: exact solutions of few-state problems.

Every run goes through `solve` with potentials given as interactions; ``NoPotential`` removes the Standard Model's.
Two states: the active mixing angles are zero and nu_s mixes with nu_e alone, so that nu_mu and nu_tau stand aside.
Reference expressions take the Hubble rate and the temperature of the run itself, from its z(x).
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from boltzmann import Mixing, Options, Solution, solve
from boltzmann.collisions.damping import rate_coefficient
from boltzmann.constants import EV, G_F, M_E, M_PLANCK, M_W, M_Z
from boltzmann.kinetics.potential_terms import Terms
from boltzmann.plasma import thermo
from tests.states import NO_MIXING, NoPotential

# Without muons: neutrinos that never scatter would miss their entropy, and T_gamma a leave the range of the solver.
OFF = {"n_momenta": 8, "collisions": False, "muons": False}
VACUUM = NoPotential(muons=False)


@dataclass(frozen=True)
class PowerLaw:
    """V_s = -strength p T^4 (T/MeV)^power: crosses the vacuum term of a heavier sterile state once."""

    strength: float
    power: float = 0.0

    def terms(self, T: np.ndarray, p: np.ndarray) -> Terms:
        V = -self.strength * p * T ** (4.0 + self.power)
        return Terms(fixed=V[..., None] * np.array([0.0, 0.0, 0.0, 1.0]))


def two_states(dm2: float, sin2_2theta: float) -> Mixing:
    """Return nu_e - nu_s mixing; ``dm2`` [eV2]. The other splittings are small, so that dm2 sets the time."""
    small = {"dm2_21": f"{1e-3 * abs(dm2)} eV2", "dm2_31": f"{2e-3 * abs(dm2)} eV2"}
    return Mixing(dm2_41=f"{dm2} eV2", Ue4_sq=(1 - np.sqrt(1 - sin2_2theta)) / 2, **NO_MIXING, **small)


class Run:
    """A solution with what the reference expressions need; arrays [x] or [x, y], all in MeV powers."""

    def __init__(self, solution: Solution) -> None:
        self.solution, self.x, self.y = solution, solution.x, solution.y
        assert solution.status.ok
        self.s, self.T, self.p = np.log(self.x), solution.T.to_value("MeV")[:, None], self.y * M_E / self.x[:, None]
        self.initial = solution.rho[0, 0, :, 0, 0].real
        self.hubble = self._hubble()[:, None]

    def _hubble(self) -> np.ndarray:
        x, z = self.x, self.solution.z
        total = z**4 * thermo.plasma_energy_density(x / z, muons=False)
        total += sum(self.energy_density(a) for a in range(self.solution.mixing.n_states))
        return np.sqrt(8 * np.pi * total / 3) / M_PLANCK * (M_E / x) ** 2

    def energy_density(self, a: int) -> np.ndarray:
        """(1/pi^2) int y^3 rho_aa: nu and nubar of flavour a, comoving, [x]."""
        return self.element(a, a).real @ (self.solution.weights * self.y**3) / np.pi**2

    def element(self, a: int, b: int) -> np.ndarray:
        return self.solution.rho[:, 0, :, a, b]

    def vacuum(self, dm2: float) -> np.ndarray:
        """dm2/2p; ``dm2`` [eV2]."""
        return dm2 * EV**2 / (2 * self.p)

    def thermal_potential_e(self) -> np.ndarray:
        """V of nu_e without muons (physics.md sec. 2, physical form)."""
        r = M_E / self.T
        electrons = self.T**4 * (thermo.lepton_energy_density(r) + thermo.lepton_pressure(r))
        neutrinos = (self.energy_density(0) * (M_E / self.x) ** 4)[:, None]
        charged = -2 * np.sqrt(2) * G_F * self.p / M_W**2 * electrons
        return charged - 8 * np.sqrt(2) * G_F * self.p / (3 * M_Z**2) * neutrinos

    def zero_crossing(self, difference: np.ndarray, i: int) -> tuple[float, float]:
        """Return s = ln x where ``difference`` of momentum i vanishes, and its derivative there."""
        spline = CubicSpline(self.s, difference[:, i] / np.abs(difference[:, i]).max())
        sign = np.flatnonzero(np.diff(np.sign(difference[:, i])))
        assert sign.size == 1
        at = brentq(spline, self.s[sign[0]], self.s[sign[0] + 1])
        return at, float(spline(at, 1)) * np.abs(difference[:, i]).max()


def test_two_state_vacuum_probability() -> None:
    # P = sin^2(2 theta) sin^2(phase/2), phase = int dm2/2p dt: 1.2 to 28 radians at the end. The error of a phase is of
    # fourth order in h_max (4e-4 at 0.01, 3e-6 at 0.003); that of populations is set by rtol, 2000 steps of 1e-6 at
    # random.
    dm2, mixing = 2e-13, two_states(2e-13, 0.64)
    run = Run(solve(mixing, (VACUUM,), Options(**OFF, x_start=0.1, max_step=0.003, rtol=1e-6)))
    phase = CubicSpline(run.s, run.vacuum(dm2) / run.hubble).antiderivative()(run.s)
    probability = 0.64 * np.sin(phase / 2) ** 2
    assert phase[-1].max() > 20
    assert run.element(3, 3).real / run.initial == pytest.approx(probability, abs=2e-5)
    assert run.element(0, 0).real / run.initial == pytest.approx(1 - probability, abs=2e-5)


def test_four_state_vacuum_evolution_with_cp_phases() -> None:
    # Actives equal, nu_s empty: rho = f (1 - |s(t)><s(t)|), and |s(t)> = U exp(-i m^2 phase) U^dagger |s>. Tolerance as
    # there.
    splittings = {"dm2_21": "2e-14 eV2", "dm2_31": "1e-13 eV2", "dm2_41": "2e-13 eV2"}
    mixing = Mixing(
        **splittings, Ue4_sq=0.1, Umu4_sq=0.2, Utau4_sq=0.05, delta_13="200 deg", delta_14="70 deg", delta_24="140 deg"
    )
    run = Run(solve(mixing, (VACUUM,), Options(**OFF, x_start=0.1, max_step=0.003, rtol=1e-6)))
    phase = CubicSpline(run.s, run.vacuum(1.0) / run.hubble).antiderivative()(run.s)
    turned = np.exp(-1j * phase[..., None] * (mixing.mass_squared / EV**2))
    sterile = (turned * mixing.U[3].conj()) @ mixing.U.T
    expected = run.initial[:, None, None] * (np.eye(4) - sterile[..., :, None] * sterile[..., None, :].conj())
    assert np.abs(sterile[-1, :, 3]).min() < 0.5  # conversion is large
    assert np.abs((run.solution.rho[:, 0] - expected) / run.initial[:, None, None]).max() < 2e-5


def matter_angle(vacuum: np.ndarray, V: np.ndarray, sin2_2theta: float) -> np.ndarray:
    """Cos 2 theta_m, from -1 (the heavier state is nu_e) to 1; ``V`` = V_s - V_e."""
    x, z = vacuum * np.sqrt(sin2_2theta), vacuum * np.sqrt(1 - sin2_2theta) + V
    return z / np.hypot(x, z)


@pytest.mark.parametrize("sign", [1, -1], ids=["power law", "Standard Model"])
def test_adiabatic_msw_resonance(sign: int) -> None:
    # At the resonance, V_s - V_e = -(dm2/2p) cos 2 theta, an adiabatic passage has converted one half; elsewhere the
    # state follows its eigenstate, rho_ss/f = (1 - c(s) c(s_in))/2, up to 1/gamma = 3e-4 and to the integration: the
    # neutrinos' potential reacts to the conversion and errors of populations are fed back, 8e-4 at this rtol, 3e-3 at
    # 1e-4. A light sterile state (dm2 < 0) meets the Standard Model's potential, a heavy one that of a given power law.
    dm2, sin2_2theta, strength = sign * 10.0, 0.03, 10.0 * EV**2 / (2 * 60.0**2 * 20.0**4)
    interactions = (VACUUM, PowerLaw(strength)) if sign > 0 else ()
    run = Run(solve(two_states(dm2, sin2_2theta), interactions, Options(**OFF, max_step=0.02, rtol=1e-5)))
    V = -strength * run.p * run.T**4 if sign > 0 else -run.thermal_potential_e()
    c = matter_angle(run.vacuum(dm2), V, sin2_2theta)
    occupation = run.element(3, 3).real / run.initial
    assert occupation == pytest.approx((1 - c * c[0]) / 2, abs=2e-3)
    for i in range(run.y.size):
        # the resonance is tan 2 theta/6 = 0.03 wide in ln x, so an error of 1e-3 in occupation moves its middle by 1e-4
        assert run.zero_crossing(occupation - 0.5, i)[0] == pytest.approx(run.zero_crossing(c, i)[0], abs=1e-4)


def landau_zener(dm2: float, sin2_2theta: float, power: float, T: float, **options) -> tuple[np.ndarray, np.ndarray]:
    """Return the exponents gamma and the final rho_ss/f of all momenta; that of y = 3 crosses at ``T`` [MeV]."""
    cosine = np.sqrt(1 - sin2_2theta)
    strength = dm2 * EV**2 * cosine / (2 * (3 * T) ** 2 * T ** (4 + power))
    run = Run(solve(two_states(dm2, sin2_2theta), (VACUUM, PowerLaw(strength, power)), Options(**OFF, **options)))
    difference = run.vacuum(dm2) * cosine - strength * run.p * run.T ** (4 + power)
    gamma = np.empty(run.y.size)
    for i in range(gamma.size):
        s, slope = run.zero_crossing(difference, i)
        rate = np.exp(CubicSpline(run.s, np.log(run.hubble[:, 0]))(s)) * slope  # d(H_ss - H_ee)/dt
        coupling = 0.5 * dm2 * EV**2 / (2 * run.y[i] * M_E) * np.exp(s) * np.sqrt(sin2_2theta)
        gamma[i] = 2 * np.pi * coupling**2 / rate
    return gamma, run.element(3, 3)[-1].real / run.initial


@pytest.mark.parametrize("power", [-2.0, 0.0, 2.0])
@pytest.mark.parametrize("sin2_2theta", [3e-7, 1e-5, 1e-4])
def test_landau_zener_crossing(sin2_2theta: float, power: float) -> None:
    # P = 1 - exp(-gamma), gamma = 2 pi |H_es|^2/|d(H_ss - H_ee)/dt| (Landau 1932, Zener 1932). Exact for a linear ramp
    # of infinite length; here the crossing is tan 2 theta < 0.01 wide in ln x, so that curvature is of order 1e-4.
    # Integration at rtol 1e-4: a crossing takes some 30 steps whose errors add to 3e-3 at most; 1.6e-3 is the worst of
    # these 72.
    gamma, P = landau_zener(1.0, sin2_2theta, power, 20.0, rtol=1e-4)
    assert gamma.min() > 1e-3
    assert gamma.max() < 5
    assert pytest.approx(1 - np.exp(-gamma), abs=3e-3) == P


def test_rotation_limiter_resolves_crossings_that_error_control_jumps_over() -> None:
    # rtol 1e-3 errs by up to 1e-2 in P (measured); a crossing that is stepped over is wrong by 1 - exp(-1.5) = 0.78
    crossing = {"dm2": 1.0, "sin2_2theta": 1e-6, "power": 0.0, "T": 4.0, "rtol": 1e-3, "x_start": 0.02}
    gamma, jumped = landau_zener(**crossing, max_rotation=1.0)
    _, resolved = landau_zener(**crossing)
    expected = 1 - np.exp(-gamma)
    assert pytest.approx(expected, abs=2e-2) == resolved
    assert np.abs(jumped - expected).max() > 0.5


def bloch_rate(D: np.ndarray, V_x: np.ndarray, V_z: np.ndarray) -> np.ndarray:
    """Return the rate of (rho_ee - rho_ss)/2 -> 0: half the slowest eigenvalue of dP/dt = V x P - D P_transverse."""
    zero = np.zeros_like(D)
    matrix = np.array([[-D, -V_z, zero], [V_z, -D, -V_x], [zero, V_x, zero]])
    eigenvalues = np.linalg.eigvals(np.moveaxis(matrix, (0, 1), (-2, -1)))
    return -0.5 * eigenvalues.real.max(axis=-1)


class Production(Run):
    """A run with collisions: damping rate D = R_e/2, V_x, V_z and the measured rate of conversion per time."""

    def __init__(self, dm2: float, sin2_2theta: float, interactions: tuple = (), **options) -> None:
        numerics = Options(n_momenta=8, muons=False, max_step=0.02, **options)
        super().__init__(solve(two_states(dm2, sin2_2theta), interactions, numerics))
        self.V_x = self.vacuum(dm2) * np.sqrt(sin2_2theta)
        self.V_z = self.vacuum(dm2) * np.sqrt(1 - sin2_2theta) - (0.0 if interactions else self.thermal_potential_e())
        self.D = 0.5 * rate_coefficient(0, self.p / self.T) * G_F**2 * self.p * self.T**4
        sterile = self.element(3, 3).real
        difference = self.element(0, 0).real - sterile
        self.rate = CubicSpline(self.s, sterile)(self.s, 1) * self.hubble / difference
        # Coherences follow at once while collisions are fast, D >> H; below, the conversion is over and its rate noise.
        # After the start with zero coherence, where the spline of the rate is bad too (1.5 %).
        self.stationary = (100 * self.hubble < self.D) & (self.T < 100.0)


@pytest.mark.parametrize(
    ("dm2", "interactions"), [(1.0, ()), (0.01, (VACUUM,))], ids=["thermal potential", "no potential"]
)
def test_production_rate_is_the_bloch_eigenvalue(dm2: float, interactions: tuple) -> None:
    # Without potential, D/|V| falls from 1e7 to 1e-2 along the run. 5e-3: coherences lag by about 1/D while the rate
    # changes as T^6 to T^12, up to 12 H/D of the part that the resonance denominator changes; measured 2.5e-3.
    run = Production(dm2, 1e-6, interactions)
    expected = bloch_rate(run.D, run.V_x, run.V_z)
    assert run.rate[run.stationary] == pytest.approx(expected[run.stationary], rel=5e-3, abs=0.0)


def test_production_is_a_quarter_of_gamma_sin2_2theta_in_matter() -> None:
    # d rho_ss/dt = (Gamma/4) sin^2(2 theta_m)(rho_ee - rho_ss), Gamma = 2 D; not the 1/2 often quoted. D/|V| < 0.01, so
    # that the denominator D^2 + V^2 changes it by 1e-4; 5e-3 for the lag as above.
    run = Production(1.0, 1e-6)
    quarter = 2 * run.D / 4 * run.V_x**2 / (run.V_x**2 + run.V_z**2)
    assert (run.D / np.hypot(run.V_x, run.V_z)).max() < 0.01
    assert run.rate[run.stationary] == pytest.approx(quarter[run.stationary], rel=5e-3, abs=0.0)


MCKELLAR = 1.346  # C_e of 2 D = C G_F^2 p T^4 in the McKellar-Thomson approximation (physics.md sec. 5)


@pytest.mark.parametrize("coherence", ["exact", "mckellar"])
def test_zeno_effect(coherence: str) -> None:
    # Damping faster than the oscillation freezes it: the rate V_x^2/(2 D) is smaller for larger D, although without it
    # the state would turn freely. Slower damping than |V| makes conversion possible: D V_x^2/(2 V^2). 5e-3 for the lag,
    # as above, and 1e-3 for D^2 + V^2 -> V^2 or D^2. Where the two dampings differ by up to 20%, so do the rates,
    # inversely.
    run = Production(0.01, 1e-6, (VACUUM,), coherence=coherence)
    D = run.D if coherence == "exact" else 0.5 * MCKELLAR * G_F**2 * run.p * run.T**4
    V = np.hypot(run.V_x, run.V_z)
    zeno, weak = (run.stationary & (D > 30 * V)), (run.stationary & (D < 0.03 * V))
    assert zeno.sum() > 100
    assert weak.sum() > 100
    assert run.rate[zeno] == pytest.approx((run.V_x**2 / (2 * D))[zeno], rel=6e-3, abs=0.0)
    assert run.rate[weak] == pytest.approx((D * run.V_x**2 / (2 * V**2))[weak], rel=6e-3, abs=0.0)
