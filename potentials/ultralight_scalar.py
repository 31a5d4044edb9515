"""An ultralight scalar, part of the dark matter, that gives nu_s a mass: large in the early Universe, none today.

L = -(1/2) lambda phi nubar_s^c nu_s, so that M_ss -> M_ss + mu Phi(x) with mu = lambda phi_i and Phi = phi/phi_i
(arXiv:1907.04271, 1908.02278). With M_0 = U* diag(m) U^+, E = |s><s| (derived)::

    M^+M = M_0^+M_0 + Phi (mu M_0^+ E + h.c.) + Phi^2 mu^2 E

Phi is 1 while 3H > m_phi and oscillates afterwards, Phi'' + (3 + dlnH/ds) Phi' + (m_phi/H)^2 Phi = 0 with s = ln x, in
the standard history (its own energy is 1e-6 of all at that time). A real field takes m_eff = m_s + mu Phi through zero
twice a period. There the mass states turn by 90 degrees: kappa = m_D^3/(2 p |dm_eff/dt|), and `crossing_probability` of
it. If all crossings are adiabatic, an even number of them restores the populations: mu > 0; an odd number, mu < 0,
leaves nu_4 filled with what was the lightest active state. Crossings at T > 1 MeV thermalise nu_s.

Collisions have ended at `RELEASED`, where the weak rate is 5e-4 H. If all zeros of m_eff after it are adiabatic, only
whether their number is even or odd is left to know, and that is the sign of m_eff: the field is let go there without
another oscillation, with one zero if m_eff < 0 and none if m_eff > 0 (derived). Zeros that are not adiabatic are
followed one by one. With 1 - P = pi/(16 kappa) and kappa ~ a^(5/2), m_phi/H ~ a^2, all later zeros together convert
int (m_phi/pi H) pi/(16 kappa) ds = m_phi/(8 H kappa), the last two taken at `RELEASED` (derived).
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from math import pi
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boltzmann.constants import EV, KELVIN, M_E, T_CMB_K
from boltzmann.errors import ParameterError
from boltzmann.kinetics.field import Field, no_field
from boltzmann.numerics.arrays import Array, Complex
from boltzmann.observables import CRITICAL_DENSITY, DARK_MATTER
from boltzmann.parameters import Mixing
from boltzmann.parameters.inputs import Input, described, parameter
from boltzmann.potentials.field_history import (
    FIRST,
    LAST,
    LATEST,
    LEAST_POINTS,
    LETTING,
    OSCILLATES,
    RELEASED,
    STARTS,
    background,
    hubble_at,
    let_go,
    log_x_at,
    oscillation,
)
from boltzmann.units import from_natural, number

if TYPE_CHECKING:
    from boltzmann.units import Quantity

SETTLED = 1.75  # e-folds after 3H = m_phi, m_phi = 100 H, from which on the amplitude is a power of a to 1%
#: Late amplitude over phi_i (a_osc/a)^(3/2): 2^(1/4) Gamma(5/4) sqrt(2/pi) (3/2)^(-3/4), of the Bessel function.
LATE = 0.634
PERIODS = 400  # most that are followed, some 200 steps each
STEPS = 36.0  # of a run in a period
SHARE, LEAST_SHARE = 0.3, 1.0 / 3.0  # of m_eff, or of this share of m_D, by which m_eff may change in a step
GONE = 0.3  # m_s, by which m_eff still changes when the field is left out: no zeros, and adiabatic
LEAK = 1e-3  # of populations, by all zeros after `RELEASED` that are left out
HOT = 10.0  # p/T at which that is asked: kappa falls with p
FAST = 7.0  # m_phi over (mu Phi/m_s) times the oscillation frequency from which on A averages out: 1% in the rate
SLOW = 0.03  # m_phi over that frequency below which a phase is followed adiabatically
PRODUCTION = (1.0, 10.0)  # T [MeV]
MEAN = 3.15  # p/T
LOCAL = 0.4e-3 * (1.973269804e-11) ** 3  # dark matter here, 0.4 GeV/cm^3 [MeV^4]


def crossing(kappa: float) -> float:
    """Return the probability nu_a -> nu_s of a zero of m_eff: i dpsi/du = kappa [[-u^2/2, u], [u, u^2/2]] psi.

    Steps of constant H, exactly, from eigenstate to eigenstate; u from -U to U with U = max(12, 40 kappa^(-1/3)). Its
    limits are 2.645 kappa^(2/3) and 1 - pi/(16 kappa) (derived).
    """
    if not kappa > 0.0:
        raise ParameterError(f"kappa = {kappa!r} is not allowed; give more than 0")
    if kappa > 100.0:
        return 1.0 - pi / (16.0 * kappa)
    end = max(12.0, 40.0 * kappa ** (-1.0 / 3.0))
    n = 2 ** int(np.ceil(np.log2(2.0 * end / min(0.02, 0.4 / (kappa * end**2)))))
    n = min(n, 2**22)
    du = 2.0 * end / n
    u = -end + du * (np.arange(n) + 0.5)
    energy, angle = kappa * np.hypot(0.5 * u**2, u), np.arctan2(u, 0.5 * u**2)  # H = energy (-cos z + sin x)
    a = np.cos(energy * du) + 1j * np.sin(energy * du) * np.cos(angle)
    b = -1j * np.sin(energy * du) * np.sin(angle)
    while a.size > 1:  # products of SU(2) matrices [[a, b], [-b*, a*]], later times earlier
        a, b = (
            a[1::2] * a[::2] - b[1::2] * b[::2].conj(),
            a[1::2] * b[::2] + b[1::2] * a[::2].conj(),
        )
    half = 0.5 * np.arctan2(end, 0.5 * end**2)
    first = np.array([np.cos(half), np.sin(half)])  # lower state at -U: mostly nu_a
    last = np.array([np.sin(half), np.cos(half)])  # upper state at U: mostly nu_s
    after = np.array([a[0] * first[0] + b[0] * first[1], -b[0].conj() * first[0] + a[0].conj() * first[1]])
    return float(abs(last @ after) ** 2)


def mass_matrix(mixing: Mixing) -> Complex:
    """Return M_0 = U* diag(m) U^+ [MeV] in the flavour basis: Majorana masses, absolute."""
    U = mixing.U
    return np.asarray((U.conj() * (mixing.masses_in_eV * EV)) @ U.conj().T)


@described
@dataclass(frozen=True, repr=False)
class UltralightScalar(Input):
    """Ultralight scalar dark matter that shifts the mass of nu_s, ``UltralightScalar("100 eV", "1e-16 eV")``.

    treatment "auto": a real field is followed through its oscillations until collisions have ended and adiabatic zeros
    change nothing any more, or averaged where it is fast enough; what is neither is refused. "resolved": followed until
    it is gone. Of a complex field with a charge the modulus falls as a^(-3/2) from 3H = m_phi
    on and is constant before; its phase turns too slowly to matter, or so fast that it averages out. "frozen" holds Phi
    = 1: N_eff is that of a field that begins to oscillate after decoupling; nu_4 and m_eff are not (see `crossings`).
    Absolute masses enter: `Mixing.lightest_mass` is 0 by default.

    Raises
    ------
    ParameterError
        A value is outside its range or has the wrong unit; the message says which and what to do.
    """

    mass_shift: Any = parameter(
        MISSING,
        "lambda phi, of the frozen field or at the temperature `at`; its sign matters for a real field",
        unit="eV",
        bounds=(-1e6, 1e6),
        example="100 eV",
        why="at most 1 MeV: nu_s must be relativistic while it is produced",
    )
    m_phi: Any = parameter(
        MISSING, "mass of the field", unit="eV", bounds=(1e-24, 1.0), example="1e-16 eV", why="0 is a constant mass"
    )
    field: Literal["real", "complex"] = parameter("real", "real, or complex with a charge", choices=("real", "complex"))
    at: Any = parameter(
        None,
        "temperature at which mass_shift is the amplitude, sqrt(2 rho)/m_phi, by default the frozen one",
        unit="MeV",
        bounds=(1e-6, 500),
        why="hotter the run has not begun, and colder is after recombination",
    )
    treatment: Literal["auto", "resolved", "averaged", "frozen"] = parameter(
        "auto", "of oscillations", choices=("auto", "resolved", "averaged", "frozen")
    )
    fraction: float = parameter(1.0, "share of the dark matter, for `coupling` and `mass_shift_today`", bounds=(0, 1))

    def __post_init__(self) -> None:
        self._convert()

    @property
    def _mass(self) -> float:
        return float(self.number("m_phi")) * EV

    @property
    def _shift(self) -> float:
        return float(self.number("mass_shift")) * EV

    @property
    def T_oscillation(self) -> Quantity:
        """Photon temperature at 3H = m_phi [MeV], without hadrons, with which it is 1.4 lower at most."""
        found = background()
        rates, log_T, wanted = np.log(OSCILLATES * found.hubble), np.log(found.T), np.log(self._mass)
        beyond = wanted - np.clip(wanted, rates[-1], rates[0])
        return from_natural(float(np.exp(np.interp(-wanted, -rates, log_T) + 0.5 * beyond)), "MeV")

    @property
    def _begins(self) -> float:
        return log_x_at(float(self.T_oscillation.value))

    @property
    def _frozen(self) -> float:
        """The shift [MeV] before the field oscillates, signed: mass_shift, or what makes that the amplitude at `at`."""
        if self.at is None:
            return self._shift
        if self.field == "complex":
            return self._shift * float(self._amplitude(np.array(self._begins)))
        at = log_x_at(float(self.number("at")))
        s, phi, slope = oscillation(self._mass, max(min(at, self._begins + SETTLED), FIRST + 0.01))
        found = background()
        hubble = float(np.exp(np.interp(s[-1], found.log_x, np.log(found.hubble))))
        last = np.hypot(phi[-1], slope[-1] * hubble / self._mass)  # sqrt(2 rho)/m_phi
        return self._shift / float(last * np.exp(-1.5 * max(at - s[-1], 0.0)))

    def _check_start(self) -> None:
        """Refuse a frozen amplitude before the tables of the history."""
        if self.at is None and self._mass > STARTS * background().hubble[0]:
            raise ParameterError(
                f"m_phi = {self.number('m_phi'):g} eV is not allowed with mass_shift of the frozen field, which "
                f"oscillates from T = {self.T_oscillation:.2g} on, before the history of this package; give the "
                'amplitude at a temperature, for example at="1 MeV"'
            )

    def _amplitude(self, log_x: Array) -> Array:
        """Return |Phi| of a field that falls as a^(-3/2) from 3H = m_phi on, relative to mass_shift."""
        begins = self._begins
        falling = np.exp(-1.5 * (np.maximum(log_x, begins)))
        at = begins if self.at is None else max(log_x_at(float(self.number("at"))), begins)
        return np.asarray(falling / np.exp(-1.5 * at))

    def regime(self, mixing: Mixing) -> str:
        """Return how the field is treated for a mixing: "frozen", "resolved", "averaged" or "circulating".

        Raises
        ------
        ParameterError
            It oscillates too fast to be followed and too slowly to be averaged, or the treatment does not fit.
        """
        if mixing.n_states == 3:
            raise ParameterError(
                f"{self!r} gives a mass to the sterile state, but dm2_41 = None means there is none; give dm2_41 too"
            )
        if self.treatment == "frozen":
            return "frozen"
        self._check_start()
        if self.field == "real" and self.treatment != "averaged" and self._periods(mixing) <= PERIODS:
            return "resolved"
        turns = [self._turns(mixing, T) for T in PRODUCTION]
        if all(ratio > FAST for ratio, _ in turns) or self.treatment == "averaged":
            return "averaged"
        if self.field == "complex" and all(slow < SLOW for _, slow in turns):
            return "circulating"
        oscillating = self._mass / hubble_at(PRODUCTION[0]) / (2.0 * pi)
        remedy = "or use field='complex'" if self.field == "real" else "or another m_phi"
        raise ParameterError(
            f"m_phi = {self.number('m_phi'):g} eV with mass_shift = {self.number('mass_shift'):g} eV oscillates "
            f"{oscillating:.2g} times per Hubble time at 1 MeV, faster than can be resolved and too slowly to be "
            f"averaged: the sterile state thermalises; compare with no scalar, {remedy}"
        )

    def _turns(self, mixing: Mixing, T: float) -> tuple[float, float]:
        """Return m_phi over (mu Phi/m_s) omega, and over omega, at p = 3.15 T [MeV]; omega of nu_a - nu_s."""
        m_s = max(abs(mass_matrix(mixing)[3, 3]), 1e-12 * EV)
        shift = abs(self._shift) * float(self._amplitude(np.array(log_x_at(T))))
        omega = (m_s**2 + 0.5 * shift**2) / (2.0 * MEAN * T)
        return self._mass / (max(shift / m_s, 1.0) * omega), self._mass / omega

    def _leak(self, mixing: Mixing) -> float:
        """Return the share of populations that all zeros of m_eff after `RELEASED` convert; infinite without any."""
        found, at = background(), log_x_at(RELEASED)
        kappa = self._kappa(mixing, HOT * RELEASED, RELEASED)
        begins, ends = float(self.T_oscillation.value), M_E / float(np.exp(LAST))
        rate = self._mass / float(np.exp(np.interp(at, found.log_x, np.log(found.hubble))))
        # one that does not oscillate yet is let go as fast as one that begins to
        return max(rate, OSCILLATES) ** 2 / (8.0 * rate * kappa) if begins > ends else np.inf

    def _kappa(self, mixing: Mixing, p: float, T: float) -> float:
        """Return kappa at a zero of m_eff; momentum and temperature [MeV]."""
        m_D = float(np.linalg.norm(mass_matrix(mixing)[:3, 3]))
        speed = abs(self._shift) * float(self._amplitude(np.array(log_x_at(T)))) * self._mass
        return m_D**3 / (2.0 * p * max(speed, 1e-300))

    def _gone(self, mixing: Mixing) -> float:
        """Return ln x at which the shift is GONE m_s, or the run has ended."""
        m_s = abs(mass_matrix(mixing)[3, 3])
        factor = abs(self._frozen) / (GONE * max(m_s, 1e-12 * EV))
        return float(min(LAST, self._begins + np.log(max(factor, 1.0)) / 1.5))

    def _is_released(self, mixing: Mixing) -> bool:
        """Return whether a real field is let go after `RELEASED` instead of being followed until it is gone."""
        later = self._gone(mixing) > log_x_at(RELEASED) + LATEST and (self.at is None or self.number("at") > RELEASED)
        return self.treatment == "auto" and later and self._leak(mixing) < LEAK

    def _end(self, mixing: Mixing) -> float:
        """Return ln x to which the oscillations of a real field are followed at most."""
        return log_x_at(RELEASED) + LATEST if self._is_released(mixing) else self._gone(mixing)

    def _periods(self, mixing: Mixing) -> float:
        """Return how many periods of a real field a run follows: m_phi/H goes as a^2."""
        end = self._end(mixing)
        found = background()
        return float(self._mass / np.exp(np.interp(end, found.log_x, np.log(found.hubble))) / (4.0 * pi))

    def mass_term(self, mixing: Mixing) -> Field:
        """Return the tables for the kernels.

        Raises
        ------
        ParameterError
            There is no sterile state, or as `regime`.
        """
        regime = self.regime(mixing)
        if self._shift == 0.0 or (regime == "resolved" and self._end(mixing) <= FIRST):
            return no_field(4)  # gone before the run
        M = mass_matrix(mixing)
        linear = np.zeros((4, 4), complex)
        linear[:, 3] = self._shift * M.conj()[3]  # M_0^+ E
        quadratic = np.zeros((4, 4), complex)
        quadratic[3, 3] = self._shift**2
        hermitian = np.ascontiguousarray(linear + linear.conj().T)
        if regime == "resolved":
            log_x, phi, bound = self._resolved(mixing, M)
            return Field(log_x, np.stack([phi, 0.0 * phi]), bound, hermitian, quadratic)
        log_x = np.linspace(FIRST, LAST, LEAST_POINTS)
        modulus = np.ones(log_x.size) if regime == "frozen" else self._amplitude(log_x)
        if regime == "averaged":
            square = (0.5 if self.field == "real" else 1.0) * modulus**2
            return Field(log_x, np.stack([0.0 * modulus, square]), np.full(log_x.size, np.inf), hermitian, quadratic)
        return Field(log_x, np.stack([modulus, 0.0 * modulus]), np.full(log_x.size, np.inf), hermitian, quadratic)

    def _resolved(self, mixing: Mixing, M: Complex) -> tuple[Array, Array, Array]:
        """Return ln x, Phi and the largest steps of a field that is followed."""
        end = self._end(mixing)
        log_x, phi, slope = oscillation(self._mass, end)
        scale = self._frozen / self._shift
        phi, slope = scale * phi, scale * slope
        found, s, followed = background(), log_x, end
        if self._is_released(mixing):
            log_x, phi, slope, followed = let_go(log_x, phi, slope)
        m_s, m_D = M[3, 3].real, float(np.linalg.norm(M[:3, 3]))
        m_eff = np.abs(m_s + self._shift * phi)
        bound = SHARE * np.maximum(m_eff, LEAST_SHARE * m_D) / np.maximum(np.abs(self._shift * slope), 1e-300)
        period = 2.0 * pi * np.exp(np.interp(log_x, found.log_x, np.log(found.hubble))) / self._mass
        bound = np.where(log_x > followed, np.minimum(bound, LETTING / STEPS), np.minimum(bound, period / STEPS))
        step = log_x[1] - log_x[0]
        distance = step * np.arange(log_x.size)
        reached = np.minimum.accumulate((bound + distance)[::-1])[::-1] - distance
        if end == LAST or s is not log_x:
            return log_x, phi, reached
        fading = np.clip((end - log_x) / 0.5, 0.0, 1.0)
        return log_x, phi * fading**2 * (3.0 - 2.0 * fading), reached

    def crossings(self, mixing: Mixing) -> int:
        """Return how often m_eff passes zero in a run: even for mass_shift > 0, odd below (and nu_4 ends filled)."""
        if self.regime(mixing) != "resolved" or not self.mass_term(mixing).log_x.size:
            return 0
        M = mass_matrix(mixing)
        _, phi, _ = self._resolved(mixing, M)
        return int(np.count_nonzero(np.diff(np.sign(M[3, 3].real + self._shift * phi))))

    def crossing_probability(self, mixing: Mixing, p: Any, T: Any) -> float:
        """Return the probability that nu_a of momentum ``p`` becomes nu_s where m_eff passes zero at ``T``.

        Parameters
        ----------
        mixing : Mixing
        p, T : Quantity or str
            Momentum and photon temperature.
        """
        return crossing(self._kappa(mixing, number(p, "MeV", "p"), number(T, "MeV", "T")))

    def _phi_today(self, density: float) -> float:
        """Return the amplitude [MeV] of the field with an energy ``density`` [MeV^4] of dark matter."""
        return float(np.sqrt(2.0 * self.fraction * density) / self._mass)

    @property
    def coupling(self) -> float:
        """Lambda = mass_shift/phi of the field that is `fraction` of the dark matter (of cosmic density)."""
        cosmic = DARK_MATTER * CRITICAL_DENSITY
        today = np.log(1.398 * M_E / (T_CMB_K * KELVIN))
        late = LATE if self.field == "real" or self.at is None else 1.0
        grown = float(np.exp(1.5 * (today - self._begins))) / late
        return self._frozen / (self._phi_today(cosmic) * grown)

    @property
    def mass_shift_today(self) -> Quantity:
        """Amplitude of the shift in the solar neighbourhood, 0.4 GeV/cm^3 of dark matter [eV]."""
        return from_natural(self.coupling * self._phi_today(LOCAL), "eV")

    @property
    def meaning(self) -> str:
        """The derived numbers, in words."""
        return (
            f"oscillates from T = {self.T_oscillation:.3g} on; lambda = {self.coupling:.3g} if it is {self.fraction:g} "
            f"of the dark matter, and then the shift here and today is {self.mass_shift_today:.2g}"
        )
