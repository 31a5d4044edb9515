"""Measure what docs/validation/statements.toml states: a function for each group yields the cells of its rows.

The names of groups are those of the functions, with "-" for "_". Settings that a row needs stand here; what a row is
called and what it states stands there.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.optimize import minimize

from boltzmann import Asymmetry, Mixing, Options, Solution, lab, solve
from boltzmann.cmb import abundances, bbn_chi2, delta_chi2, summarise
from boltzmann.cmb.bbn import RATES
from boltzmann.cmb.judge import profile_of
from boltzmann.comparison.joint_table import GALLIUM, joint_rows, select
from boltzmann.comparison.planes import Planes
from boltzmann.constants import M_E
from boltzmann.lab import tension
from boltzmann.plasma import thermo
from boltzmann.potentials import HeavyNeutralLepton, LowReheating, SecretVector

Numbers = tuple[float, ...]
NO_MIXING = {"sin2_theta_12": 0.0, "sin2_theta_13": 0.0, "sin2_theta_23": 0.0}
#: Settings of FortEPiaNO 1.2.0 (arXiv:1905.11290, 2012.02726), without muons and nu-nu integrals.
ACTIVE = {"sin2_theta_12": 0.307, "sin2_theta_13": 0.0218, "sin2_theta_23": 0.545}
ACTIVE |= {"dm2_21": "7.53e-5 eV2", "dm2_31": "2.5283e-3 eV2"}
FORTEPIANO = (
    ("1.29 eV2", {"Ue4_sq": 1e-2}),
    ("1.29 eV2", {"Ue4_sq": 1e-3}),
    ("0.1 eV2", {"Ue4_sq": 1e-3}),
    ("10 eV2", {"Ue4_sq": 1e-4}),
    ("0.01 eV2", {"Ue4_sq": 1e-4}),
    ("1.29 eV2", {"Umu4_sq": 1e-3}),
)
RESONANCES = (
    ("-1 eV2", {"Umu4_sq": 1e-5}),
    ("-1 eV2", {"Ue4_sq": 1e-6}),
    ("1e-4 eV2", {"Ue4_sq": 0.01}),
    ("1e-3 eV2", {"Ue4_sq": 0.01}),
)
#: Mass [MeV], lifetime [s], channels, abundance.
RELICS = (
    (10, 1.0, "e+ e-", 0.3),
    (10, 1.0, "nu nu", 0.3),
    (60, 0.1, "nu nu", 1.0),
    (20, 0.1, "nu_e gamma", 1.0),
    (100, 0.05, "nu_mu gamma", 0.3),
    (30, 0.3, "nu_e nu nu: {0}; nu_e e+ e-: {1}", 0.3),
    (100, 0.05, "nu_mu nu nu: {0}; nu_mu e+ e-: {1}", 0.5),
    (200, 0.03, "nu_e pi0: 0.4; e pi: 0.6", 0.3),
)
#: Widths nu e+ e- : 3 nu of mixing with nu_e and with nu_mu.
LEPTONIC = {"nu_e": 0.588, "nu_mu": 0.126}
MIXED = Mixing(dm2_41="1 eV2", theta_24="0.1 rad")
CMB_POINTS = (
    (Mixing(dm2_41="1.3 eV2", Ue4_sq=0.01), ()),
    (Mixing(dm2_41="1 eV2", Ue4_sq=1e-4), ()),
    (Mixing(dm2_41="0.1 eV2", Ue4_sq=1e-3), ()),
    (MIXED, SecretVector(0.1, "10 MeV")),
    (MIXED, SecretVector(0.01, "10 MeV")),
    (MIXED, SecretVector(1e-3, "1 MeV")),
    (MIXED, SecretVector(1e-3, "100 MeV")),
    (Mixing(dm2_41="0.1 eV2", theta_24="0.1 rad"), SecretVector(0.1, "10 MeV")),
)
CMB_DATA = ("planck2018", "planck2018+desi", "planck+act", "planck+act+desi")


def three_neutrinos() -> Iterator[Numbers]:
    """Yield N_eff of three neutrinos in three modes."""
    yield (solve(Mixing()).N_eff,)
    yield (solve(Mixing(), options=Options(coherence="matrix")).N_eff,)
    yield (solve(Mixing(**NO_MIXING)).N_eff,)


def decoupling() -> Iterator[Numbers]:
    """Yield N_eff of instantaneous decoupling by entropy conservation from 1.3453 MeV on."""
    for order in (0, 2, 3):
        entropy = float(thermo.plasma_entropy(M_E / 1.3453, order))
        ratio = (4 * np.pi**2 / 45 / entropy) ** (1 / 3)  # T_nu/T_gamma when only photons are left
        yield (3 * (11 / 4) ** (4 / 3) * ratio**4,)


def fortepiano() -> Iterator[Numbers]:
    """Yield N_eff in FortEPiaNO's settings, with muons, and with our defaults."""
    settings = {"damping": "mckellar", "nu_nu": False}
    for dm2, element in FORTEPIANO:
        mixing = Mixing(dm2_41=dm2, **element, **ACTIVE)
        modes = (Options(muons=False, **settings), Options(**settings), Options())
        yield tuple(solve(mixing, options=options).N_eff for options in modes)


def resonances() -> Iterator[Numbers]:
    """Yield N_eff with 14, 20 and 28 momenta."""
    for dm2, elements in RESONANCES:
        mixing = Mixing(dm2_41=dm2, **elements)
        yield tuple(solve(mixing, options=Options(n_momenta=n, signs="same")).N_eff for n in (14, 20, 28))


def reheating() -> Iterator[Numbers]:
    """Yield N_eff of three neutrinos by reheating temperature."""
    for T_RH in (1, 2, 3, 5, 8, 15):
        options = Options(rtol=1e-4, coherence="exact")
        yield (solve(Mixing(), LowReheating(T_RH=f"{T_RH} MeV"), options).N_eff,)


def relics() -> Iterator[Numbers]:
    """Yield N_eff and Y_p without inverse decays and losses of pions, as the prototype."""
    for mass, lifetime, channels, abundance in RELICS:
        ratio = next((ratio for flavour, ratio in LEPTONIC.items() if channels.startswith(f"{flavour} nu")), 0.0)
        lepton = HeavyNeutralLepton(
            mass=f"{mass} MeV",
            lifetime=f"{lifetime} s",
            channels=channels.format(1 / (1 + ratio), ratio / (1 + ratio)),
            abundance=abundance,
            T_N_over_T=0.7937,
            inverse_decays=False,
            losses=False,
        )
        solution = solve(Mixing(), lepton)
        yield solution.N_eff, abundances(solution, backend="primat", mesons=False).Y_p


def equal_xi() -> Iterator[Numbers]:
    """Yield N_eff of equal asymmetries."""
    for xi in (0.1, 0.3):
        yield (solve(Mixing(), asymmetry=Asymmetry(xi=xi)).N_eff,)


@cache
def cmb_solutions() -> tuple[Solution, ...]:
    """Return the solutions of `CMB_POINTS`."""
    return tuple(solve(mixing, secret, Options(signs="same")) for mixing, secret in CMB_POINTS)


def cmb_two_numbers() -> Iterator[Numbers]:
    """Yield Delta chi^2 of four combinations as if all that is more than three neutrinos were the fourth state."""
    for solution in cmb_solutions():
        numbers = summarise(solution)
        yield tuple(float(delta_chi2(numbers.delta_N_eff, numbers.m_eff, data)) for data in CMB_DATA)


def cmb_points() -> Iterator[Numbers]:
    """Yield what the CMB sees of a point, and Delta chi^2 of four combinations."""
    for solution in cmb_solutions():
        numbers = summarise(solution)
        chi2 = (float(profile_of(numbers, data).delta_chi2) for data in CMB_DATA)
        yield solution.N_eff, float(solution.m_eff.value), solution.N_eff_4, *chi2


def three_abundances() -> Iterator[Numbers]:
    """Yield abundances of three neutrinos by primat, and chi^2 with two sets of nuclear rates."""
    found = abundances(solve(Mixing()), backend="primat")
    parthenope = abundances(solve(Mixing()), backend="primat", rates="parthenope")
    yield 1e5 * found.D_H, bbn_chi2(found).chi2, bbn_chi2(parthenope).chi2


def laboratory() -> Iterator[Numbers]:
    """Yield chi^2_PG of appearance against disappearance."""
    base, newer = lab.verified("2022"), (lab.verified("2025-hm"), lab.verified("2025"))
    for names in (base, _without(base, "miniboone"), _without(base, "lsnd"), *newer):
        test = tension.tension(tension.evaluate(names)).test
        yield test.chi2, test.sigmas


def _without(names: tuple[str, ...], left_out: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != left_out)


def best_fits() -> Iterator[Numbers]:
    """Yield best fits of single experiments."""
    for name in ("gallium", "danss"):
        best = lab.statistics.scan([name]).best  # of a grid, where the search begins
        start = np.log([best.dm2_41, best.amplitude])
        found = minimize(_chi2_ee, start, args=(name,), method="Nelder-Mead", options={"xatol": 1e-4})
        yield tuple(np.exp(found.x).tolist())


def _chi2_ee(logarithms: np.ndarray, name: str) -> float:
    """Return chi^2 at ln(dm2_41/eV^2), ln sin^2 2theta_ee."""
    dm2_41, amplitude = np.exp(logarithms)
    Ue4_sq = (1.0 - np.sqrt(max(1.0 - amplitude, 0.0))) / 2.0
    return float(lab.chi2([name], f"{dm2_41} eV2", Ue4_sq=Ue4_sq))


def joint() -> Iterator[Numbers]:
    """Yield chi^2_PG of laboratory and CMB in every scenario."""
    planes = Planes(combination="2025")
    planck, act, desi = (planes.tension(data) for data in ("planck2018", "planck+act", "planck2018+desi"))
    for scenario, found in planck.items():
        yield found.chi2, found.sigmas, act[scenario].chi2, desi[scenario].chi2


def joint_statement() -> Iterator[Numbers]:
    """Yield chi^2_PG of scenarios and CMB data: without and with abundances; all experiments, and without gallium."""
    rows = joint_rows(combination="2025")
    for scenario, data in dict.fromkeys((row.scenario, row.data) for row in rows):
        found = {(r.without, r.rates): r.tension.chi2 for r in select(rows, scenario=scenario, data=data)}
        yield tuple(found[without, rates] for without in ((), GALLIUM) for rates in (None, *RATES))
